#!/bin/sh
# The user is there before the files that its group may read.
getent group ivalt-radius >/dev/null || groupadd --system ivalt-radius || exit 1
getent passwd ivalt-radius >/dev/null || useradd --system --gid ivalt-radius --home-dir /var/lib/ivalt-radius \
	--no-create-home --shell /sbin/nologin --comment "ivalt-radius server" ivalt-radius || exit 1
