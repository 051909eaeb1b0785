package redis

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ivalt-radius/secret"
	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis/link"
)

func TestCheck(t *testing.T) {
	good := func() Options { return options("127.0.0.1:6379", "a") }
	cases := []struct {
		name   string
		change func(*Options)
		key    string
	}{
		{"nothing", func(*Options) {}, ""},
		{"no address", func(o *Options) { o.Addresses = nil }, "state.redis.addresses"},
		{"no port", func(o *Options) { o.Addresses = []string{"127.0.0.1"} }, "state.redis.addresses"},
		{"several of one", func(o *Options) { o.Addresses = []string{"127.0.0.1:1", "127.0.0.1:2"} }, "state.redis.addresses"},
		{"in the clear elsewhere", func(o *Options) { o.Addresses = []string{"192.0.2.1:6379"} }, "state.redis.tls"},
		{"in the clear by name", func(o *Options) { o.Addresses = []string{"redis.example:6379"} }, "state.redis.tls"},
		{"one of them in the clear", func(o *Options) {
			o.Mode, o.Addresses = link.Cluster, []string{"127.0.0.1:6379", "192.0.2.1:6379"}
		}, "state.redis.tls"},
		{"localhost", func(o *Options) { o.Addresses = []string{"localhost:6379"} }, ""},
		{"IPv6", func(o *Options) { o.Addresses = []string{"[::1]:6379"} }, ""},
		{"a short key", func(o *Options) { o.Key = secret.New(strings.Repeat("k", leastKey-1)) }, "state.redis.cluster_key"},
		{"a sentinel's master", func(o *Options) { o.Mode = link.Sentinel }, "state.redis.master"},
		{"a cluster's database", func(o *Options) { o.Mode, o.Database = link.Cluster, 1 }, "state.redis.database"},
		{"a database below 0", func(o *Options) { o.Database = -1 }, "state.redis.database"},
		{"a mode that is none", func(o *Options) { o.Mode = 9 }, "state.redis.mode"},
		{"a tag in the prefix", func(o *Options) { o.Prefix = "a{b}" }, "state.redis.prefix"},
		{"no prefix", func(o *Options) { o.Prefix = "" }, "state.redis.prefix"},
		{"no name", func(o *Options) { o.Node = "" }, "state.node"},
		{"no time", func(o *Options) { o.Timeout = 0 }, "state.redis.timeout"},
		{"replicas below 0", func(o *Options) { o.MinReplicas = -1 }, "state.redis.min_replicas"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := good()
			c.change(&o)
			got := Check(o)
			if c.key == "" && len(got) > 0 || c.key != "" && (len(got) != 1 || got[0].Key != c.key) {
				t.Fatalf("faults %v, want one of %q", got, c.key)
			}
			if e, err := Open(t.Context(), o); (err != nil) != (c.key != "") {
				t.Errorf("Open says %v", err)
			} else if err == nil {
				_ = e.Close(t.Context())
			}
		})
	}
}

func TestNodesSeeEachOther(t *testing.T) {
	m := miniature(t)
	o := options(m.Addr(), "a")
	o.Leads = func() int { return 7 }
	a := opened(t, o)
	b := opened(t, options(m.Addr(), "b"))
	a.SetSettings("one")
	eventually(t, "a's settings are seen", func() bool {
		nodes, err := b.Nodes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(nodes) == 2 && nodes[0].Settings == "one" && nodes[0].Leads == 7
	})
	nodes, err := Members(t.Context(), options(m.Addr(), "x"))
	if err != nil || len(nodes) != 2 {
		t.Fatalf("%v, %v", nodes, err)
	}
	for i, n := range nodes {
		if n.Name != []string{"a", "b"}[i] || !n.Alive || n.Self || n.Version != "1" || time.Since(n.Seen) > time.Minute || n.Started.After(n.Seen) {
			t.Errorf("node %+v", n)
		}
	}
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	nodes, err = a.Nodes(t.Context())
	if err != nil || len(nodes) != 2 || !nodes[0].Self || nodes[1].Alive {
		t.Errorf("behind a Close: %+v, %v", nodes, err)
	}
}

func TestOutOfReachAndBack(t *testing.T) {
	m := miniature(t)
	o, w := watched(options(m.Addr(), "a"))
	m.Close()
	e := opened(t, o)
	if e.Health().Reachable || len(w.told(Unreachable)) != 1 || e.Health().Why == nil {
		t.Fatalf("at the start: %+v", e.Health())
	}
	if _, err := e.Nodes(t.Context()); !errors.Is(err, cluster.ErrUnreachable) {
		t.Errorf("Nodes says %v", err)
	}
	if err := m.Restart(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is reached", func() bool { return e.Health().Reachable && len(w.told(Reachable)) == 1 })
	if back := w.told(Reachable)[0]; back.For <= 0 {
		t.Errorf("it was away for %v", back.For)
	}
	m.Close()
	eventually(t, "it is gone", func() bool { return !e.Health().Reachable })
	if err := m.Restart(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is back", func() bool { return e.Health().Reachable })
	if n := len(w.told(Unreachable)); n != 2 {
		t.Errorf("it was told %d times that the memory is gone", n)
	}
	if n := len(w.told(Emptied)); n != 0 {
		t.Errorf("it was told %d times that the memory is empty", n)
	}
}

func TestRestartedEmpty(t *testing.T) {
	m := miniature(t)
	o, w := watched(options(m.Addr(), "a"))
	e := opened(t, o)
	_, epoch := e.link.Key("p", [link.DigestSize]byte{200})
	before, err := m.Get(epoch)
	if err != nil {
		t.Fatalf("a bucket has no epoch: %v", err)
	}
	if ms, err := strconv.ParseInt(before, 10, 64); err != nil || time.Since(time.UnixMilli(ms)).Abs() > time.Minute {
		t.Errorf("the epoch %q is not in milliseconds, as claims read it", before)
	}
	m.FlushAll()
	eventually(t, "the nodes are told", func() bool { return len(w.told(Emptied)) == 1 })
	eventually(t, "the bucket remembers anew", func() bool {
		now, err := m.Get(epoch)
		return err == nil && now > before
	})
	eventually(t, "all buckets do", func() bool { return len(m.Keys()) == link.Buckets+3 })
	if len(w.told(Unreachable)) != 0 {
		t.Error("it was never out of reach")
	}
}

// A sight of the given members, by incarnation, whose leases end so many seconds from its now.
func sightAt(second int64, ends map[string]int64) sight {
	s := sight{now: second * 1e6, epoch: "1"}
	for name, end := range ends {
		s.members = append(s.members, member{incarnation: name, until: s.now + end*1e6})
	}
	return s
}

func TestWhoIsDead(t *testing.T) {
	start := time.Now()
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	over := map[string]int64{"x": -1, "y": 2}
	see := func(c *contact, from, to int) {
		for ms := from; ms <= to; ms += 500 {
			s := sightAt(1000, over)
			s.now += int64(ms) * 1000
			for i := range s.members {
				s.members[i].until += int64(ms) * 1000
			}
			c.saw(at(ms), s)
		}
	}
	var c contact
	if c.dead(start) != nil {
		t.Error("judged without a sight")
	}
	see(&c, 0, 2500)
	if got := c.dead(at(2600)); got != nil {
		t.Errorf("judged within a lease: %q", got)
	}
	see(&c, 3000, 3000)
	if got := c.dead(at(3000)); len(got) != 1 || got[0] != "x" {
		t.Errorf("dead are %q", got)
	}
	if got := c.dead(at(4501)); got != nil {
		t.Errorf("judged without contact: %q", got)
	}
	see(&c, 5000, 7500)
	if got := c.dead(at(7500)); got != nil {
		t.Errorf("judged within a lease of a gap: %q", got)
	}
	see(&c, 8000, 8000)
	if got := c.dead(at(8000)); len(got) != 1 {
		t.Errorf("dead are %q", got)
	}
	jump := sightAt(2000, over)
	if !c.saw(at(8500), jump) || c.dead(at(8500)) != nil {
		t.Error("the memory's clock jumped, and all leases with it")
	}
	long := contact{sight: sightAt(9000, map[string]int64{"z": -int64(deadFor.Seconds())}), at: start, since: start.Add(-lease)}
	if got := long.dead(start); got != nil {
		t.Errorf("dead for long are %q", got)
	}
}

func TestStanding(t *testing.T) {
	var s standing
	now := time.Now()
	for _, c := range []struct {
		after time.Duration
		names []string
		told  bool
	}{
		{0, nil, false},
		{0, []string{"a"}, false},
		{lease, []string{"a"}, false},
		{lease + 1, []string{"a"}, true},
		{2 * lease, []string{"a"}, false},
		{3 * lease, nil, false},
		{3*lease + 1, []string{"a"}, false},
		{9 * lease, []string{"a"}, false},
		{10 * lease, nil, false},
		{12 * lease, nil, true},
	} {
		if got := s.became(now.Add(c.after), c.names); got != c.told {
			t.Errorf("at %v %q is told: %v", c.after, c.names, got)
		}
	}
}

func TestTwinsAndSettingsApart(t *testing.T) {
	m := miniature(t)
	o, w := watched(options(m.Addr(), "a"))
	a := opened(t, o)
	a.SetSettings("one")
	twin := opened(t, options(m.Addr(), "a"))
	b := opened(t, options(m.Addr(), "b"))
	b.SetSettings("two")
	eventually(t, "twins are told", func() bool { return len(w.told(SameName)) == 1 })
	eventually(t, "settings are told", func() bool { return len(w.told(SettingsApart)) == 1 })
	if got := w.told(SettingsApart)[0].Nodes; len(got) != 1 || got[0] != "b" {
		t.Errorf("apart are %q", got)
	}
	b.SetSettings("one")
	_ = twin.Close(t.Context())
	eventually(t, "they are alike", func() bool { return len(w.told(SettingsAlike)) == 1 })
	if n := len(w.told(SameName)); n != 1 {
		t.Errorf("twins were told %d times", n)
	}
}

func TestParseSight(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer any
		ok     bool
	}{
		{"no list", "x", false},
		{"too short", []any{"1"}, false},
		{"a part", []any{"1", "e", "a", "2"}, false},
		{"no time", []any{"x", "e"}, false},
		{"no text", []any{"1", int64(2)}, false},
		{"no lease", []any{"1", "e", "a", "x", ""}, false},
		{"nobody", []any{"1", "e"}, true},
		{"one", []any{"1", "e", "a", "2", `{"name":"n"}`}, true},
	} {
		if _, err := parseSight(c.answer); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	s, err := parseSight([]any{"1", "e", "a", "2", `{"name":"` + strings.Repeat("n", 999) + `"}`, "b", "2", "{", "c", "2", ""})
	if err != nil || len(s.members) != 2 || len(s.members[0].Name) != mostNode {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestOldVersions(t *testing.T) {
	for version, old := range map[string]bool{"6.0.16": true, "5.9": true, "6.2": false, "7.0.15": false, "10.1": false, "x": false, "": false} {
		if older(version, 6, 2) != old {
			t.Errorf("%q is old: %v", version, !old)
		}
	}
}

func TestUnfitServersAreToldOnce(t *testing.T) {
	m := miniature(t)
	o, w := watched(options(m.Addr(), "a"))
	e := opened(t, o)
	for range 3 {
		e.judge(Servers{Version: "6.0.16", Eviction: "allkeys-lru"})
	}
	e.judge(Servers{Version: "7.0.15", Eviction: keepsAll})
	if len(w.told(Evicts)) != 1 || len(w.told(Old)) != 1 {
		t.Errorf("told: %+v", w.events)
	}
	if !strings.Contains(w.log.String(), "noeviction") || !strings.Contains(w.log.String(), "allkeys-lru") {
		t.Errorf("the log says %q", w.log.String())
	}
}

func TestDeadNodesAreKnown(t *testing.T) {
	m := miniature(t)
	a, b := opened(t, options(m.Addr(), "a")), opened(t, options(m.Addr(), "b"))
	if len(b.incarnation) != incarnationSize || a.incarnation == b.incarnation {
		t.Errorf("incarnations %q, %q", a.incarnation, b.incarnation)
	}
	b.stop() // as kill -9 would
	eventually(t, "b is known to be dead", func() bool {
		dead := a.dead()
		return len(dead) == 1 && dead[0] == b.incarnation
	})
}

func TestRules(t *testing.T) {
	got := Rules("p", append(Commands(), ClusterCommands()...)...)
	if !strings.HasPrefix(got, "resetkeys resetchannels ~{p:* &p:* -@all +del +eval +evalsha ") || !strings.HasSuffix(got, " +cluster|slots +command +asking") {
		t.Errorf("rules %q", got)
	}
	for _, of := range []struct{ what, command string }{{"the scripts of claims", "publish"}, {"that of the budget", "lindex"}, {"the Engine's", "zadd"}, {"no script", "subscribe"}} {
		if !slices.Contains(Commands(), of.command) {
			t.Errorf("%s is missing, of %s", of.command, of.what)
		}
	}
}
