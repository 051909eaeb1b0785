#!/bin/sh
# Configuration, state and user stay, as apk has it.
if command -v rc-service >/dev/null; then
	rc-service --ifstarted ivalt-radius stop || true
fi
exit 0
