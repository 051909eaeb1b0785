#!/bin/bash
# One login by PAM: pamtester through libpam-radius-auth.
# Environment: WAIT seconds a try (20), TRIES (1), SOURCE address to ask from, ANSWER what is typed where the server asks back (an empty
# line), THINK seconds before that is typed (0).
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# PAM finds a service by a file of its name in the system's folder; it is gone when the script ends.
service=ivalt-interop-$$
trap 'rm -f "/etc/pam.d/$service"; tidy' EXIT

printf '%s:%s %s %s %s\n' "$server" "$port" "$secret" "${WAIT:-20}" "${SOURCE:-}" >"$SCRATCH/server"
cat >"/etc/pam.d/$service" <<CONF
auth    required pam_radius_auth.so conf=$SCRATCH/server retry=$((${TRIES:-1} - 1))
account required pam_permit.so
session required pam_permit.so
CONF

code=0
{ printf '%s\n' "$password"; sleep "${THINK:-0}"; printf '%s\n' "${ANSWER:-}"; } | pamtester -I rhost=198.51.100.13 "$service" "$user" authenticate \
	>"$SCRATCH/pamtester.out" 2>&1 || code=$?
cat "$SCRATCH/pamtester.out"
if grep -q 'successfully authenticated' "$SCRATCH/pamtester.out"; then exit 0; fi
if grep -qiE 'authentication failure|permission denied' "$SCRATCH/pamtester.out"; then exit 1; fi
exit 2
