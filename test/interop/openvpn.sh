#!/bin/bash
# One login by a real OpenVPN client to a real OpenVPN server on loopback, which asks over RADIUS.
# Environment: MODE plugin (openvpn-auth-radius) or pam (OpenVPN's PAM plug-in with libpam-radius-auth), WAIT seconds a try of the
# RADIUS client (50), TRIES (1), CERTS folder with ca.pem, server.pem and server.key, VPN_PORT, ACCT_PORT (the next one; the plug-in refuses a login
# whose accounting nobody answers), PATIENCE seconds for all (75).
#
# No address is given to the tunnel and no route is set: the machine's network stays as it is.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

mode=${MODE:-plugin}
: "${CERTS:?folder with ca.pem, server.pem, server.key}" "${VPN_PORT:?UDP port for the OpenVPN server}"
mkdir -p "$SCRATCH/clients"

radius_plugin() {
	if [ "$port" -gt 9999 ]; then
		echo "openvpn-auth-radius keeps four digits of a port: ask on 9999 or below" >&2
		exit 2
	fi
	# useauthcontrolfile lets the server go on while the phone rings.
	cat >"$SCRATCH/radius.cnf" <<CONF
NAS-Identifier=openvpn
NAS-IP-Address=127.0.0.1
NAS-Port-Type=5
Service-Type=5
Framed-Protocol=1
OpenVPNConfig=$SCRATCH/server.conf
subnet=255.255.255.0
overwriteccfiles=true
useauthcontrolfile=true
server
{
	name=$server
	authport=$port
	acctport=${ACCT_PORT:-$((port + 1))}
	sharedsecret=$secret
	wait=${WAIT:-50}
	retry=${TRIES:-1}
}
CONF
	echo "plugin /usr/lib/openvpn/radiusplugin.so $SCRATCH/radius.cnf"
}

pam_plugin() {
	service=ivalt-interop-vpn-$$
	trap 'rm -f "/etc/pam.d/$service"; tidy' EXIT
	printf '%s:%s %s %s\n' "$server" "$port" "$secret" "${WAIT:-50}" >"$SCRATCH/pam-server"
	printf 'auth required pam_radius_auth.so conf=%s client_id=openvpn retry=%s\naccount required pam_permit.so\n' \
		"$SCRATCH/pam-server" "$((${TRIES:-1} - 1))" >"/etc/pam.d/$service"
	echo 'setenv deferred_auth_pam 1'
	echo "plugin $(echo /usr/lib/*/openvpn/plugins/openvpn-plugin-auth-pam.so) \"$service login USERNAME password PASSWORD\""
}

cat >"$SCRATCH/server.conf" <<CONF
local 127.0.0.1
port $VPN_PORT
proto udp
dev tun
topology subnet
server 10.254.253.0 255.255.255.0
ifconfig-noexec
route-noexec
ca $CERTS/ca.pem
cert $CERTS/server.pem
key $CERTS/server.key
dh none
verify-client-cert none
username-as-common-name
client-config-dir $SCRATCH/clients
status $SCRATCH/status 1
status-version 1
tmp-dir $SCRATCH
script-security 2
keepalive 10 60
verb 3
CONF
case $mode in
plugin) radius_plugin >"$SCRATCH/plugin" ;;
pam) service= ; pam_plugin >"$SCRATCH/plugin" ;;
*) echo "MODE is plugin or pam" >&2; exit 2 ;;
esac
cat "$SCRATCH/plugin" >>"$SCRATCH/server.conf"

printf '%s\n%s\n' "$user" "$password" >"$SCRATCH/login"
cat >"$SCRATCH/client.conf" <<CONF
client
remote 127.0.0.1 $VPN_PORT udp
dev tun
ifconfig-noexec
route-noexec
nobind
ca $CERTS/ca.pem
verify-x509-name localhost name
auth-user-pass $SCRATCH/login
auth-retry none
connect-retry-max 1
verb 3
CONF

openvpn --config "$SCRATCH/server.conf" >"$SCRATCH/server.log" 2>&1 &
children+=($!)
if ! appears "$SCRATCH/server.log" 'Initialization Sequence Completed' 15; then
	cat "$SCRATCH/server.log"
	exit 2
fi

openvpn --config "$SCRATCH/client.conf" >"$SCRATCH/client.log" 2>&1 &
client=$!
children+=("$client")
appears "$SCRATCH/client.log" 'Initialization Sequence Completed|AUTH_FAILED|SIGUSR1|process exiting' "${PATIENCE:-75}" || true
grep -E 'Initialization Sequence|AUTH|SIG|TLS Error|exiting' "$SCRATCH/client.log" || true

if grep -q 'Initialization Sequence Completed' "$SCRATCH/client.log"; then
	echo connected
	exit 0
fi
if grep -q 'AUTH_FAILED' "$SCRATCH/client.log"; then
	echo refused
	exit 1
fi
tail -n 20 "$SCRATCH/server.log" "$SCRATCH/client.log"
exit 2
