//go:build interop

package cluster_test

import (
	"crypto/tls"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ivalt-radius/secret"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis"
	"ivalt-radius/state/redis/link"
	"ivalt-radius/test/blackbox"
	"ivalt-radius/test/cluster/servers"
)

func TestServerKilledAndRestartedEmpty(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	a, b := startNode(t, engineOptions("a", s.Address())), startNode(t, engineOptions("b", s.Address()))
	together(t, "at first", a, b)
	a.Apply("kept by a", []byte("1"))
	s.Kill()
	blackbox.Eventually(t, "both are alone", func() bool { return !a.Health().Reachable && !b.Health().Reachable })
	blackbox.Eventually(t, "nothing is current", func() bool { return !a.Feed().Current() && !b.Feed().Current() })
	a.Feed().Tell("k", []byte("meanwhile"))
	s.Start()
	together(t, "behind a restart", a, b)
	blackbox.Eventually(t, "the table is whole", func() bool { return b.value("kept by a") == "1" })
	blackbox.Eventually(t, "what was told meanwhile is heard", func() bool { return b.hears("meanwhile") })
	for _, n := range []*node{a, b} {
		if len(n.told(redis.Unreachable)) != 1 || len(n.told(redis.Reachable)) != 2 || len(n.told(redis.Emptied)) != 1 {
			t.Errorf("told: %+v", n.events)
		}
	}
	if got := s.Ask("EVAL", "return #redis.call('KEYS', '{ivalt-radius:*}:epoch')", "0"); got != "257" {
		t.Errorf("%s epochs", got)
	}
}

func TestServerThatAnswersNothing(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	a, b := startNode(t, engineOptions("a", s.Address())), startNode(t, engineOptions("b", s.Address()))
	together(t, "at first", a, b)
	s.Pause()
	blackbox.Eventually(t, "both are alone", func() bool { return !a.Health().Reachable && !b.Health().Reachable })
	if !strings.Contains(a.why(), "state.redis.timeout") {
		t.Errorf("why: %s", a.why())
	}
	s.Resume()
	together(t, "behind it", a, b)
	if len(a.told(redis.Emptied)) != 0 {
		t.Error("it was not emptied")
	}
}

func TestPartitionOfOneNode(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	w := newWire(t, s.Address())
	a, b := startNode(t, engineOptions("a", w.addr())), startNode(t, engineOptions("b", s.Address()))
	together(t, "at first", a, b)
	for _, how := range []func(){w.cut, w.stall} {
		how()
		blackbox.Eventually(t, "a is alone", func() bool { return !a.Health().Reachable })
		blackbox.Eventually(t, "b sees that", func() bool {
			nodes, err := b.Nodes(t.Context())
			return err == nil && len(nodes) == 2 && !nodes[0].Alive && nodes[1].Alive
		})
		b.Feed().Tell("k", []byte("while a was away"))
		if !b.Health().Reachable {
			t.Error("b is alone too")
		}
		w.mend()
		together(t, "behind it", a, b)
		blackbox.Eventually(t, "a hears what it missed", func() bool { return a.hears("while a was away") })
	}
}

func TestServerOutOfMemory(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	a, b := startNode(t, engineOptions("a", s.Address())), startNode(t, engineOptions("b", s.Address()))
	together(t, "at first", a, b)
	s.Ask("CONFIG", "SET", "maxmemory", "1")
	blackbox.Eventually(t, "both are alone", func() bool { return !a.Health().Reachable && !b.Health().Reachable })
	if !strings.Contains(a.why(), "out of memory: raise its maxmemory") {
		t.Errorf("why: %s", a.why())
	}
	s.Ask("CONFIG", "SET", "maxmemory", "0")
	together(t, "behind it", a, b)
}

func TestServerThatEvicts(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t, "--maxmemory-policy", "allkeys-lru")
	a := startNode(t, engineOptions("a", s.Address()))
	blackbox.Eventually(t, "it is shouted", func() bool { return len(a.told(redis.Evicts)) == 1 })
}

// sent finds the commands in lines of MONITOR, those of scripts too.
func sent(lines []string) []string {
	command := regexp.MustCompile(`^[0-9.]+ \[[^\]]*\] "([^"]*)"(?: "([^"]*)")?`)
	found := map[string]bool{}
	for _, line := range lines {
		m := command.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name := strings.ToLower(m[1])
		if name == "cluster" {
			name += "|" + strings.ToLower(m[2])
		}
		found[name] = true
	}
	var all []string
	for name := range found {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// limited gives a server a user with the documented rules alone.
func limited(s *servers.Server, commands ...string) {
	s.Ask(append([]string{"ACL", "SETUSER", "ivalt", "on", ">secret"}, strings.Fields(redis.Rules("ivalt-radius", commands...))...)...)
	s.Ask("ACL", "LOG", "RESET")
}

func asLimited(o redis.Options) redis.Options {
	o.Username, o.Password = "ivalt", secret.New("secret")
	return o
}

func TestDocumentedPermissionsSuffice(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	limited(s, redis.Commands()...)
	stop := s.Monitor()
	o := asLimited(engineOptions("a", s.Address()))
	o.Database = 1
	a, b := startNode(t, o), startNode(t, asLimited(engineOptions("b", s.Address())))
	blackbox.Eventually(t, "they are there", func() bool { return a.Health().Reachable && b.Health().Reachable })
	a2 := startNode(t, asLimited(engineOptions("c", s.Address())))
	together(t, "with few permissions", b, a2)
	if err := b.blocks.Delete(t.Context(), "who"); err != nil {
		t.Fatal(err)
	}
	logsIn(t, b, a2)
	if err := a2.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if log := s.Ask("ACL", "LOG"); strings.TrimSpace(log) != "" {
		t.Errorf("Redis refused: %s", log)
	}
	seen := sent(stop())
	for _, command := range seen {
		if !slices.Contains(append(redis.Commands(), "hello", "acl"), command) {
			t.Errorf("%s is sent, and in no list", command)
		}
	}
	for _, command := range redis.Commands() {
		if !slices.Contains(append(seen, "wait", "zscore", "lset", "lrange", "lpop", "ping"), command) { // for replicas; what Redis has not; calls of one moment, and of long ago; when it is quiet
			t.Errorf("%s is in the list, and not sent", command)
		}
	}
}

// logsIn has one node lead a login that another one follows, with its phone and its places in the budget.
func logsIn(t *testing.T, leads, follows *node) {
	t.Helper()
	ctx, entry := t.Context(), cluster.Entry{Key: cluster.Digest{1}, ID: "a", Life: time.Minute}
	b := leads.Budget(state.Limits{PerSecond: 1000, PerMinute: 100_000}, "key", func() {})
	if _, err := leads.Enter(ctx, entry); err != nil || !b.Reserve(2) {
		t.Fatalf("it does not begin: %v", err)
	}
	b.Release(1)
	b.Penalise(time.Now().Add(time.Millisecond))
	claim, err := leads.Claim(ctx, cluster.Bid{Phone: "+15550100", Attempt: "a", Life: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	entry.Exchange = cluster.Digest{2}
	if _, err = follows.Enter(ctx, entry); err != nil {
		t.Fatal(err)
	}
	told := make(chan cluster.Place, 1)
	go func() {
		place, _ := follows.Await(ctx, entry.Key, "a")
		told <- place
	}()
	time.Sleep(2 * cluster.Look) //nolint:forbidigo // so that it looks by itself
	err = errors.Join(leads.Record(ctx, claim.Token, cluster.Progress{Rang: true}), leads.Polled(ctx, claim.Token, time.Minute),
		leads.End(ctx, claim.Token, cluster.Ending{Clears: true, Known: true}), leads.Conclude(ctx, entry.Key, "a", cluster.Conclusion{}))
	if place := <-told; err != nil || place.Role != cluster.Over {
		t.Errorf("%+v, %v", place, err)
	}
	blackbox.Eventually(t, "calls leave", func() bool { return b.TakeReserved() == 0 })
}

func TestMissingPermission(t *testing.T) {
	t.Parallel()
	s := servers.Redis(t)
	limited(s, "info")
	a := startNode(t, asLimited(engineOptions("a", s.Address())))
	blackbox.Eventually(t, "it is alone", func() bool { return !a.Health().Reachable })
	if !strings.Contains(a.why(), "lacks a permission") {
		t.Errorf("why: %s", a.why())
	}
	limited(s, redis.Commands()...)
	blackbox.Eventually(t, "it is not any more", func() bool { return a.Health().Reachable })
	wrong := asLimited(engineOptions("b", s.Address()))
	wrong.Password = secret.New("canary-of-a-password")
	b := startNode(t, wrong)
	blackbox.Eventually(t, "it is alone", func() bool { return !b.Health().Reachable })
	if why := b.why(); !strings.Contains(why, "refuses the password") || strings.Contains(why, "canary") {
		t.Errorf("why: %s", why)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	certs := certificates(t)
	s := servers.TLS(t, certs)
	with := func(name string, c *tls.Config) redis.Options {
		o := engineOptions(name, s.Address())
		o.TLS = c
		return o
	}
	a, b := startNode(t, with("a", trusts(t, certs))), startNode(t, with("b", trusts(t, certs)))
	together(t, "with TLS", a, b)
	strange := startNode(t, with("c", trusts(t, certificates(t))))
	blackbox.Eventually(t, "a server of another authority is not trusted", func() bool { return !strange.Health().Reachable })
	if !strings.Contains(strange.why(), "state.redis.ca_file") {
		t.Errorf("why: %s", strange.why())
	}
	plain := startNode(t, engineOptions("d", s.Address()))
	blackbox.Eventually(t, "nothing goes in the clear", func() bool { return !plain.Health().Reachable })
	old := trusts(t, certs)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	outdated := startNode(t, with("e", old))
	blackbox.Eventually(t, "TLS 1.1 is too old", func() bool { return !outdated.Health().Reachable })
}

func TestSentinelFailover(t *testing.T) {
	t.Parallel()
	c := servers.RunSentinels(t)
	for _, s := range c.Watchers {
		s.Ask(append([]string{"ACL", "SETUSER", "watcher", "on", ">secret", "resetchannels", "&*", "-@all"}, plus(redis.SentinelCommands())...)...)
	}
	limited(c.Redis[0], redis.Commands()...)
	limited(c.Redis[1], redis.Commands()...)
	with := func(name string) redis.Options {
		o := asLimited(engineOptions(name, c.Addresses()...))
		o.Mode, o.Master = link.Sentinel, "ivalt"
		o.SentinelUsername, o.SentinelPassword = "watcher", secret.New("secret")
		return o
	}
	a, b := startNode(t, with("a")), startNode(t, with("b"))
	together(t, "at first", a, b)
	c.Watchers[0].Ask("SENTINEL", "FAILOVER", "ivalt")
	blackbox.Eventually(t, "the replica is the master, and the master its replica", func() bool {
		return c.Master() == c.Redis[1] && c.Redis[1].Info("role") == "master" && c.Redis[0].Info("role") == "slave" && c.Redis[0].Info("master_link_status") == "up"
	})
	together(t, "behind a planned failover", a, b)
	c.Redis[1].Pause()
	blackbox.Eventually(t, "the first is the master again", func() bool { return c.Master() == c.Redis[0] && c.Redis[0].Info("role") == "master" })
	together(t, "behind a master that hangs", a, b)
	c.Redis[1].Resume()
	blackbox.Eventually(t, "the second is its replica", func() bool {
		return c.Redis[1].Info("role") == "slave" && c.Redis[1].Info("master_link_status") == "up"
	})
	together(t, "when it is back", a, b)
	for _, s := range append([]*servers.Server{c.Redis[0], c.Redis[1]}, c.Watchers[:]...) {
		if log := s.Ask("ACL", "LOG"); strings.TrimSpace(log) != "" {
			t.Errorf("%s refused: %s", s.Address(), log)
		}
	}
	if len(a.told(redis.Emptied)) != 0 {
		t.Error("it was not emptied")
	}
}

func plus(commands []string) (rules []string) {
	for _, c := range commands {
		rules = append(rules, "+"+c)
	}
	return rules
}

func TestClusterFailover(t *testing.T) {
	t.Parallel()
	all := servers.Cluster(t, 6)
	var addrs []string
	var stops []func() []string
	commands := append(redis.Commands(), redis.ClusterCommands()...)
	for _, s := range all {
		addrs = append(addrs, s.Address())
		limited(s, commands...)
		stops = append(stops, s.Monitor())
	}
	with := func(name string) redis.Options {
		o := asLimited(engineOptions(name, addrs...))
		o.Mode = link.Cluster
		return o
	}
	a, b := startNode(t, with("a")), startNode(t, with("b"))
	together(t, "at first", a, b)
	for _, tag := range []string{"{ivalt-radius:nodes}", "{ivalt-radius:feed}"} {
		master := masterOf(t, all, tag)
		blackbox.Eventually(t, "its replica is in step", func() bool { return strings.Contains(master.Info("slave0"), "state=online") })
		master.Kill()
		together(t, "without the master of "+tag, a, b)
		master.Start()
		limited(master, commands...)
		together(t, "with it again "+tag, a, b)
		blackbox.Eventually(t, "the cluster is whole", func() bool {
			return !slices.ContainsFunc(all, func(s *servers.Server) bool { return !strings.Contains(s.Ask("CLUSTER", "INFO"), "cluster_state:ok") })
		})
	}
	// By the test, and by a master to its replica.
	others := []string{"hello", "acl", "cluster|info", "cluster|nodes", "cluster|keyslot", "replconf", "psync", "ping", "multi", "exec"}
	for i, s := range all {
		if log := s.Ask("ACL", "LOG"); strings.TrimSpace(log) != "" {
			t.Errorf("a server refused: %s", log)
		}
		for _, command := range sent(stops[i]()) {
			if !slices.Contains(append(commands, others...), command) {
				t.Errorf("%s is sent, and in no list", command)
			}
		}
	}
}

// masterOf is the server that has the slot of a key.
func masterOf(t *testing.T, all []*servers.Server, key string) *servers.Server {
	t.Helper()
	slot, err := strconv.Atoi(all[0].Ask("CLUSTER", "KEYSLOT", key))
	if err != nil {
		t.Fatal(err)
	}
	slots := regexp.MustCompile(`^\S+ 127\.0\.0\.1:(\d+)\S* (?:myself,)?master .* (\d+)-(\d+)$`)
	for line := range strings.SplitSeq(all[0].Ask("CLUSTER", "NODES"), "\n") {
		m := slots.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		from, _ := strconv.Atoi(m[2])
		to, _ := strconv.Atoi(m[3])
		for _, s := range all {
			if slot >= from && slot <= to && strings.HasSuffix(s.Address(), ":"+m[1]) {
				return s
			}
		}
	}
	t.Fatalf("nobody has slot %d", slot)
	return nil
}
