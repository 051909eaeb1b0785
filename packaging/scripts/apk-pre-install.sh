#!/bin/sh
addgroup -S ivalt-radius 2>/dev/null
adduser -S -D -H -h /var/lib/ivalt-radius -s /sbin/nologin -G ivalt-radius -g "ivalt-radius server" ivalt-radius 2>/dev/null
exit 0
