#!/bin/sh
# Configuration, state and user stay, as rpm has it: whoever wants none of them takes away /etc/ivalt-radius, /var/lib/ivalt-radius and the user.
if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
exit 0
