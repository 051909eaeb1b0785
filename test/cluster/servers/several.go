package servers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
)

// Watched is the name under which sentinels watch their master.
const Watched = "ivalt"

// Sentinels are a master, its replica, and three who watch them.
type Sentinels struct {
	Redis    [2]*Server // the first is the master at the start
	Watchers [3]*Server
}

// RunSentinels runs all five, until they know each other. A master that is gone for a second is replaced.
func RunSentinels(tb testing.TB) *Sentinels {
	tb.Helper()
	s := &Sentinels{}
	s.Redis[0] = Redis(tb)
	s.Redis[1] = Redis(tb, "--replicaof", loopback, strconv.Itoa(s.Redis[0].port))
	blackbox.Eventually(tb, "the replica is in step", func() bool { return s.Redis[1].Info("master_link_status") == "up" })
	for i := range s.Watchers {
		w := &Server{tb: tb, dir: tb.TempDir(), host: loopback, port: FreePort(tb)}
		file := filepath.Join(w.dir, "sentinel.conf")
		text := fmt.Sprintf("port %d\nbind %s\ndir %s\nlogfile %s\n", w.port, loopback, w.dir, w.log()) +
			fmt.Sprintf("sentinel monitor %s %s %d 2\n", Watched, loopback, s.Redis[0].port) +
			fmt.Sprintf("sentinel down-after-milliseconds %[1]s 1000\nsentinel failover-timeout %[1]s 3000\n", Watched)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
		w.args = []string{"redis-sentinel", file}
		w.Start()
		s.Watchers[i] = w
	}
	blackbox.Eventually(tb, "the sentinels know each other, and the replica", func() bool {
		for _, w := range s.Watchers {
			if said, err := w.Try("INFO", "sentinel"); err != nil || !strings.Contains(said, "status=ok") || !strings.Contains(said, "slaves=1,sentinels=3") {
				return false
			}
		}
		return true
	})
	return s
}

// Addresses are the sentinels'.
func (s *Sentinels) Addresses() (all []string) {
	for _, w := range s.Watchers {
		all = append(all, w.Address())
	}
	return all
}

// Master is the server that the sentinels name; nil while they name none.
func (s *Sentinels) Master() *Server {
	said, err := s.Watchers[0].Try("SENTINEL", "GET-MASTER-ADDR-BY-NAME", Watched)
	for _, r := range s.Redis {
		if err == nil && strings.HasSuffix(said, "\n"+strconv.Itoa(r.port)) {
			return r
		}
	}
	return nil
}

// Failover kills the master and waits until the other one is; it returns when that took part.
func (s *Sentinels) Failover(tb testing.TB) (from, to time.Time) {
	tb.Helper()
	old := s.Master()
	if old == nil {
		tb.Fatal("the sentinels name no master")
	}
	from = time.Now()
	old.Kill()
	blackbox.Eventually(tb, "another master", func() bool {
		now := s.Master()
		return now != nil && now != old && now.Info("role") == "master"
	})
	return from, time.Now()
}

// Cluster runs a Redis Cluster of n servers: up to five are all masters, from six on each second one is a replica.
func Cluster(tb testing.TB, n int) (all []*Server) {
	tb.Helper()
	create := []string{"--cluster", "create"}
	for range n {
		s := Redis(tb, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", strconv.Itoa(FreePort(tb)), "--cluster-allow-replica-migration", "no")
		all, create = append(all, s), append(create, s.Address())
	}
	if n >= 6 {
		create = append(create, "--cluster-replicas", "1")
	}
	if out, err := exec.CommandContext(tb.Context(), "redis-cli", append(create, "--cluster-yes")...).CombinedOutput(); err != nil {
		tb.Fatalf("redis-cli --cluster create: %v\n%s", err, out)
	}
	blackbox.Eventually(tb, "the cluster is whole", func() bool {
		for _, s := range all {
			info, err := s.Try("CLUSTER", "INFO")
			if err != nil || Field(info, "cluster_state") != "ok" || Field(info, "cluster_known_nodes") != strconv.Itoa(n) {
				return false
			}
		}
		return true
	})
	return all
}
