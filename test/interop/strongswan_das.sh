#!/bin/bash
# strongSwan's charon as a Dynamic Authorization Server (RFC 5176) on 127.0.0.1, in a mount namespace of its own, since the path of its pid
# file is fixed.
#
#   strongswan_das.sh PORT SECRET FOLDER
set -euo pipefail
if [ $# -ne 3 ]; then
	echo "usage: strongswan_das.sh PORT SECRET FOLDER" >&2
	exit 2
fi
umask 077
cat >"$3/strongswan.conf" <<EOF
charon {
  load = random nonce aes sha1 sha2 md5 hmac kdf gmp socket-default kernel-netlink eap-radius
  port = 0
  port_nat_t = 0
  filelog {
    stderr {
      default = 1
    }
  }
  plugins {
    eap-radius {
      servers {
        none {
          address = 127.0.0.1
          secret = $2
        }
      }
      dae {
        enable = yes
        listen = 127.0.0.1
        port = $1
        secret = $2
      }
    }
  }
}
EOF
export STRONGSWAN_CONF="$3/strongswan.conf"
exec unshare --mount sh -c 'mount -t tmpfs none /run && exec /usr/lib/ipsec/charon'
