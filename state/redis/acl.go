package redis

import "strings"

// Commands are all that the Engine itself sends, or has its scripts send, with their subcommands as an ACL names them; beside HELLO, which every
// user may send. Those of Cluster are sent in that mode alone, those of Sentinel to the sentinels alone (SentinelCommands).
func Commands() []string {
	return []string{
		"evalsha", "eval", "wait", "info", "select", "time",
		"get", "set", "hget", "hset", "hdel", "hexists", "hlen", "hscan",
		"zadd", "zcard", "zrange", "zrangebyscore", "zrem", "zremrangebyrank", "zremrangebyscore", "zscore",
		"xadd", "xtrim", "xread",
	}
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
