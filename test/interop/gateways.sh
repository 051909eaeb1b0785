# Shared by ocserv.sh, openvpn.sh and tunnel.sh, behind lib.sh: what a gateway and its person are told in all of them. The gateway's log is
# gateway.log in SCRATCH.
# Environment: CERTS folder with ca.pem, server.pem and server.key, WAIT seconds a try of the RADIUS client, TRIES, ACCT_PORT (the next one).

: "${CERTS:?folder with ca.pem, server.pem, server.key}"

# ocserv_up ADDRESS PORT MORE: ocserv, which asks over RADIUS by radcli.conf, with MORE lines of settings.
ocserv_up() {
	printf '%s %s\n' "$server" "$secret" >"$SCRATCH/servers"
	cat >"$SCRATCH/radcli.conf" <<CONF
nas-identifier ocserv
authserver $server:$port
acctserver $server:$((port + 1))
servers $SCRATCH/servers
dictionary /etc/radcli/dictionary
default_realm
radius_timeout ${WAIT:-20}
radius_retries $((${TRIES:-2} - 1))
bindaddr *
CONF
	cat >"$SCRATCH/ocserv.conf" <<CONF
listen-host = $1
tcp-port = $2
socket-file = $SCRATCH/ocserv.sock
pid-file = $SCRATCH/ocserv.pid
server-cert = $CERTS/server.pem
server-key = $CERTS/server.key
isolate-workers = false
run-as-user = root
run-as-group = root
device = vpnr
max-clients = 2
ipv4-network = 10.254.252.0
ipv4-netmask = 255.255.255.0
auth-timeout = 240
cookie-timeout = 60
use-occtl = false
$3
CONF
	cd "$SCRATCH" # ocserv reads a comma in a path as the end of the option
	ocserv -f -d 2 -c "$SCRATCH/ocserv.conf" >"$SCRATCH/gateway.log" 2>&1 &
	children+=($!)
	for _ in {1..100}; do
		(exec 3<>"/dev/tcp/$1/$2") 2>/dev/null && break
		sleep 0.1
	done
}

# radius_plugin: openvpn-auth-radius for openvpn_up, which finds its line in $plugin.
radius_plugin() {
	if [ "$port" -gt 9999 ]; then
		echo "openvpn-auth-radius keeps four digits of a port: ask on 9999 or below" >&2
		exit 2
	fi
	# useauthcontrolfile lets the server go on while the phone rings.
	cat >"$SCRATCH/radius.cnf" <<CONF
NAS-Identifier=openvpn
NAS-IP-Address=127.0.0.1
NAS-Port-Type=5
Service-Type=5
Framed-Protocol=1
OpenVPNConfig=$SCRATCH/server.conf
subnet=255.255.255.0
overwriteccfiles=true
useauthcontrolfile=true
server
{
	name=$server
	authport=$port
	acctport=${ACCT_PORT:-$((port + 1))}
	sharedsecret=$secret
	wait=${WAIT:-50}
	retry=${TRIES:-1}
}
CONF
	plugin="plugin /usr/lib/openvpn/radiusplugin.so $SCRATCH/radius.cnf"
}

# openvpn_up ADDRESS PORT MORE: OpenVPN's server with $plugin and MORE lines of settings.
openvpn_up() {
	mkdir -p "$SCRATCH/clients"
	cat >"$SCRATCH/server.conf" <<CONF
local $1
port $2
proto udp
dev-type tun
topology subnet
server 10.254.253.0 255.255.255.0
ca $CERTS/ca.pem
cert $CERTS/server.pem
key $CERTS/server.key
dh none
verify-client-cert none
username-as-common-name
client-config-dir $SCRATCH/clients
status $SCRATCH/status 1
status-version 1
tmp-dir $SCRATCH
script-security 2
verb 3
$3
$plugin
CONF
	openvpn --config "$SCRATCH/server.conf" >"$SCRATCH/gateway.log" 2>&1 &
	children+=($!)
	appears "$SCRATCH/gateway.log" 'Initialization Sequence Completed' 15 && return
	cat "$SCRATCH/gateway.log"
	exit 2
}

# openvpn_person ADDRESS PORT MORE: writes person.conf for the client, with MORE lines of settings.
openvpn_person() {
	printf '%s\n%s\n' "$user" "$password" >"$SCRATCH/login"
	cat >"$SCRATCH/person.conf" <<CONF
client
remote $1 $2 udp
dev-type tun
nobind
ca $CERTS/ca.pem
verify-x509-name localhost name
auth-user-pass $SCRATCH/login
auth-retry none
connect-retry-max 1
verb 3
$3
CONF
}
