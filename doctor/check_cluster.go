package doctor

import (
	"fmt"
	"slices"
	"strings"

	"ivalt-radius/doctor/needs"
)

// hasMemory reports settings under which several nodes share one.
func hasMemory(f *Facts) bool {
	return slices.ContainsFunc(f.Needs.Value.Out, func(o needs.Outward) bool { return strings.HasPrefix(o.Key, "state.redis.") })
}

func clusterMemory(f *Facts, v *verdict) {
	if !known(f.Cluster, v, "the shared memory") {
		return
	}
	switch c := f.Cluster.Value; {
	case c.Trouble != "":
		v.fault("the shared memory cannot be asked: "+c.Trouble, "bring the Redis server back, or mend the way to it; no node needs a restart then")
	case c.Drops != "":
		v.fault("its eviction policy is "+c.Drops+": when it is full it forgets which phones ring", "set maxmemory-policy noeviction on the Redis server")
	default:
		v.ok("it answers, and keeps what it is told")
	}
}

func clusterNodes(f *Facts, v *verdict) {
	if !known(f.Cluster, v, "the nodes") {
		return
	}
	switch c := f.Cluster.Value; {
	case c.Trouble != "":
		v.unknown("the nodes are not known while the memory cannot be asked", "")
	case c.Uneven != "":
		v.warning(c.Uneven, "ivalt-radius nodes shows them; bring the same settings to all, and reload")
	default:
		v.ok(fmt.Sprintf("%d nodes, all alive and with the same settings", c.Nodes))
	}
}
