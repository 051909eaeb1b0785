#!/bin/bash
# One PAP login by FreeRADIUS's radclient, printing both packets.
# Environment: WAIT seconds a try (15), TRIES (1), SIGNED=no leaves the Message-Authenticator out.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

printf '%s\n' "$secret" >"$SCRATCH/secret"
{
	printf 'User-Name = "%s"\n' "$user"
	printf 'User-Password = "%s"\n' "$password"
	printf 'NAS-Identifier = "radclient"\nCalling-Station-Id = "198.51.100.11"\n'
	[ "${SIGNED:-yes}" = no ] || printf 'Message-Authenticator = 0x00\n'
} >"$SCRATCH/request"

code=0
radclient -x -r "${TRIES:-1}" -t "${WAIT:-15}" -S "$SCRATCH/secret" -f "$SCRATCH/request" "$server:$port" auth \
	>"$SCRATCH/radclient.out" 2>&1 || code=$?
cat "$SCRATCH/radclient.out"
if grep -q 'Received Access-Accept' "$SCRATCH/radclient.out"; then exit 0; fi
if grep -q 'Received Access-Reject' "$SCRATCH/radclient.out"; then exit 1; fi
echo "no answer (radclient ended with $code)"
exit 2
