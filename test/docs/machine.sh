#!/bin/bash
# A machine of its own for the blocks of one page: namespaces of the network, of mounts and of processes, that end with this script.
#
#   machine.sh bare|installed BINARY <PAGE
#
# PAGE is a bash script. It runs as root in an empty folder; the network has no interface but loopback; /etc is a copy, and /tmp, /root, /run, /srv,
# /mnt, /var/lib and /var/log are empty: what a block writes there is gone with the script, and whatever it left running is killed. BINARY is
# /usr/local/bin/ivalt-radius, where `make install` and the documents put it.
#
# On an installed machine stands what `init` writes, with alice and bob in users.yaml (password: rehearsal), a simulated iVALT at 127.0.0.1:8099 whose
# people approve after a second, a server that serves, and a little past: alice was let in from 203.0.113.7, and somebody guessed at her password from
# 198.51.100.9.
set -euo pipefail
stage=$1 binary=$2
export PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin

if [ "${INSIDE:-}" != yes ]; then
	INSIDE=yes exec unshare --net --mount --pid --fork --kill-child --mount-proc "$(realpath "$0")" "$@"
fi
page=$(cat)

ip link set lo up
mount -t tmpfs -o mode=0755 tmpfs /mnt
mkdir /mnt/etc /mnt/bin
cp -a /etc/. /mnt/etc
cp "$binary" /mnt/bin/ivalt-radius
rm -rf /mnt/etc/ivalt-radius
mount --bind /mnt/etc /etc
mount --bind /mnt/bin /usr/local/bin
for folder in /tmp /root /run /srv /var/lib /var/log /mnt; do mount -t tmpfs -o mode=0755 tmpfs "$folder"; done
chmod 1777 /tmp
cd /root
mkdir page
cd page

# play EXPECTED ARGUMENT...: one login, which must end with that code.
play() {
	local expected=$1 code=0
	shift
	ivalt-radius login --server 127.0.0.1:1812 --secret file:/etc/ivalt-radius/openvpn-as.secret --nas openvpn-as --user alice "$@" >/run/login.out 2>&1 || code=$?
	[ "$code" -eq "$expected" ] || { cat /run/login.out; echo "the machine could not be made: a login ended with $code"; exit 3; }
}

install() {
	ivalt-radius init >/run/init.out
	echo 'tJ4wq9Lx2Rz7Kc5Vn8Bm3Hd6Fs1Gp0Ya' >/etc/ivalt-radius/ivalt-api-key
	local hash
	hash=$(echo rehearsal | ivalt-radius hash-password)
	for name in alice bob; do echo "$name: {groups: [staff], password: \"$hash\"}"; done >/etc/ivalt-radius/users.yaml
	chmod 600 /etc/ivalt-radius/users.yaml
	sed -i -e 's|^  # url: .*|  url: "http://127.0.0.1:8099"|' -e 's|^  method: none .*|  method: file|' \
		-e 's|^  # file: /etc/ivalt-radius/users.yaml.*|  file: /etc/ivalt-radius/users.yaml|' -e 's|^# reject_delay: .*|reject_delay: 100ms|' /etc/ivalt-radius/config.yaml
	ivalt-radius simulate --approve-after 1s >/run/simulate.out 2>&1 &
	ivalt-radius serve --config /etc/ivalt-radius/config.yaml >/run/serve.out 2>&1 &
	for _ in {1..300}; do
		! grep -q '"ready"' /run/serve.out || break
		sleep 0.1
	done
	grep -q '"ready"' /run/serve.out || { cat /run/serve.out; echo 'the machine could not be made: the server does not start'; exit 3; }
	play 0 --calling-station 203.0.113.7 --password rehearsal
	for guess in {1..5}; do play 1 --calling-station 198.51.100.9 --password "guess $guess"; done
}
case $stage in
bare) ;;
installed) install ;;
*) echo "no such machine: $stage"; exit 3 ;;
esac

exec env -i PATH="$PATH" HOME=/root LANG=C.UTF-8 TERM=dumb bash -c "$page" </dev/null
