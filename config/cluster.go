package config

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/config/tree"
	"ivalt-radius/secret"
)

// Redis is the memory that several nodes share; empty Addresses: there is none, and the node is alone.
type Redis struct {
	Addresses         []string      `koanf:"addresses"` // HOST:PORT
	Mode              string        `koanf:"mode"`      // single, sentinel, cluster
	Master            string        `koanf:"master"`    // of sentinel, never empty there
	Username          string        `koanf:"username"`
	Password          secret.Secret `koanf:"password"`
	SentinelUsername  string        `koanf:"sentinel_username"`
	SentinelPassword  secret.Secret `koanf:"sentinel_password"`
	Database          int           `koanf:"database"`
	TLS               string        `koanf:"tls"`                // required, off: where every address is loopback
	CAFile            string        `koanf:"ca_file"`            // empty: the system's roots
	ClientCertificate string        `koanf:"client_certificate"` // empty: none
	ClientKey         string        `koanf:"client_key"`         // never empty where ClientCertificate is not
	ServerName        string        `koanf:"server_name"`        // empty: the host of each address
	ClusterKey        secret.Secret `koanf:"cluster_key"`        // 32 octets at least, where there are Addresses
	Prefix            string        `koanf:"prefix"`
	Timeout           time.Duration `koanf:"timeout"` // of one operation
	MinReplicas       int           `koanf:"min_replicas"`
	OnFailure         string        `koanf:"on_failure"` // reject, insecure_alone
	Nodes             int           `koanf:"nodes"`      // by how many insecure_alone divides the API budget
}

// InsecureAlone reports that a node goes on by itself while the shared memory cannot be asked.
func (r Redis) InsecureAlone() bool { return r.OnFailure == "insecure_alone" }

// Loopback reports that every address is of this host.
func (r Redis) Loopback() bool {
	return !slices.ContainsFunc(r.Addresses, func(address string) bool {
		host, _, err := net.SplitHostPort(address)
		ip, wrong := netip.ParseAddr(host)
		return err != nil || host != "localhost" && (wrong != nil || !ip.Unmap().IsLoopback())
	})
}

const (
	minClusterKey = 32 // octets

	redis            = "state.redis."
	redisAddresses   = redis + "addresses"
	redisPassword    = redis + "password"
	sentinelPassword = redis + "sentinel_password"
	clusterKey       = redis + "cluster_key"
)

// clusterSecrets puts the secrets of the shared memory in the place of what points to them, and judges them.
func (l *loader) clusterSecrets(s *Settings) {
	r := &s.State.Redis
	for _, password := range []struct {
		path string
		text *secret.Secret
	}{{redisPassword, &r.Password}, {sentinelPassword, &r.SentinelPassword}} {
		if l.optional(password.path, password.text); !password.text.Empty() {
			l.judge(password.path, *password.text, "password")
		}
	}
	if r.ClusterKey.Empty() {
		if len(r.Addresses) > 0 && !l.faulty(clusterKey) {
			l.faults.Add(clusterKey, "is required: make one with `openssl rand -base64 32`, and give every node the same")
		}
		return
	}
	text, ok := l.secret(clusterKey, r.ClusterKey)
	switch {
	case !ok:
		text = secret.Secret{}
	case text.Len() < minClusterKey:
		l.faults.Add(clusterKey, "is shorter than %d characters: make one with `openssl rand -base64 32`, and give every node the same", minClusterKey)
		text = secret.Secret{}
	default:
		l.judge(clusterKey, text, "cluster key")
	}
	r.ClusterKey = text
}

// cluster judges the shared memory as a whole.
func (l *loader) cluster(s *Settings) {
	r := s.State.Redis
	if len(r.Addresses) == 0 {
		for _, key := range []string{"cluster_key", "mode", "master", "username", "password", "on_failure"} {
			if l.places.Has(redis+key) && !l.faulty(redisAddresses) {
				l.faults.Warn(redis+key, "has no effect: nothing is shared without state.redis.addresses")
				return
			}
		}
		return
	}
	l.memoryAddresses(r)
	l.memoryMode(r)
	l.memoryTrust(r)
	if !r.InsecureAlone() {
		return
	}
	l.faults.Warn(redis+"on_failure", "INSECURE: while the shared memory cannot be asked each node goes on by itself: one login may ring a phone once for each node, and "+
		"two logins of one person at two nodes are not seen as a collision")
	if s.IVALT.Sentinel == "auto" {
		l.faults.Add(redis+"on_failure", "insecure_alone needs ivalt.sentinel: always, since a node by itself does not know what other nodes left on a phone")
	}
}

// memoryAddresses looks at the form of each address.
func (l *loader) memoryAddresses(r Redis) {
	seen := map[string]bool{}
	for i, address := range r.Addresses {
		at := tree.Index(redisAddresses, i)
		host, port, err := net.SplitHostPort(address)
		number, wrong := strconv.ParseUint(port, 10, 16)
		switch {
		case err != nil || wrong != nil || number == 0 || host == "" || strings.ContainsAny(host, "/@ "):
			l.faults.Add(at, "must be HOST:PORT, as in redis.example.com:6379; user and password are keys of their own")
		case seen[address]:
			l.faults.Add(at, "%s stands here twice", address)
		}
		seen[address] = true
	}
}

// memoryMode refuses what does not go with the mode.
func (l *loader) memoryMode(r Redis) {
	if r.Mode == "single" && len(r.Addresses) > 1 {
		l.faults.Add(redisAddresses, "names %d servers, and mode: single is one: set state.redis.mode to sentinel or cluster", len(r.Addresses))
	}
	if r.Mode == "sentinel" && r.Master == "" {
		l.faults.Add(redis+"mode", "sentinel needs state.redis.master, the name under which the Sentinels know the server")
	}
	if r.Mode == "cluster" && r.Database != 0 {
		l.faults.Add(redis+"database", "a Redis Cluster has database 0 alone: remove the key")
	}
	for _, key := range []string{"master", "sentinel_username", "sentinel_password"} {
		if r.Mode != "sentinel" && l.places.Has(redis+key) {
			l.faults.Add(redis+key, "is for mode: sentinel, and the mode is %s: set state.redis.mode, or remove the key", r.Mode)
		}
	}
}

// memoryTrust judges how the server and the nodes know each other.
func (l *loader) memoryTrust(r Redis) {
	if r.TLS == "off" && !r.Loopback() {
		l.faults.Add(redis+"tls", "TLS is required unless every address is loopback: remove tls: off, and give the server a certificate")
	}
	for _, pair := range []struct{ there, missing, key, other string }{
		{r.ClientCertificate, r.ClientKey, "client_certificate", "client_key"}, {r.ClientKey, r.ClientCertificate, "client_key", "client_certificate"},
	} {
		if pair.there != "" && pair.missing == "" {
			l.faults.Add(redis+pair.key, "needs state.redis.%s, the other half of the pair", pair.other)
		}
	}
	for _, key := range []string{"ca_file", "client_certificate", "client_key", "server_name"} {
		if r.TLS == "off" && l.places.Has(redis+key) {
			l.faults.Warn(redis+key, "has no effect with state.redis.tls: off")
		}
	}
	for _, pair := range []struct{ user, key, password string }{{r.Username, "username", redisPassword}, {r.SentinelUsername, "sentinel_username", sentinelPassword}} {
		if pair.user != "" && !l.places.Has(pair.password) {
			l.faults.Add(redis+pair.key, "needs %s", pair.password)
		}
	}
	if r.Username == "" {
		l.faults.Warn(redisAddresses, "the user default may do everything on the server: make an ACL user as docs/cluster.md says, and name it in state.redis.username")
	}
}
