#!/bin/sh
# remove keeps configuration and state; purge takes both, and the user (Debian Policy 6.8).
set -e
if [ "$1" = purge ]; then
	rm -f /etc/systemd/system/*.wants/ivalt-radius.service /etc/systemd/system/ivalt-radius.service.d/50-addresses.conf
	rmdir --ignore-fail-on-non-empty /etc/systemd/system/ivalt-radius.service.d 2>/dev/null || true
	rm -rf /etc/ivalt-radius /var/lib/ivalt-radius /var/log/ivalt-radius
	if getent passwd ivalt-radius >/dev/null && command -v userdel >/dev/null; then
		userdel ivalt-radius || true
	fi
	if getent group ivalt-radius >/dev/null && command -v groupdel >/dev/null; then
		groupdel ivalt-radius || true
	fi
fi
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
