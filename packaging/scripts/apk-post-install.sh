#!/bin/sh
if [ ! -e /etc/ivalt-radius/config.yaml ]; then
	echo "ivalt-radius: nothing is started without a configuration. Next: ivalt-radius init, then: rc-update add ivalt-radius && rc-service ivalt-radius start"
fi
exit 0
