package sharing

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"ivalt-radius/audit"
	"ivalt-radius/config"
	"ivalt-radius/secret/secrettest"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What must appear nowhere.
const (
	password   = "nR8kQ5tZ1mB7yL4cW9dHvX2n"
	clusterKey = "Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b"
	apiKey     = "Kd83nQv1xZb7Rk2vXw9LqZ4tNc_never-issued"
)

// settings are loaded from a file with a shared memory; more are further keys of state.redis.
func settings(t *testing.T, more string) *config.Settings {
	t.Helper()
	s, faults := config.Load(file(t, t.TempDir(), more), config.Options{})
	if s == nil {
		t.Fatal(faults)
	}
	return s
}

// file writes the settings.
func file(t *testing.T, dir, more string) string {
	t.Helper()
	path := filepath.Join(dir, "c.yaml")
	write(t, path, fmt.Sprintf(`clients: [{name: a, networks: [192.0.2.1], secrets: [%s]}]
ivalt: {api_key: %s}
state:
  directory: %q
  node: radius-1
  redis: {addresses: ["127.0.0.1:1"], username: u, password: %[1]s, cluster_key: %[4]s%[5]s}
`, password, apiKey, dir, clusterKey, more))
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil { //nolint:gosec // G703: a folder of the test's own
		t.Fatal(err)
	}
}

// engine is a shared memory within the test: attempts and phones are those of one process, nodes are whom the test names.
type engine struct {
	*cluster.Member
	memory *cluster.Memory

	mu       sync.Mutex
	nodes    []cluster.Node
	servers  redis.Servers
	failure  error
	options  redis.Options
	hooks    Hooks
	settings string
	closed   bool
	deaf     bool // what others tell does not arrive
	budget   *state.Budget
	digest   string
}

func newEngine() *engine {
	memory := cluster.NewMemory(nil)
	return &engine{Member: memory.Join("radius-1", nil), memory: memory, servers: redis.Servers{Version: "7.0.15", Eviction: "noeviction"}}
}

// open is the engine's Opener.
func (e *engine) open(_ context.Context, o redis.Options, h Hooks) (Engine, error) {
	e.options, e.hooks = o, h
	return e, nil
}

// look is the engine's Outsider.
func (e *engine) look(_ context.Context, o redis.Options) ([]cluster.Node, redis.Servers, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.options = o
	return e.nodes, e.servers, e.failure
}

func (e *engine) SetSettings(digest string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.settings = digest
}

func (e *engine) Nodes(context.Context) ([]cluster.Node, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.nodes, e.failure
}

func (e *engine) Servers(context.Context) (redis.Servers, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.servers, e.failure
}

func (e *engine) Close(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	return e.failure
}

func (e *engine) Time() time.Time       { return time.Now() }
func (e *engine) Start(context.Context) {}
func (e *engine) Feed() cluster.Feed    { return e }
func (e *engine) Tell(string, []byte)   {}
func (e *engine) Current() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.deaf
}
func (e *engine) Follow(string, func(cluster.Heard))          {}
func (e *engine) Table(string, cluster.Replica) cluster.Table { return nil }
func (e *engine) Budget(l state.Limits, digest string, _ func()) state.Allowance {
	e.digest, e.budget = digest, state.NewBudget(l, nil)
	return e.budget
}

// see sets whom the engine names.
func (e *engine) see(nodes ...cluster.Node) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.nodes, e.failure = nodes, nil
}

// fail has everything that is asked fail, until see.
func (e *engine) fail() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failure = fmt.Errorf("%w: dial tcp: refused", cluster.ErrUnreachable)
}

// house is what a Sharing works in: the trail as words, the log as text.
type house struct {
	engine *engine
	log    bytes.Buffer

	mu    sync.Mutex
	trail []audit.Event
}

func newHouse() *house { return &house{engine: newEngine()} }

func (h *house) deps() Deps {
	log := logrus.New()
	log.SetOutput(&h.log)
	log.SetFormatter(&logrus.JSONFormatter{})
	return Deps{Log: log, Note: h.note, Version: "v1", Open: h.engine.open, Look: h.engine.look}
}

func (h *house) note(e audit.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trail = append(h.trail, e)
}

// said is what was noted since the last call: "word: detail".
func (h *house) said() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := []string{}
	for _, e := range h.trail {
		switch e := e.(type) {
		case audit.System:
			out = append(out, e.Event+": "+e.Detail)
		case audit.Security:
			out = append(out, e.Event+": "+e.Detail)
		}
	}
	h.trail = nil
	return out
}

func (h *house) sharing(t *testing.T, more string) *Sharing {
	t.Helper()
	n, err := Open(t.Context(), settings(t, more), h.deps())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// authority signs certificates of a test.
type authority struct {
	dir  string
	made *secrettest.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	a.made = a.sign(t, "ca", secrettest.Authority())
	return a
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name) }

// sign writes NAME.pem and NAME.key.
func (a *authority) sign(t *testing.T, name string, form *x509.Certificate) *secrettest.Certificate {
	t.Helper()
	form.Subject.CommonName = name
	made := secrettest.New(t, form, a.made)
	made.Write(t, a.path(name+".pem"), a.path(name+".key"))
	return made
}

// deafen has nothing arrive that others tell.
func (e *engine) deafen() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.deaf = true
}

// evicts sets what the server does when it is full.
func (e *engine) evicts(policy string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.servers.Eviction = policy
}
