package sharing

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/secret"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis"
	"ivalt-radius/state/redis/link"
)

// TestAlone: without an address nothing is opened, and every method of what comes back says so.
func TestAlone(t *testing.T) {
	n, err := Open(t.Context(), &config.Settings{}, Deps{})
	if n != nil || err != nil {
		t.Fatal(n, err)
	}
	n.Start(t.Context())
	n.Adopt(&config.Settings{})
	if n.Attempts() != nil || n.Phones() != nil || n.Teller("k") != nil || n.Table("t", nil) != nil || n.Current() != nil || n.Names() != nil || n.Opened() != nil || n.Ready() != nil || n.Close(t.Context()) != nil {
		t.Error("a node that is alone shares something")
	}
	if host, err := os.Hostname(); err == nil && n.Node() != plain(host) {
		t.Errorf("it is called %q", n.Node())
	}
	if b, ok := n.Budget(state.Limits{PerSecond: 1}, secret.Secret{}, nil).(*state.Budget); !ok || b == nil {
		t.Error("it has no budget of its own")
	}
	if _, err := n.Report(t.Context()); !errors.Is(err, errAlone) {
		t.Error(err)
	}
	if _, err := Seen(t.Context(), &config.Settings{}, Deps{}); !errors.Is(err, errAlone) {
		t.Error(err)
	}
}

// TestEverySettingReachesTheEngine as the operator wrote it.
func TestEverySettingReachesTheEngine(t *testing.T) {
	h := newHouse()
	s := settings(t, "")
	s.State.Redis = config.Redis{
		Addresses: []string{"a:1", "b:2"}, Mode: "sentinel", Master: "m", Username: "u", Password: secret.New("p"), SentinelUsername: "su",
		SentinelPassword: secret.New("sp"), Database: 3, TLS: "required", ServerName: "redis.example", ClusterKey: secret.New(clusterKey), Prefix: "x",
		Timeout: time.Minute, MinReplicas: 2, OnFailure: "reject", Nodes: 2,
	}
	if _, err := Open(t.Context(), s, h.deps()); err != nil {
		t.Fatal(err)
	}
	got := h.engine.options
	if got.TLS == nil || got.TLS.MinVersion != tls.VersionTLS12 || got.TLS.ServerName != "redis.example" || got.TLS.InsecureSkipVerify || got.TLS.RootCAs != nil || got.Log == nil {
		t.Errorf("%+v", got.TLS)
	}
	got.TLS, got.Log = nil, nil
	want := redis.Options{Node: "radius-1", Version: "v1", Settings: link.Settings{
		Mode: link.Sentinel, Addresses: []string{"a:1", "b:2"}, Master: "m", Username: "u", Password: secret.New("p"), SentinelUsername: "su",
		SentinelPassword: secret.New("sp"), Database: 3, Key: secret.New(clusterKey), Prefix: "x", Timeout: time.Minute, MinReplicas: 2,
	}}
	if diff := cmp.Diff(want, got, cmp.Comparer(secret.Secret.Equal)); diff != "" {
		t.Error(diff)
	}
	if h.engine.hooks.Leads() != 0 || h.engine.settings != s.ClusterDigest() {
		t.Error("the hooks say something else")
	}
	h.engine.hooks.Notice(cluster.Notice{})
	for word, want := range map[string]link.Mode{"single": link.Single, "sentinel": link.Sentinel, "cluster": link.Cluster} {
		if mode(word) != want {
			t.Error(word)
		}
	}
}

func TestNames(t *testing.T) {
	for name, c := range map[string]struct {
		set, host string
		failure   error
		want      string
	}{
		"set":            {set: "a", host: "b", want: "a"},
		"the host's":     {host: "b.example", want: "b.example"},
		"an odd host":    {host: "b c"},
		"no host":        {host: ""},
		"no host at all": {failure: os.ErrPermission},
	} {
		h := newHouse()
		s := settings(t, "")
		s.State.Node = c.set
		d := h.deps()
		d.Hostname = func() (string, error) { return c.host, c.failure }
		n, err := Open(t.Context(), s, d)
		if (err == nil) != (c.want != "") || n != nil && (n.name != c.want || h.engine.options.Node != c.want) || err != nil && !strings.Contains(err.Error(), "state.node") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHandshake: with the settings' certificates TLS comes about with a server that asks for one, and with no other server.
func TestHandshake(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	server := func(a *authority) net.Listener {
		a.sign(t, "server", &x509.Certificate{DNSNames: []string{"redis.example"}})
		pair, err := tls.LoadX509KeyPair(a.path("server.pem"), a.path("server.key"))
		if err != nil {
			t.Fatal(err)
		}
		clients := x509.NewCertPool()
		clients.AddCert(a.made.Certificate)
		l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Write([]byte("+"))
				_ = conn.Close()
			}
		}()
		return l
	}
	ours.sign(t, "node", &x509.Certificate{})
	dial := func(l net.Listener, name string) error {
		c, faults := transport(config.Redis{
			Addresses: []string{"x:1"}, TLS: "required", CAFile: ours.path("ca.pem"), ClientCertificate: ours.path("node.pem"), ClientKey: ours.path("node.key"), ServerName: name,
		})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		conn, err := (&tls.Dialer{Config: c}).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		_, err = conn.Read(make([]byte, 1))
		return err
	}
	right := server(ours)
	if err := dial(right, "redis.example"); err != nil {
		t.Error(err)
	}
	if dial(right, "other.example") == nil || dial(server(theirs), "redis.example") == nil {
		t.Error("somebody else is taken for the server")
	}
}

func TestCheckFiles(t *testing.T) {
	a := newAuthority(t)
	a.sign(t, "node", &x509.Certificate{})
	write(t, a.path("none.pem"), "nothing")
	for name, c := range map[string]struct {
		redis config.Redis
		key   string
	}{
		"all there":     {config.Redis{CAFile: a.path("ca.pem"), ClientCertificate: a.path("node.pem"), ClientKey: a.path("node.key")}, ""},
		"nothing named": {config.Redis{}, ""},
		"no roots":      {config.Redis{CAFile: a.path("missing")}, "state.redis.ca_file"},
		"no PEM":        {config.Redis{CAFile: a.path("none.pem")}, "state.redis.ca_file"},
		"another's key": {config.Redis{ClientCertificate: a.path("node.pem"), ClientKey: a.path("ca.key")}, "state.redis.client_certificate"},
		"no key":        {config.Redis{ClientCertificate: a.path("node.pem"), ClientKey: a.path("missing")}, "state.redis.client_certificate"},
	} {
		s := &config.Settings{}
		if s.State.Redis = c.redis; len(Check(s)) != 0 {
			t.Errorf("%s: files of a memory that is not used: %v", name, Check(s))
		}
		s.State.Redis.Addresses, s.State.Redis.TLS = []string{"x:1"}, "required"
		faults := Check(s)
		if len(faults) != min(1, len(c.key)) || c.key != "" && faults[0].Key != c.key {
			t.Errorf("%s: %v", name, faults)
		}
		if _, err := Open(t.Context(), s, newHouse().deps()); c.key != "" && err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

// TestReject: without insecure_alone the memory's word is the only one.
func TestReject(t *testing.T) {
	h := newHouse()
	n := h.sharing(t, "")
	h.engine.memory.Cut()
	if _, err := n.Attempts().Enter(t.Context(), cluster.Entry{ID: "a", Life: time.Minute}); !errors.Is(err, cluster.ErrUnreachable) {
		t.Errorf("an attempt is begun although nobody was asked: %v", err)
	}
	if _, err := n.Phones().Claim(t.Context(), cluster.Bid{Phone: "+1", Attempt: "a", Life: time.Minute}); !errors.Is(err, cluster.ErrUnreachable) {
		t.Errorf("a phone is claimed although nobody was asked: %v", err)
	}
	limits := state.Limits{PerSecond: 4}
	if n.Budget(limits, secret.New(apiKey), nil) != state.Allowance(h.engine.budget) {
		t.Error("the budget is not that of all nodes")
	}
	if d := h.engine.digest; len(d) != 64 || strings.Contains(d, apiKey) {
		t.Errorf("the API key is %q in the memory", d)
	}
	one := h.engine.digest
	if n.Budget(limits, secret.New(apiKey+"x"), nil); h.engine.digest == one {
		t.Error("two API keys have one budget")
	}
}

// open makes the control socket of a running server.
func (h *house) listen(t *testing.T, dir string, n *Sharing) {
	t.Helper()
	mux := http.NewServeMux()
	n.Handle(mux)
	server, err := control.Listen(t.Context(), dir, mux)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close(context.WithoutCancel(t.Context())) })
}

// run is the command `nodes`.
func run(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	out, err := commandtest.Run(t.Context(), NewCommand("/none"), args...)
	for _, canary := range []string{password, clusterKey, apiKey} {
		if strings.Contains(out, canary) {
			t.Errorf("a secret is in %s", out)
		}
	}
	return exit.Code(err), out
}

func TestCommand(t *testing.T) {
	h := newHouse()
	dir := t.TempDir()
	path := file(t, dir, ", tls: off")
	s, faults := config.Load(path, config.Options{})
	if s == nil {
		t.Fatal(faults)
	}
	n, err := Open(t.Context(), s, h.deps())
	if err != nil {
		t.Fatal(err)
	}
	if code, out := run(t, "--config", path); code != exit.Fault || !strings.Contains(out, "NOT in reach") || !strings.Contains(out, "NODE  STATE") {
		t.Errorf("no server runs: exit %d, %s", code, out)
	}
	h.listen(t, dir, n)
	start := time.Date(2026, 11, 26, 7, 0, 0, 0, time.UTC)
	self := cluster.Node{Name: "radius-1", Version: "v1", Settings: s.ClusterDigest(), Started: start, Seen: start, Alive: true, Leads: 3, Self: true}
	other := self
	other.Name, other.Self, other.Leads = "radius-2", false, 0
	dead, left, differs := other, other, other
	dead.Alive, left.Alive, left.Left, differs.Settings = false, false, true, strings.Repeat("f", 64)
	for _, c := range []struct {
		name  string
		nodes []cluster.Node
		code  int
		says  []string
	}{
		{"all well", []cluster.Node{self, other}, exit.OK, []string{
			"memory  single, 127.0.0.1:1, in the clear\n        in reach\n        version 7.0.15, eviction noeviction, replicas 0\n",
			"radius-1  alive, this one  v1       " + self.Settings[:12] + "  2026-11-26T07:00:00Z  3\n", "radius-2  alive ",
		}},
		{"one died", []cluster.Node{self, dead}, exit.Fault, []string{"radius-2  dead since 2026-11-26T07:00:00Z", "not alive: radius-2"}},
		{"one left", []cluster.Node{self, left}, exit.OK, []string{"radius-2  left since 2026-11-26T07:00:00Z"}},
		{"one differs", []cluster.Node{self, differs}, exit.Fault, []string{"ffffffffffff DIFFERS", "other settings: radius-2"}},
		{"one name", []cluster.Node{self, self}, exit.Fault, []string{"two nodes are called radius-1"}},
		{"nobody", nil, exit.Fault, []string{"no node is known"}},
	} {
		h.engine.see(c.nodes...)
		code, out := run(t, "--config", path)
		for _, says := range c.says {
			if code != c.code || !strings.Contains(out, says) {
				t.Errorf("%s: exit %d, no %q in\n%s", c.name, code, says, out)
			}
		}
	}
	h.engine.see(self, other)
	troubled(t, h, path)
	h.engine.fail()
	h.engine.hooks.Changed(redis.Event{Kind: redis.Unreachable, Why: errors.New("refused\x1b")})
	if code, out := run(t, "--config", path); code != exit.Fault || !strings.Contains(out, "NOT in reach since ") || !strings.Contains(out, ": refused  (reject)") {
		t.Errorf("exit %d, %q", code, out)
	}
	h.engine.see(self)
	code, out := run(t, "--config", path, "--json")
	var r Report
	text, _, _ := strings.Cut(out, "nodes: ")
	if err := json.Unmarshal([]byte(text), &r); err != nil || code != exit.Fault || r.Node != "radius-1" || r.Memory.Reachable || r.Memory.Why == "" || r.Nodes[0].State != Alive {
		t.Errorf("exit %d, %v, %s", code, err, out)
	}
}

// TestCommandOfANodeThatIsAlone says so, whether a server runs or not.
func TestCommandOfANodeThatIsAlone(t *testing.T) {
	dir := t.TempDir()
	path := file(t, dir, "")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text[:bytes.Index(text, []byte("  node:"))]))
	for range 2 {
		if code, out := run(t, "--config", path); code != exit.Fault || !strings.Contains(out, "no shared memory is configured") {
			t.Errorf("exit %d: %s", code, out)
		}
		newHouse().listen(t, dir, nil)
	}
	if code, _ := run(t, "--config", path+"x"); code != exit.Fault {
		t.Errorf("exit %d without settings", code)
	}
	if code, _ := run(t, "surprise"); code != exit.Usage {
		t.Errorf("exit %d for an argument", code)
	}
}

// TestSeen looks into the memory where no server runs: it takes no lease, and decides nothing.
func TestSeen(t *testing.T) {
	h := newHouse()
	s := settings(t, ", on_failure: insecure_alone")
	node := func(name, settings string) cluster.Node {
		return cluster.Node{Name: name, Settings: settings, Alive: true}
	}
	h.engine.see(node("a", "x"), node("b", "y"), node("c", "y"))
	r, err := Seen(t.Context(), s, h.deps())
	if err != nil || h.engine.hooks.Changed != nil || h.engine.options.Node != "radius-1" || r.Node != "" || r.Memory.OnFailure != "insecure_alone" || !r.Memory.Reachable {
		t.Errorf("%+v, %v", r, err)
	}
	if got := fmt.Sprint(r.Nodes[0].Differs, r.Nodes[1].Differs, r.Nodes[2].Differs); got != "true false false" {
		t.Errorf("who differs: %s", got)
	}
	h.engine.fail()
	if r, err = Seen(t.Context(), s, h.deps()); err != nil || r.Memory.Reachable || !strings.Contains(r.Memory.Why, "refused") || r.Sound() {
		t.Errorf("%+v, %v", r, err)
	}
	d := h.deps()
	d.Open, d.Look = nil, nil // the real ones: nobody listens there
	if r, err = Seen(t.Context(), s, d); err != nil || r.Memory.Reachable {
		t.Errorf("%+v, %v", r, err)
	}
	n, err := Open(t.Context(), s, d)
	if err != nil {
		t.Fatal(err)
	}
	n.Start(t.Context())
	if err := n.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestMembers: of each name what counts, in an order that stays, and nothing that a terminal would obey.
func TestMembers(t *testing.T) {
	at := time.Date(2026, 11, 26, 7, 0, 0, 0, time.UTC)
	node := func(name string, alive bool, ago time.Duration) cluster.Node {
		return cluster.Node{Name: name, Alive: alive, Seen: at.Add(-ago), Settings: "s"}
	}
	nodes := []cluster.Node{node("b", false, time.Hour), node("b", true, time.Second), node("a", false, time.Minute), node("a", false, time.Hour), node("c\x1b[31m\n"+strings.Repeat("x", 99), true, 0)}
	before := slices.Clone(nodes)
	got := members(nodes, "s")
	want := []string{"a (dead)", "b (alive)", "c?[31m?" + strings.Repeat("x", 57) + " (alive)"}
	if !slices.Equal(texts(got), want) || !reflect.DeepEqual(nodes, before) || got[0].Seen != at.Add(-time.Minute) {
		t.Errorf("%q", texts(got))
	}
	if n := len(members(make([]cluster.Node, 10_000), "")); n > mostMembers {
		t.Errorf("%d nodes are shown", n)
	}
	if members(nil, "") == nil {
		t.Error("no nodes are null in JSON")
	}
}
