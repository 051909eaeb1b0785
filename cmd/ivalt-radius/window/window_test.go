package window

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"ivalt-radius/admin/health"
	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/config"
	"ivalt-radius/directory/password"
	"ivalt-radius/doctor"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/standing"
	"ivalt-radius/radius"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// least is the least configuration, with more behind it.
const least = `clients: [{name: a, networks: [192.0.2.0/24], secrets: [nR8kQ5tZ1mB7yL4cW9dHvX2n]}]
ivalt: {api_key: Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b}
`

func settings(t *testing.T, more string) *config.Settings {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(least+more), 0o600); err != nil {
		t.Fatal(err)
	}
	s, faults := config.Load(path, config.Options{})
	if s == nil {
		t.Fatal(faults)
	}
	return s
}

// trail is one whose disk a test has.
type trail struct {
	failing error
	durable uint64
}

func (t *trail) Failing() error  { return t.failing }
func (t *trail) Durable() uint64 { return t.durable }

// world is a server that is well, until a test says otherwise.
type world struct {
	Looked

	pulse   radius.Pulse
	outages []standing.Shut
	state   error
	trail   trail
	memory  func() (gone, alone bool, why string, shared bool)
	free    uint64
	known   bool
	now     time.Time
}

func well() *world {
	w := &world{pulse: radius.Pulse{Sockets: 2, Reading: 2}, free: 10 << 30, known: true, now: time.Unix(1000, 0)}
	w.memory = func() (gone, alone bool, why string, shared bool) { return false, false, "", false }
	w.Looked = Looked{
		Standing: &Standing{}, Radius: func() radius.Pulse { return w.pulse }, Outages: func() []standing.Shut { return w.outages }, Scheduler: func() {}, State: func() error { return w.state },
		Trail: &w.trail, Memory: func() (gone, alone bool, why string, shared bool) { return w.memory() },
		Space: func(string) doctor.Fact[doctor.Space] {
			return doctor.Fact[doctor.Space]{Value: doctor.Space{Free: w.free}, Known: w.known, Why: "not there"}
		},
		Now: func() time.Time { return w.now },
	}
	return w
}

// checked runs probes once.
func checked(t *testing.T, probes []health.Probe) map[string]view.Check {
	t.Helper()
	out := map[string]view.Check{}
	for _, c := range health.New(time.Now, probes...).Now(t.Context()) {
		out[c.Name] = c
	}
	return out
}

// remembers has the shared memory be as Standing says.
func remembers(gone, alone bool, why string, shared bool) func(*world) {
	return func(w *world) {
		w.memory = func() (bool, bool, string, bool) { return gone, alone, why, shared }
	}
}

// TestReadiness: each check fails of its own thing, and of nothing else.
func TestReadiness(t *testing.T) {
	s := settings(t, "")
	for _, c := range []struct {
		title string
		do    func(w *world)
		name  string
		ok    bool
		note  string
	}{
		{"well", func(*world) {}, "", true, ""},
		{"draining", func(w *world) { w.Standing.Drain() }, "draining", false, "is stopping"},
		{"a socket is not read", func(w *world) { w.pulse.Reading = 1 }, "sockets", false, "1 of 2"},
		{"iVALT fails", func(w *world) {
			w.outages = []standing.Shut{{Endpoint: gateway.Pushes, Why: "it does not answer"}, {Endpoint: gateway.Results, Refused: true, Why: "it refuses"}}
		}, "ivalt", false, "push: it does not answer; result: it refuses"},
		{"iVALT is asked", func(*world) {}, "ivalt", true, "every endpoint"},
		{"the state", func(w *world) { w.state = errors.New("no disk") }, "state", false, "no disk"},
		{"the trail fails", func(w *world) { w.trail.failing = errors.New("no space") }, "trail", false, "no space"},
		{"the trail hangs", func(w *world) { w.Standing.Records.Begin(w.now.Add(-31 * time.Second)) }, "trail", false, "for 31 s"},
		{"the trail got on", func(w *world) {
			w.Standing.Records.Begin(w.now.Add(-31 * time.Second))
			w.trail.durable++
		}, "trail", true, ""},
		{"a full disk", func(w *world) { w.free = doctor.LeastFree - 1 }, "disk", false, "make room"},
		{"little room", func(w *world) { w.free = doctor.LeastFree }, "disk", true, "64 MiB are free"},
		{"no directory", func(w *world) { w.known = false }, "disk", false, "not there"},
		{"a memory in reach", remembers(false, true, "", true), "memory", true, "in reach"},
		{"a memory that is gone", remembers(true, false, "refused", true), "memory", false, "refused"},
		{"alone", remembers(true, true, "refused", true), "memory", true, "INSECURE"},
		{"a refused reload", func(w *world) { w.Standing.Refused(2) }, "settings", true, "2 faults"},
		{"and one that was taken", func(w *world) { w.Standing.Refused(2); w.Standing.Took(nil) }, "settings", true, ""},
	} {
		t.Run(c.title, func(t *testing.T) {
			w := well()
			c.do(w)
			got := checked(t, w.ready(s))
			if len(got) != 9 {
				t.Fatal(got)
			}
			for name, check := range got {
				if want := name != c.name || c.ok; check.OK != want {
					t.Errorf("%+v", check)
				}
			}
			if c.name != "" && (!strings.Contains(got[c.name].Note, c.note) || c.note == "" && got[c.name].Note != "" && c.name == "settings") {
				t.Errorf("%+v, want %q", got[c.name], c.note)
			}
		})
	}
}

// TestAliveness: a worker, the scheduler or the writer that stands still is seen.
func TestAliveness(t *testing.T) {
	w := well()
	probes := w.alive()
	expect := func(step string, alive bool) {
		t.Helper()
		if got := checked(t, probes); got["radius"].OK != alive {
			t.Errorf("%s: %+v", step, got)
		}
	}
	expect("idle", true)
	w.pulse.Queued, w.pulse.Served = 5, 7
	expect("busy", true)
	expect("no one was served", true)
	w.now = w.now.Add(stuck - time.Second)
	expect("not for long", true)
	w.pulse.Served++
	expect("one was", true)
	w.now = w.now.Add(stuck)
	expect("stands still", true)
	w.now = w.now.Add(stuck)
	expect("for long", false)
	w.pulse.Queued = 0
	expect("idle again", true)

	w = well()
	free := make(chan struct{})
	defer close(free)
	w.Scheduler = func() { <-free }
	w.Standing.Records.Begin(w.now.Add(-time.Minute))
	got := checked(t, w.alive())
	if got["ivalt_scheduler"].OK || got["trail_writer"].OK || !got["radius"].OK {
		t.Error(got)
	}
}

// open opens a window; the desk answers nothing.
func open(t *testing.T, s *config.Settings, w *world, again <-chan time.Time) (*Window, error) {
	t.Helper()
	log := logrus.New()
	log.SetOutput(io.Discard)
	out := New(s, Deps{
		Desk:   view.DeskFunc(func(context.Context, string, string, any, any) error { return nil }),
		Looked: w.Looked, Log: log, Now: time.Now, Retry: again, Recorder: nowhere{}, Verifier: password.NewVerifier(),
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "figures\n") }),
	})
	err := out.Open(t.Context(), s)
	t.Cleanup(func() { out.Close(context.Background()) })
	return out, err
}

// nowhere keeps no evidence, and says that it does.
type nowhere struct{}

func (nowhere) Commit(context.Context, audit.Event) error { return nil }
func (nowhere) Note(audit.Event)                          {}

func get(t *testing.T, address, path string, change func(*http.Request)) (status int, body string) {
	t.Helper()
	a := send(t, http.MethodGet, "http://"+address+path, "", change)
	return a.status, a.body
}

// answer is what a browser gets, which follows no redirection.
type answer struct {
	status int
	header http.Header
	body   string
}

func send(t *testing.T, method, url, form string, change func(*http.Request)) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if change != nil {
		change(r)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

// TestOpen: health is served, nobody comes further, and a stop shows.
func TestOpen(t *testing.T) {
	w := well()
	s := settings(t, "listen: {admin: \"127.0.0.1:0\"}\nadmin: {hosts: [a.example]}\n")
	out, err := open(t, s, w, nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := get(t, out.Address(), "/healthz", nil); status != 200 || body != "ok\n" {
		t.Error(status, body)
	}
	if status, body := get(t, out.Address(), "/readyz", nil); status != 200 || !strings.Contains(body, "2 of 2 are read") {
		t.Error(status, body)
	}
	for name, change := range map[string]func(*http.Request){
		"behind a proxy":    func(r *http.Request) { r.Header.Set("X-Forwarded-For", "198.51.100.1") },
		"behind a standard": func(r *http.Request) { r.Header.Set("Forwarded", "for=198.51.100.1") },
		"with a token":      func(r *http.Request) { r.Header.Set("Via", "x"); r.Header.Set("Authorization", "Bearer x") },
	} {
		if status, body := get(t, out.Address(), "/readyz", change); status != 200 || strings.Contains(body, "2 of 2") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	for _, path := range []string{"/now", "/settings"} {
		if a := send(t, http.MethodGet, "http://"+out.Address()+path, "", nil); a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "/signin?next=") {
			t.Errorf("%s: %+v", path, a)
		}
	}
	host := func(r *http.Request) { r.Host = "b.example" }
	if status, _ := get(t, out.Address(), "/healthz", host); status != http.StatusMisdirectedRequest {
		t.Error(status)
	}
	out.Adopt(settings(t, "listen: {admin: \"127.0.0.1:0\"}\nadmin: {hosts: [b.example]}\n"))
	if status, _ := get(t, out.Address(), "/healthz", host); status != 200 {
		t.Error(status)
	}
	if _, ok := out.Expires(); ok || !out.Alive(t.Context()) || out.Status(t.Context()) != "ready" || len(out.Checks(t.Context())) != 9 {
		t.Error(out.Status(t.Context()))
	}
}

func TestNotReady(t *testing.T) {
	w := well()
	w.Standing.Drain()
	w.pulse.Reading = 0
	out, err := open(t, settings(t, "listen: {admin: \"127.0.0.1:0\"}\n"), w, nil)
	if err != nil {
		t.Fatal(err)
	}
	status, body := get(t, out.Address(), "/readyz?format=json", nil)
	var a health.Answer
	if err := json.Unmarshal([]byte(body), &a); err != nil || status != 503 || a.OK || a.Checks[0].Name != "draining" || a.Checks[0].OK {
		t.Errorf("%d %s %v", status, body, err)
	}
	if got := out.Status(t.Context()); got != "not ready: draining, sockets" {
		t.Error(got)
	}
}

// TestTaken: the port of the default is tried again; one that the operator named is a fault.
func TestTaken(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	at := netip.MustParseAddrPort(taken.Addr().String())
	named := settings(t, "listen: {admin: \""+at.String()+"\"}\n")
	if _, err := open(t, named, well(), nil); !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "listen.admin: "+at.String()) {
		t.Error(err)
	}
	standard := settings(t, "")
	standard.Listen.Admin = at
	again := make(chan time.Time)
	out, err := open(t, standard, well(), again)
	if err != nil || out.Address() != "" {
		t.Fatal(err, out.Address())
	}
	if _, ok := out.Expires(); ok {
		t.Error("a window that is not open has a certificate")
	}
	again <- time.Time{}
	again <- time.Time{} // behind the end of the first try
	if out.Address() != "" {
		t.Error("open at a port that is taken")
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	opened := make(chan struct{})
	go func() { out.work.Wait(); close(opened) }()
	select {
	case again <- time.Time{}:
	case <-opened: // the second try came as late
	}
	<-opened
	if out.Address() != at.String() {
		t.Errorf("open at %q", out.Address())
	}
	if status, _ := get(t, out.Address(), "/healthz", nil); status != 200 {
		t.Error(status)
	}
}

// TestClosedWhileTrying, or never opened.
func TestClosedWhileTrying(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	s := settings(t, "")
	s.Listen.Admin = netip.MustParseAddrPort(taken.Addr().String())
	if _, err := open(t, s, well(), nil); err != nil {
		t.Error(err)
	}
	off, err := open(t, settings(t, "listen: {admin: \"\"}\n"), well(), nil)
	if err != nil || off.Address() != "" {
		t.Error(err, off.Address())
	}
	off.Adopt(s)
	var none *Window
	none.Adopt(s)
	none.Close(t.Context())
	if _, ok := none.Expires(); ok || none.Address() != "" {
		t.Error("a nil window is open")
	}
}
