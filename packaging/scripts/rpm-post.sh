#!/bin/sh
# $1 is how many versions are installed now: 1 for an installation, 2 for an upgrade.
config=/etc/ivalt-radius/config.yaml
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
	if [ "$1" -gt 1 ] && systemctl -q is-active ivalt-radius.service; then
		# The running server puts the new version in its own place and keeps the logins that wait.
		if ! ivalt-radius upgrade --config "$config"; then
			echo "ivalt-radius: the version that ran before still serves. See what stands above, then: systemctl restart ivalt-radius" >&2
		fi
	fi
fi
if [ ! -e "$config" ]; then
	echo "ivalt-radius: nothing is started without a configuration. Next: ivalt-radius init, then: systemctl enable --now ivalt-radius"
fi
exit 0
