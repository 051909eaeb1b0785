#!/bin/bash
# strongSwan as a gateway whose charon is a Dynamic Authorization Server (RFC 5176) on 127.0.0.1, and as the person USER who is connected to
# it from 127.0.0.2, without a child SA. Each charon has a mount namespace of its own, since the path of its pid file is fixed. It says
# Ready, and ends with its process group.
#
#   strongswan_das.sh PORT SECRET FOLDER USER IKE_PORT IKE_PORT
set -euo pipefail
if [ $# -ne 6 ]; then
	echo "usage: strongswan_das.sh PORT SECRET FOLDER USER IKE_PORT IKE_PORT" >&2
	exit 2
fi
umask 077
port=$1 secret=$2 folder=$3 user=$4 gateway=$5 person=$6

# charon NAME IKE_PORT [MORE_PLUGINS]: the daemon, in the background.
charon() {
	cat >"$folder/$1.conf" <<-EOF
		charon {
		  load = random nonce aes sha1 sha2 md5 hmac kdf gmp socket-default kernel-netlink vici eap-radius
		  port = 0
		  port_nat_t = $2
		  filelog {
		    stderr {
		      default = 1
		    }
		  }
		  plugins {
		    vici {
		      socket = unix://$folder/$1.vici
		    }
		    ${3:-}
		  }
		}
		swanctl {
		  load = random
		}
	EOF
	STRONGSWAN_CONF="$folder/$1.conf" unshare --mount sh -c 'mount -t tmpfs none /run && exec /usr/lib/ipsec/charon' &
	for _ in {1..200}; do
		[ ! -S "$folder/$1.vici" ] || return 0
		sleep 0.05
	done
	echo "charon does not start"
	return 1
}

# control NAME ARGUMENTS: swanctl's word to a daemon.
control() {
	local name=$1
	shift
	STRONGSWAN_CONF="$folder/$name.conf" swanctl "$@" --uri "unix://$folder/$name.vici"
}

# connection NAME LOCAL REMOTE LOCAL_ID REMOTE_ID MORE
connection() {
	cat >"$folder/$1.swanctl" <<-EOF
		connections {
		  vpn {
		    version = 2
		    local_addrs = $2
		    remote_addrs = $3
		    childless = force
		    $6
		    local {
		      auth = psk
		      id = $4
		    }
		    remote {
		      auth = psk
		      id = $5
		    }
		  }
		}
		secrets {
		  ike-1 {
		    secret = $secret
		  }
		}
	EOF
	control "$1" --load-all --file "$folder/$1.swanctl"
}

charon gateway "$gateway" "eap-radius {
      servers {
        none {
          address = 127.0.0.1
          secret = $secret
        }
      }
      dae {
        enable = yes
        listen = 127.0.0.1
        port = $port
        secret = $secret
      }
    }"
charon person "$person"
connection gateway 127.0.0.1 127.0.0.2 gw "$user" ""
connection person 127.0.0.2 127.0.0.1 "$user" gw "encap = yes
    local_port = $person
    remote_port = $gateway"
control person --initiate --ike vpn
echo Ready
wait
