#!/bin/sh
# $1 is how many versions are left: 0 for a removal. An upgrade leaves the server running.
if [ "$1" -eq 0 ] && [ -d /run/systemd/system ]; then
	systemctl disable --now ivalt-radius.service || true
fi
exit 0
