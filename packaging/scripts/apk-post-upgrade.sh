#!/bin/sh
if command -v rc-service >/dev/null && rc-service -q ivalt-radius status >/dev/null 2>&1; then
	# The running server puts the new version in its own place and keeps the logins that wait.
	if ! ivalt-radius upgrade --config /etc/ivalt-radius/config.yaml; then
		echo "ivalt-radius: the version that ran before still serves. See what stands above, then: rc-service ivalt-radius restart" >&2
	fi
fi
exit 0
