package redis

import (
	"slices"
	"strings"

	"ivalt-radius/state/redis/budget"
	"ivalt-radius/state/redis/claims"
	"ivalt-radius/state/redis/link"
)

// Commands are all that a node sends, or has its scripts send, with their subcommands as an ACL names them, sorted; beside HELLO, which every user may
// send. Those of Cluster are sent in that mode alone (ClusterCommands), those of Sentinel to the sentinels alone (SentinelCommands).
func Commands() []string {
	all := []string{"evalsha", "eval", "wait", "info", "select", "hget", "hmget", "hscan", "zrange", "set", "xread", "ping", "subscribe"}
	all = append(all, link.Called(beatSource, endSource, tellSource, tableSource)...)
	all = append(append(all, claims.Commands()...), budget.Commands()...)
	slices.Sort(all)
	return slices.Compact(all)
}

// ClusterCommands are those that a node of a Redis Cluster is sent as well.
func ClusterCommands() []string { return []string{"cluster|slots", "command", "asking"} }

// SentinelCommands are those that sentinels are sent.
func SentinelCommands() []string {
	return []string{"ping", "subscribe", "sentinel|get-master-addr-by-name", "sentinel|sentinels", "sentinel|replicas"}
}

// Rules are the rules of an ACL user that suffices for a prefix, and for these commands.
func Rules(prefix string, commands ...string) string {
	return "resetkeys resetchannels ~{" + prefix + ":* &" + prefix + ":* -@all +" + strings.Join(commands, " +")
}
