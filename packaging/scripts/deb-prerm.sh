#!/bin/sh
# An upgrade leaves the server running: the new package's postinst has it replace itself.
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
	deb-systemd-invoke stop ivalt-radius.service || true
fi
