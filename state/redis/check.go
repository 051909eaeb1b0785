package redis

import (
	"net"
	"strings"

	"ivalt-radius/fault"
	"ivalt-radius/state/redis/link"
)

// leastKey is the least length of the cluster key.
const leastKey = 32

// mostNode is the most octets of a node's name.
const mostNode = 128

// Check finds what can never work, and what must not: keys are those of the configuration, below `state`.
func Check(o Options) fault.List {
	var l fault.List
	addresses(&l, o)
	switch {
	case o.Mode == link.Single && len(o.Addresses) > 1:
		l.Add("state.redis.addresses", "has several servers, and state.redis.mode is single: name one, or set the mode to sentinel or cluster")
	case o.Mode == link.Sentinel && o.Master == "":
		l.Add("state.redis.master", "is missing: name the master as the sentinels call it")
	case o.Mode == link.Cluster && o.Database != 0:
		l.Add("state.redis.database", "is %d, and a cluster has database 0 alone", o.Database)
	case o.Mode > link.Cluster:
		l.Add("state.redis.mode", "is none of single, sentinel and cluster")
	}
	if o.Database < 0 {
		l.Add("state.redis.database", "is below 0")
	}
	if o.Key.Len() < leastKey {
		l.Add("state.redis.cluster_key", "has %d characters, and needs %d at least, the same at all nodes", o.Key.Len(), leastKey)
	}
	if o.Prefix == "" || len(o.Prefix) > mostNode || strings.ContainsAny(o.Prefix, "{}*?[]\\ \t\r\n\"") {
		l.Add("state.redis.prefix", "must be a short word without spaces, braces and wildcards")
	}
	if o.Node == "" || len(o.Node) > mostNode {
		l.Add("state.node", "must have 1 to %d characters", mostNode)
	}
	if o.Timeout <= 0 {
		l.Add("state.redis.timeout", "must be above 0")
	}
	if o.MinReplicas < 0 {
		l.Add("state.redis.min_replicas", "is below 0")
	}
	return l
}

func addresses(l *fault.List, o Options) {
	if len(o.Addresses) == 0 {
		l.Add("state.redis.addresses", "is empty: name the servers as HOST:PORT")
	}
	for _, a := range o.Addresses {
		host, port, err := net.SplitHostPort(a)
		if err != nil || host == "" || port == "" {
			l.Add("state.redis.addresses", "%q is not HOST:PORT", a)
			continue
		}
		if ip := net.ParseIP(host); o.TLS == nil && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			l.Add("state.redis.tls", "may be off for loopback addresses alone, and %s is none: set it to required", a)
		}
	}
}
