#!/bin/bash
# One login by a real OpenVPN client to a real OpenVPN server on loopback, which asks over RADIUS.
# Environment: MODE plugin (openvpn-auth-radius) or pam (OpenVPN's PAM plug-in with libpam-radius-auth), WAIT seconds a try of the
# RADIUS client (50), TRIES (1), CERTS folder with ca.pem, server.pem and server.key, VPN_PORT, ACCT_PORT (the next one; the plug-in refuses a login
# whose accounting nobody answers), PATIENCE seconds for all (75).
#
# No address is given to the tunnel and no route is set: the machine's network stays as it is.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gateways.sh"

mode=${MODE:-plugin}
: "${VPN_PORT:?UDP port for the OpenVPN server}"

pam_plugin() {
	service=ivalt-interop-vpn-$$
	trap 'rm -f "/etc/pam.d/$service"; tidy' EXIT
	printf '%s:%s %s %s\n' "$server" "$port" "$secret" "${WAIT:-50}" >"$SCRATCH/pam-server"
	printf 'auth required pam_radius_auth.so conf=%s client_id=openvpn retry=%s\naccount required pam_permit.so\n' \
		"$SCRATCH/pam-server" "$((${TRIES:-1} - 1))" >"/etc/pam.d/$service"
	plugin="setenv deferred_auth_pam 1
plugin $(echo /usr/lib/*/openvpn/plugins/openvpn-plugin-auth-pam.so) \"$service login USERNAME password PASSWORD\""
}
case $mode in
plugin) radius_plugin ;;
pam) pam_plugin ;;
*) echo "MODE is plugin or pam" >&2; exit 2 ;;
esac

no_network='dev tun
ifconfig-noexec
route-noexec'
openvpn_up 127.0.0.1 "$VPN_PORT" "$no_network
keepalive 10 60"
openvpn_person 127.0.0.1 "$VPN_PORT" "$no_network"
openvpn --config "$SCRATCH/person.conf" >"$SCRATCH/person.log" 2>&1 &
children+=($!)
appears "$SCRATCH/person.log" 'Initialization Sequence Completed|AUTH_FAILED|SIGUSR1|process exiting' "${PATIENCE:-75}" || true
grep -E 'Initialization Sequence|AUTH|SIG|TLS Error|exiting' "$SCRATCH/person.log" || true

if grep -q 'Initialization Sequence Completed' "$SCRATCH/person.log"; then
	echo connected
	exit 0
fi
if grep -q 'AUTH_FAILED' "$SCRATCH/person.log"; then
	echo refused
	exit 1
fi
tail -n 20 "$SCRATCH/gateway.log" "$SCRATCH/person.log"
exit 2
