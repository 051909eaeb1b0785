//go:build interop

package cluster_test

import (
	"slices"
	"strings"
	"testing"
)

func TestKitServer(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	stop := s.monitor()
	s.ask("SET", "a", "1")
	if seen := stop(); !slices.ContainsFunc(seen, func(l string) bool { return strings.Contains(l, `"SET" "a"`) }) {
		t.Errorf("MONITOR saw %q", seen)
	}
	s.restart()
	if got := s.ask("GET", "a"); got != "" {
		t.Errorf("a restarted server knows %q", got)
	}
}

func TestKitTLS(t *testing.T) {
	t.Parallel()
	if got := startTLS(t, certificates(t)).ask("PING"); got != "PONG" {
		t.Errorf("it says %q", got)
	}
}

func TestKitSentinel(t *testing.T) {
	t.Parallel()
	c := startSentinel(t)
	c.master().kill()
	eventually(t, "the replica is the master", func() bool { return c.master() == c.second && c.second.info("role") == "master" })
}

func TestKitCluster(t *testing.T) {
	t.Parallel()
	if got := startCluster(t, 3)[0].info("cluster_enabled"); got != "1" {
		t.Errorf("cluster_enabled is %q", got)
	}
	six := startCluster(t, 6)
	eventually(t, "three are replicas", func() bool {
		replicas := 0
		for _, s := range six {
			if s.info("role") == "slave" {
				replicas++
			}
		}
		return replicas == 3
	})
}
