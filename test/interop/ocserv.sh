#!/bin/bash
# One login by openconnect to a real ocserv on loopback, which asks over RADIUS (radcli).
# Environment: WAIT seconds a try of the RADIUS client (20), TRIES (2, the least it knows), CERTS folder with ca.pem, server.pem and server.key, VPN_PORT,
# ANSWER what is typed where the gateway asks back (an empty line), THINK seconds before that is typed (0), PATIENCE seconds for all (75).
#
# The login stops where the tunnel would begin: the machine's network stays as it is.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

: "${CERTS:?folder with ca.pem, server.pem, server.key}" "${VPN_PORT:?TCP port for ocserv}"

printf '%s %s\n' "$server" "$secret" >"$SCRATCH/servers"
cat >"$SCRATCH/radcli.conf" <<CONF
nas-identifier ocserv
authserver $server:$port
acctserver $server:$((port + 1))
servers $SCRATCH/servers
dictionary /etc/radcli/dictionary
default_realm
radius_timeout ${WAIT:-20}
radius_retries $((${TRIES:-2} - 1))
bindaddr *
CONF
cat >"$SCRATCH/ocserv.conf" <<CONF
auth = "radius[config=radcli.conf,groupconfig=false]"
listen-host = 127.0.0.1
tcp-port = $VPN_PORT
socket-file = $SCRATCH/ocserv.sock
pid-file = $SCRATCH/ocserv.pid
server-cert = $CERTS/server.pem
server-key = $CERTS/server.key
isolate-workers = false
run-as-user = root
run-as-group = root
device = vpnr
max-clients = 2
ipv4-network = 10.254.252.0
ipv4-netmask = 255.255.255.0
auth-timeout = 240
cookie-timeout = 60
use-occtl = false
CONF
cd "$SCRATCH" # ocserv reads a comma in a path as the end of the option
ocserv -f -d 2 -c "$SCRATCH/ocserv.conf" >"$SCRATCH/ocserv.out" 2>&1 &
children+=($!)
for _ in {1..100}; do
	(exec 3<>"/dev/tcp/127.0.0.1/$VPN_PORT") 2>/dev/null && break
	sleep 0.1
done

# type types the password, and once the gateway has asked back, the answer.
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
tail -n 20 "$SCRATCH/ocserv.out"
exit 2
