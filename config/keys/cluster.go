package keys

import (
	"time"

	"ivalt-radius/config/tree"
)

// Bounds of the keys of the shared memory.
const (
	mostDatabase = 1023
	mostReplicas = 10
	mostNodes    = 100
)

// clusterKeys say where the memory is that several nodes share, and who may use it.
func clusterKeys() []Key {
	return []Key{
		{
			Path: "state.node", Kind: tree.Name, Unset: "the host's name",
			Meaning: "This node's name among those that share one memory: 1 to 64 letters, digits, `.`, `_` or `-`; another one at each node. A change of any `state.*` needs a restart.",
		},
		{
			Path: "state.redis.addresses", Kind: tree.Texts, Unset: "none: this node is alone", Empty: true,
			Meaning: "`HOST:PORT` of the Redis (7 or newer) or Valkey server whose memory several nodes share, of all Sentinels, or of some servers of the Cluster: [cluster.md](cluster.md).",
		},
		{
			Path: "state.redis.mode", Kind: tree.Choice, Default: "single", Choices: []string{"single", "sentinel", "cluster"},
			Meaning: "What stands at the addresses: one server, the Sentinels that name it, or a Redis Cluster.",
		},
		{Path: "state.redis.master", Unset: "none", Meaning: "The name under which the Sentinels know the server; for `sentinel`, which needs it."},
		{Path: "state.redis.username", Unset: "the user `default`", Meaning: "The ACL user of the server, who needs the commands of [cluster.md](cluster.md) alone."},
		{Path: "state.redis.password", Kind: tree.Secret, Unset: "none", Meaning: "That user's password."},
		{Path: "state.redis.sentinel_username", Unset: "the user `default`", Meaning: "The ACL user of the Sentinels."},
		{Path: "state.redis.sentinel_password", Kind: tree.Secret, Unset: "none", Meaning: "That user's password."},
		{
			Path: "state.redis.database", Kind: tree.Number, Default: "0", Max: mostDatabase,
			Meaning: "The number of the database; a Cluster has 0 alone.",
		},
		{
			Path: "state.redis.cluster_key", Kind: tree.Secret, Unset: "none; required with `state.redis.addresses`",
			Meaning: "The secret of all nodes, 32 characters at least: nothing of a person stands in the memory but as digests under it, or sealed with it. All nodes have the same one.",
		},
		{
			Path: "state.redis.prefix", Kind: tree.Name, Default: "ivalt-radius",
			Meaning: "What the names of all keys in the memory begin with; the same at all nodes. Clusters with different ones share a server and nothing else.",
		},
	}
}

// clusterTLSKeys say how the memory proves who it is.
func clusterTLSKeys() []Key {
	return []Key{
		{
			Path: "state.redis.tls", Kind: tree.Choice, Default: "required", Choices: []string{"required", "off"},
			Meaning: "TLS 1.2 or newer towards servers and Sentinels. `off` is for loopback addresses alone.",
		},
		{Path: "state.redis.ca_file", Unset: "the system's roots", Meaning: "Root certificates, PEM; then these alone count."},
		{Path: "state.redis.client_certificate", Unset: "none", Meaning: "The certificate that this node shows, PEM; with `state.redis.client_key`."},
		{Path: "state.redis.client_key", Unset: "none", Meaning: "The file of its private key, PEM."},
		{
			Path: "state.redis.server_name", Unset: "the host of each address",
			Meaning: "The name that certificates must be for. Needed where Sentinels or a Cluster tell addresses that no certificate is for.",
		},
	}
}

// clusterTroubleKeys say what holds while the memory is slow or gone.
func clusterTroubleKeys() []Key {
	return []Key{
		{
			Path: "state.redis.timeout", Kind: tree.Duration, Default: "1s", Min: int64(50 * time.Millisecond), Max: int64(10 * time.Second),
			Meaning: "How long one operation may take.",
		},
		{
			Path: "state.redis.min_replicas", Kind: tree.Number, Default: "0", Max: mostReplicas,
			Meaning: "So many replicas must have what allows a push before it leaves; with fewer the login ends as `unavailable`. 0: as many as have it in time.",
		},
		{
			Path: "state.redis.on_failure", Kind: tree.Choice, Default: "reject", Choices: []string{"reject", "insecure_alone"},
			Meaning: "While the memory cannot be asked: `reject` what needs a push, as `unavailable`; `insecure_alone`: each node goes on by itself, so one login that reaches two nodes rings twice, and " +
				"a collision at two nodes is not seen.",
		},
		{
			Path: "state.redis.nodes", Kind: tree.Number, Default: "2", Min: 2, Max: mostNodes,
			Meaning: "By how many `insecure_alone` divides `ivalt.limits`.",
		},
	}
}
