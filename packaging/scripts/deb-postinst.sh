#!/bin/sh
# $2 is the version that was there before; empty: none was.
set -e
[ "$1" = configure ] || exit 0
config=/etc/ivalt-radius/config.yaml

getent group ivalt-radius >/dev/null || groupadd --system ivalt-radius
getent passwd ivalt-radius >/dev/null || useradd --system --gid ivalt-radius --home-dir /var/lib/ivalt-radius \
	--no-create-home --shell /usr/sbin/nologin --comment "ivalt-radius server" ivalt-radius

# own OWNER MODE DIRECTORY: an administrator's own word (dpkg-statoverride) stands.
own() {
	if ! dpkg-statoverride --list "$3" >/dev/null 2>&1; then
		chown "$1" "$3"
		chmod "$2" "$3"
	fi
}
mkdir -p /var/lib/ivalt-radius
if [ -z "$2" ]; then
	own root:root 0700 /etc/ivalt-radius/credentials
fi
# A removal takes an empty folder, and dpkg makes it anew: no server could use it as it is then.
if [ -z "$2" ] || [ "$(stat -c %U:%G:%a /etc/ivalt-radius)" = root:root:750 ]; then
	own root:ivalt-radius 0750 /etc/ivalt-radius
fi
if [ -z "$2" ] || [ "$(stat -c %U /var/lib/ivalt-radius)" = root ]; then
	own ivalt-radius:ivalt-radius 0700 /var/lib/ivalt-radius
fi

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
	if systemctl -q is-active ivalt-radius.service; then
		# The running server puts the new version in its own place and keeps the logins that wait.
		if ! ivalt-radius upgrade --config "$config"; then
			echo "ivalt-radius: the version that ran before still serves. See what stands above, then: systemctl restart ivalt-radius" >&2
		fi
	elif [ -e "$config" ] && systemctl -q is-enabled ivalt-radius.service 2>/dev/null; then
		deb-systemd-invoke start ivalt-radius.service || echo "ivalt-radius: not started: see ivalt-radius check" >&2
	fi
fi
if [ ! -e "$config" ]; then
	echo "ivalt-radius: nothing is started without a configuration. Next: ivalt-radius init, then: systemctl enable --now ivalt-radius"
fi
