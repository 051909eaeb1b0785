//go:build interop

package cluster_test

import (
	"slices"
	"strings"
	"testing"

	"ivalt-radius/test/blackbox"
	"ivalt-radius/test/cluster/servers"
)

func TestKitServer(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	stop := s.Monitor()
	s.Ask("SET", "a", "1")
	if seen := stop(); !slices.ContainsFunc(seen, func(l string) bool { return strings.Contains(l, `"SET" "a"`) }) {
		t.Errorf("MONITOR saw %q", seen)
	}
	s.Restart()
	if got := s.Ask("GET", "a"); got != "" {
		t.Errorf("a restarted server knows %q", got)
	}
}

func TestKitTLS(t *testing.T) {
	t.Parallel()
	if got := servers.TLS(t, certificates(t)).Ask("PING"); got != "PONG" {
		t.Errorf("it says %q", got)
	}
}

func TestKitSentinel(t *testing.T) {
	t.Parallel()
	c := servers.RunSentinels(t)
	c.Master().Kill()
	blackbox.Eventually(t, "the replica is the master", func() bool { return c.Master() == c.Redis[1] && c.Redis[1].Info("role") == "master" })
}

func TestKitCluster(t *testing.T) {
	t.Parallel()
	if got := servers.Cluster(t, 3)[0].Info("cluster_enabled"); got != "1" {
		t.Errorf("cluster_enabled is %q", got)
	}
	six := servers.Cluster(t, 6)
	blackbox.Eventually(t, "three are replicas", func() bool {
		replicas := 0
		for _, s := range six {
			if s.Info("role") == "slave" {
				replicas++
			}
		}
		return replicas == 3
	})
}
