package doctor

import "ivalt-radius/doctor/needs"

func clusterRows() []row {
	const memory, nodes = "cluster.memory", "cluster.nodes"
	with := func(c Cluster) Facts {
		return Facts{Needs: Known(needs.Needs{Out: []needs.Outward{{Key: "state.redis.addresses[0]"}}}), Cluster: Known(c)}
	}
	return []row{
		{"answers", memory, with(Cluster{}), OK, "it answers"},
		{"gone", memory, with(Cluster{Trouble: "refused"}), Fault, "refused"},
		{"may forget", memory, with(Cluster{Drops: "allkeys-lru"}), Fault, "maxmemory-policy noeviction"},
		{"not asked", memory, Facts{Cluster: Unseen[Cluster]("--offline")}, Unknown, "--offline"},

		{"even", nodes, with(Cluster{Nodes: 2}), OK, "2 nodes"},
		{"uneven", nodes, with(Cluster{Nodes: 2, Uneven: "not alive: b"}), Warning, "not alive: b"},
		{"memory gone", nodes, with(Cluster{Trouble: "refused", Uneven: "x"}), Unknown, "are not known"},
		{"not asked", nodes, Facts{Cluster: Unseen[Cluster]("--offline")}, Unknown, "--offline"},
	}
}
