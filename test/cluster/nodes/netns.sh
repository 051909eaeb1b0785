#!/bin/bash
# Runs a command in network namespaces of its own: the command's, and one called `memory` with 192.0.2.1 and 198.51.100.1, behind two wires, node0 and
# node1, that lose and delay what is sent, either way. Both are namespaces that end with this script; the host's own network and files are not touched.
#
#   netns.sh LOSS DELAY COMMAND...
#
# LOSS is in percent and DELAY in ms, as in: netns.sh 2 20 program its arguments. In it, `ip netns exec memory` runs something at the other end, and
# `ip link set node0 down` tears a wire. Where the kernel has no netem, nftables loses the packets and nothing is delayed: DELAYS tells the command.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin

# The first call only goes into namespaces: of the network, of mounts, and of processes, so that nothing outlives it.
if [ "${INSIDE:-}" != yes ]; then
	INSIDE=yes exec unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi
loss=$1 delay=$2
shift 2

# The names of namespaces stand in a folder of this namespace of mounts alone.
mkdir -p /run/netns
mount -t tmpfs -o mode=755 netns /run/netns
ip netns add memory
ip link set lo up
ip -n memory link set lo up

# loses COMMAND... DEVICE: what comes in at the device, of the namespace that the command runs in, is lost now and then.
loses() {
	local device=${!#}
	set -- "${@:1:$#-1}"
	"$@" nft -f - <<-RULES
		table inet lossy_$device {
			chain in {
				type filter hook input priority 0
				iifname "$device" numgen random mod 100 < $loss drop
			}
		}
	RULES
}

export DELAYS=$delay
for n in 0 1; do
	case $n in
	0) near=192.0.2.2/24 far=192.0.2.1/24 ;;
	1) near=198.51.100.2/24 far=198.51.100.1/24 ;;
	esac
	ip link add name node$n type veth peer name memory$n netns memory
	ip address add $near dev node$n
	ip -n memory address add $far dev memory$n
	ip link set node$n up
	ip -n memory link set memory$n up
	if tc qdisc add dev node$n root netem delay "${delay}ms" loss "$loss%" 2>/dev/null; then
		tc -n memory qdisc add dev memory$n root netem delay "${delay}ms" loss "$loss%"
		continue
	fi
	echo "netns.sh: this kernel has no netem: $loss% are lost by nftables, and nothing is delayed"
	DELAYS=0
	[ "$loss" -eq 0 ] || loses env node$n
	[ "$loss" -eq 0 ] || loses ip netns exec memory memory$n
done
"$@"
