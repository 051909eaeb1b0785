#!/bin/bash
# Makes two network namespaces of its own, a server's and a neighbour's, with one wire between them, and has rules of a packet filter loaded in
# the server's; then sends packets and says of each whether it came in. The host's own network and files are not touched: everything is in namespaces
# that end with this script.
#
#   netns.sh nftables|ufw RULES
#
# RULES are as `ivalt-radius firewall` prints them. Prints a line for each packet: FROM PROTOCOL PORT in|out.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
format=$1 rules=$(realpath "$2")
here=$(realpath "$(dirname "$0")")

# The first call only goes into namespaces: of the network, of mounts, and of processes, so that nothing outlives it.
if [ "${INSIDE:-}" != yes ]; then
	INSIDE=yes exec unshare --net --mount --pid --fork --kill-child --mount-proc "$here/$(basename "$0")" "$@"
fi

ip link set lo up
# The neighbour is a namespace that one sleeping process holds.
unshare --net sleep 120 &
neighbour=$!
until [ "$(readlink /proc/$neighbour/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
at() { nsenter --net=/proc/$neighbour/ns/net "$@"; }

ip link add server0 type veth peer name peer0
ip link set peer0 netns "$neighbour"
sysctl -qw net.ipv6.conf.server0.accept_dad=0 || true
at sysctl -qw net.ipv6.conf.peer0.accept_dad=0 || true
ip address add 192.0.2.20/24 dev server0
ip address add 192.0.2.21/24 dev server0
ip -6 address add 2001:db8::20/64 dev server0 nodad
ip link set server0 up
for address in 192.0.2.10/24 192.0.2.66/24; do at ip address add $address dev peer0; done
for address in 2001:db8::10/64 2001:db8::66/64; do at ip -6 address add $address dev peer0 nodad; done
at ip link set lo up
at ip link set peer0 up

case $format in
nftables) nft -f "$rules" ;;
ufw)
	# ufw writes its rules to files: it gets copies of them, over the real ones, in this namespace of mounts alone.
	scratch=$(mktemp -d)
	for dir in /etc/ufw /etc/default /lib/ufw /var/lib/ufw; do
		[ -d "$dir" ] || continue
		mkdir -p "$scratch$dir"
		cp -a "$dir/." "$scratch$dir/"
		mount --bind "$scratch$dir" "$dir"
	done
	sh "$rules" >&2
	;;
esac

# What both ends have, and what is sent: clients are .10 and ::10, strangers .66 and ::66.
server=() neighbour_has=(udp,192.0.2.66,53 tcp,192.0.2.66,4444) sent=()
pairs=(192.0.2.10,192.0.2.20 192.0.2.10,192.0.2.21 192.0.2.66,192.0.2.20 192.0.2.66,192.0.2.21 2001:db8::10,2001:db8::20 2001:db8::66,2001:db8::20)
for port in udp,1812 udp,1813 udp,1645 tcp,22 tcp,9812 tcp,8080; do
	for address in 192.0.2.20 192.0.2.21 2001:db8::20; do server+=("${port%,*},$address,${port#*,}"); done
	for pair in "${pairs[@]}"; do sent+=("${port%,*},$pair,${port#*,}"); done
done
packets=("/usr/bin/python3" "$here/netns_packets.py")

# ready COMMAND...: runs it beside this script until it has said so.
ready() {
	exec 5< <(exec "$@")
	read -r word <&5
	[ "$word" = ready ]
}
ready "${packets[@]}" listen "${server[@]}"
ready nsenter --net=/proc/$neighbour/ns/net "${packets[@]}" listen "${neighbour_has[@]}"

at "${packets[@]}" ask "${sent[@]}"
# What the server asks is answered, unless what goes out is bound; and it may speak to itself.
"${packets[@]}" ask udp,192.0.2.20,192.0.2.66,53 tcp,192.0.2.20,192.0.2.66,4444 udp,192.0.2.20,192.0.2.20,1645

if [ "$format" = nftables ]; then
	nft -f "$rules" # again, in the place of the former
	nft delete table inet ivalt_radius
	echo "left $(nft list ruleset | wc -l)"
fi
