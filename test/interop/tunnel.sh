#!/bin/bash
# A whole tunnel through a real gateway, ocserv or OpenVPN, whose accounting goes to RADIUS: it is set up, has traffic in it, and ends.
#
#   tunnel.sh HOST PORT SECRET USER PASSWORD
#
# Environment: GATEWAY ocserv or openvpn, CERTS folder with ca.pem, server.pem and server.key, UP and DOWN octets that the person sends and gets through the tunnel (300000,
# 900000), LASTS how many
# seconds the person stays at most (20). It must run in a network namespace that is thrown away afterwards, with RADIUS on its loopback: the person gets
# another one of their own. Prints what happens, a line each: "up", "octets UP DOWN" as the gateway's tunnel device counts, "down SECONDS" when the tunnel
# has ended, "by gateway" or "by person".
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
here=$(realpath "$(dirname "$0")")
. "$here/lib.sh"
. "$here/gateways.sh"
: "${GATEWAY:?ocserv or openvpn}"

if ip link show type veth | grep -q . || ip route | grep -q .; then
	echo "this namespace is in use: run it in one of its own" >&2
	exit 2
fi
unshare --net sleep 300 &
person=$!
children+=("$person")
until [ "$(readlink /proc/$person/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
at() { nsenter --net=/proc/$person/ns/net "$@"; }
ip link add gateway0 type veth peer name person0
ip link set person0 netns "$person"
ip address add 192.0.2.1/24 dev gateway0
ip link set gateway0 up
at ip link set lo up
at ip address add 192.0.2.2/24 dev person0
at ip link set person0 up

# Openconnect and OpenVPN call it with what the gateway gave: it is all that is set up of the person's side.
cat >"$SCRATCH/vpnc" <<'SCRIPT'
#!/bin/bash
[ "$reason" = connect ] || exit 0
ip link set dev "$TUNDEV" up mtu 1300
ip address add "$INTERNAL_IP4_ADDRESS/24" dev "$TUNDEV"
SCRIPT
chmod +x "$SCRATCH/vpnc"

ocserv_tunnel() {
	ocserv_up 192.0.2.1 4443 'auth = "radius[config=radcli.conf,groupconfig=true]"
acct = "radius[config=radcli.conf]"
stats-report-time = 5
udp-port = 4443
ping-leases = false'
	printf "%s\n" "$password" >"$SCRATCH/password"
	nsenter --net=/proc/$person/ns/net openconnect --protocol=anyconnect --no-dtls --cafile="$CERTS/ca.pem" --user="$user" --passwd-on-stdin --non-inter \
		--script="$SCRATCH/vpnc" --interface=person1 --resolve=localhost:192.0.2.1 --reconnect-timeout=1 https://localhost:4443 >"$SCRATCH/person.log" 2>&1 <"$SCRATCH/password" &
	client=$!
	established='Configured as|Connected as|CSTP connected'
	inside=10.254.252.1
}

openvpn_tunnel() {
	radius_plugin
	openvpn_up 192.0.2.1 1194 "dev $device
keepalive 2 10"
	openvpn_person 192.0.2.1 1194 'dev person1
explicit-exit-notify 1
remap-usr1 SIGTERM'
	nsenter --net=/proc/$person/ns/net openvpn --config "$SCRATCH/person.conf" >"$SCRATCH/person.log" 2>&1 &
	client=$!
	established='Initialization Sequence Completed'
	inside=10.254.253.1
}

device=vpnr0 # ocserv counts the devices of its kind
"${GATEWAY}_tunnel"
children+=("$client")
if ! appears "$SCRATCH/person.log" "$established" 75; then
	tail -n 30 "$SCRATCH/gateway.log" "$SCRATCH/person.log"
	exit 2
fi
began=$SECONDS
echo up
"/usr/bin/python3" "$here/tunnel_traffic.py" serve "$inside" &
children+=($!)
at "/usr/bin/python3" "$here/tunnel_traffic.py" go "$inside" "${UP:-300000}" "${DOWN:-900000}" || { tail -n 30 "$SCRATCH/gateway.log" "$SCRATCH/person.log"; exit 2; }
# What the device received from the tunnel is what the kernel was given: the person's. What it sent goes to them.
sed 's/:/ /' /proc/net/dev | awk -v device="$device" '$1 == device { print "octets", $2, $10 }'

by=gateway
while kill -0 "$client" 2>/dev/null; do
	if [ $((SECONDS - began)) -ge "${LASTS:-20}" ]; then
		by=person
		kill -INT "$client"
		break
	fi
	sleep 0.2
done
wait "$client" 2>/dev/null || true
echo "down $((SECONDS - began))"
echo "by $by"
sleep "${AFTER:-3}" # the gateway tells of the stop
[ -z "${SHOW:-}" ] || tail -n "$SHOW" "$SCRATCH/gateway.log" "$SCRATCH/person.log"
