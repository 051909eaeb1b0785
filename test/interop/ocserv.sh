#!/bin/bash
# One login by openconnect to a real ocserv on loopback, which asks over RADIUS (radcli).
# Environment: WAIT seconds a try of the RADIUS client (20), TRIES (2, the least it knows), CERTS folder with ca.pem, server.pem and server.key, VPN_PORT,
# ANSWER what is typed where the gateway asks back (an empty line), THINK seconds before that is typed (0), PATIENCE seconds for all (75).
#
# The login stops where the tunnel would begin: the machine's network stays as it is.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gateways.sh"

: "${VPN_PORT:?TCP port for ocserv}"
ocserv_up 127.0.0.1 "$VPN_PORT" 'auth = "radius[config=radcli.conf,groupconfig=false]"'

# type_answers types the password, and once the gateway has asked back, the answer.
type_answers() {
	printf '%s\n' "$password"
	sleep "${THINK:-0}"
	printf '%s\n' "${ANSWER:-}"
}
code=0
type_answers | timeout "${PATIENCE:-75}" openconnect --protocol=anyconnect --no-dtls --cafile="$CERTS/ca.pem" --user="$user" --passwd-on-stdin \
	--non-inter --authenticate "https://localhost:$VPN_PORT" >"$SCRATCH/openconnect.out" 2>&1 || code=$?
cat "$SCRATCH/openconnect.out"
if [ "$code" -eq 0 ] && grep -q '^COOKIE=' "$SCRATCH/openconnect.out"; then exit 0; fi
if grep -qiE 'login failed|failed to obtain|authentication failed|Access denied|Not approved' "$SCRATCH/openconnect.out"; then exit 1; fi
tail -n 20 "$SCRATCH/gateway.log"
exit 2
