//go:build soak

package soak_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
	"ivalt-radius/test/soak"
)

// The environment of the soak: how long the load goes on, and the seed of its chance.
const (
	lengthVariable = "SOAK"
	seedVariable   = "SOAK_SEED"
)

//nolint:gochecknoglobals // flags of the test binary
var (
	keep  = flag.String("keep", "", "write what was seen to this file, as JSON")
	from  = flag.String("from", "", "soak nothing: judge what was kept in this file")
	write = flag.String("write", "", "write the figures of soak.md, and soak.svg, to this folder, where all is well")
)

func TestMain(m *testing.M) { os.Exit(blackbox.Main(m)) }

// passes lets time go by.
func passes(d time.Duration) { <-time.After(d) }

// pause is passes, unless it is time to stop: then it is false.
func pause(stop <-chan struct{}, d time.Duration) bool {
	select {
	case <-stop:
		return false
	case <-time.After(d):
		return true
	}
}

// scrape is what /metrics says.
func scrape(t *testing.T, site *blackbox.Site) (map[string]float64, error) {
	t.Helper()
	a, err := site.Visitor().Try(t, "/metrics")
	if err != nil {
		return nil, err
	}
	if a.Status != http.StatusOK {
		return nil, fmt.Errorf("/metrics answers %d", a.Status)
	}
	return a.Series(t), nil
}

// open makes the site that is soaked.
func open(t *testing.T, siem *receiver, chat *webhook) *blackbox.Site {
	t.Helper()
	site := blackbox.NewSite(t)
	site.Settings.Clients = ""
	for _, c := range []struct{ name, address, more string }{
		{"patient", patient, "answer_within: 20s"},
		{"guarded", guarded, "answer_within: 20s, primary: file"},
		{"hasty", hasty, "answer_within: 8s"},
		{"asker", asker, "answer_within: 20s, challenge: approve"},
	} {
		site.Settings.Clients += fmt.Sprintf("\n  - {name: %s, networks: [%s/32], secrets: [%q], %s}", c.name, c.address, blackbox.Secret, c.more)
	}
	now := time.Now()
	site.Settings.Policy = fmt.Sprintf(`
  default: require_push
  rules:
    - {name: machines, match: {users: ["svc-*"]}, decision: exempt}
    - {name: elsewhere, match: {users: ["ext-*"]}, only: {networks: ["203.0.113.0/24"]}}
    - name: never-open
      match: {users: ["night-*"]}
      only: {hours: {days: [mon, tue, wed, thu, fri, sat, sun], from: "00:00", to: "24:00", except: [%s, %s, %s]}}`,
		now.AddDate(0, 0, -1).Format(time.DateOnly), now.Format(time.DateOnly), now.AddDate(0, 0, 1).Format(time.DateOnly))
	site.Settings.IVALT = "limits: {per_second: 0, per_minute: 0, per_hour: 0}"
	site.Settings.Trail = "segment_size: 256KiB\n  retention: 1h\n  checkpoint: 5s\n  ship: [{name: siem, to: \"tcp://" + siem.listener.Addr().String() + "\", spool: 1MiB}]"
	// Limits that honest load does not meet, so that their tables are used; pauses and lockouts that are over before the same person comes again.
	site.Settings.More = fmt.Sprintf(`guard:
  attempts: {per_user: 1000, per_calling_station: 1000, per_client: 100000, in_all: 1000000}
  wrong_passwords: {window: 1m, per_user: 1000, per_calling_station: 1000, per_client: 100000, in_all: 1000000}
  pushes: {window: 1m, per_user: 1000, per_calling_station: 1000, per_client: 100000, in_all: 1000000}
  lockout: {after: 4, window: 2m, for: 1s, most: 5s}
  unanswered: {after: 2, for: 1s, most: 2s}
  denied: {for: 1s}
  incidents: {retention: 1h}
  notify: [{name: chat, kind: webhook, severity: low, url: %q, digest: 5s, per_hour: 10000}]
`, chat.server.URL)
	site.OpenWindow("")
	site.List(t, listed(0))
	return site
}

// listed is users.file; people come and go with its number.
func listed(n int) string {
	var b strings.Builder
	for _, k := range kinds() {
		for worker := range k.workers {
			for i := 0; strings.HasPrefix(k.word, "staff") && i < names; i++ {
				fmt.Fprintf(&b, "%s-%d-%d: {password: %q}\n", k.word, worker, i, blackbox.Hashed)
			}
		}
	}
	fmt.Fprintf(&b, "mover: {mobile: %q}\n", moved(n))
	for i := range n % 20 {
		fmt.Fprintf(&b, "newcomer-%d: {groups: [staff]}\n", i)
	}
	return b.String()
}

func moved(n int) string { return fmt.Sprintf("+99977700%04d", n%50) }

// load is all that happens to a site.
type load struct {
	site    *blackbox.Site
	weather *weather
	ledger  *ledger
	visitor *blackbox.Visitor
	seed    uint64
	crowd   sync.WaitGroup
	drawn   uint64
}

func (l *load) chance() *rand.Rand {
	l.drawn++
	return rand.New(rand.NewPCG(l.seed, l.drawn)) //nolint:gosec // chance, not secrecy
}

// begin starts everybody; all end once stop is closed.
func (l *load) begin(t *testing.T, stop <-chan struct{}) {
	t.Helper()
	for _, k := range kinds() {
		for n := range k.workers {
			w := &worker{kind: k, site: l.site, weather: l.weather, ledger: l.ledger, rng: l.chance(), number: n, seen: map[string]time.Time{}}
			w.enrol()
			l.crowd.Go(func() { w.live(stop) })
		}
	}
	for n := range 4 {
		let := kinds()[0].want
		w := &worker{site: l.site, weather: l.weather, ledger: l.ledger, rng: l.chance(), number: n, seen: map[string]time.Time{}, kind: kind{name: "challenge", from: asker, word: "quinn", does: kinds()[0].does, want: let}}
		w.enrol()
		l.crowd.Go(func() { w.asked(stop) })
	}
	books, noise, visits, moves := l.chance(), l.chance(), l.chance(), l.chance()
	l.crowd.Go(func() { accounts(l.site, l.ledger, books, stop) })
	l.crowd.Go(func() { garbage(t, l.site, noise, stop) })
	l.crowd.Go(func() { l.visit(t, visits, stop) })
	l.crowd.Go(func() { l.move(t, moves, stop) })
	l.crowd.Go(func() { l.weather.blow(t, stop) })
}

// TestSoak: under mixed load with faults nothing grows, every login is answered rightly with one push, and the trail verifies.
func TestSoak(t *testing.T) {
	report := soaked(t)
	t.Logf("\n%s", report.Table())
	for _, fault := range report.Faults() {
		t.Error(fault)
	}
	if *write != "" && !t.Failed() {
		if err := report.Write(*write); err != nil {
			t.Fatal(err)
		}
	}
}

// soaked soaks a server, or reads what was kept of that.
func soaked(t *testing.T) soak.Report {
	t.Helper()
	if *from != "" {
		report, err := soak.ReadReport(*from)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	seed, d := blackbox.Seed(t, seedVariable), blackbox.Length(t, lengthVariable, 5*time.Minute, time.Minute)
	t.Logf("seed %d, %s (%s=%s %s=%d plays it again, as far as chance is ours)", seed, d, lengthVariable, d, seedVariable, seed)
	siem, chat := newReceiver(t), newWebhook(t)
	site := open(t, siem, chat)
	site.Start(t)
	l := &load{site: site, seed: seed, ledger: &ledger{}, visitor: site.Visitor()}
	l.weather = &weather{site: site, rng: l.chance(), siem: siem, chat: chat, counts: map[string]int{}}
	l.visitor.SignIn(t, "admin", password)
	watch := &soak.Watch{PID: site.Server.PID(), State: site.State(), Scrape: func() (map[string]float64, error) { return scrape(t, site) }}
	l.touch(t)
	idle := settled(t, watch)

	stop := make(chan struct{})
	l.begin(t, stop)
	samples := follow(t, watch, site, d, l.ledger)
	close(stop)
	l.crowd.Wait()
	after := returned(t, watch, idle)
	l.judge(t, siem)

	t.Logf("\n%s", l.ledger)
	sum := l.ledger.all()
	report := soak.Report{
		Length: d, Seed: seed, Version: version(t), Samples: samples, Idle: idle, After: after,
		Asked: sum.Asked, Accepted: sum.Accepted, Wrong: sum.Wrong, Troubles: l.weather.counts,
	}
	if *keep != "" {
		if err := report.Keep(*keep); err != nil {
			t.Error(err)
		}
	}
	return report
}

// version is the binary's own word.
func version(t *testing.T) string {
	t.Helper()
	out, code := blackbox.Run(t, "--version")
	if code != 0 {
		t.Errorf("--version ends with %d", code)
	}
	return strings.TrimSpace(out)
}

// touch fills what the server opens once and keeps, such as its callers of iVALT: a crowd at once, and people at the window.
func (l *load) touch(t *testing.T) {
	t.Helper()
	var crowd sync.WaitGroup
	for n := range 60 {
		w := &worker{kind: kinds()[0], site: l.site, weather: l.weather, ledger: l.ledger, rng: l.chance(), number: 100 + n, seen: map[string]time.Time{}}
		w.enrol()
		crowd.Go(func() { w.play(w.user(0)) })
	}
	for range 3 {
		crowd.Go(func() {
			if err := l.stare(l.visitor, time.Second); err != nil {
				t.Error(err)
			}
		})
	}
	crowd.Wait()
}

// settled is the process at rest, after a while without load: connections to iVALT that nobody uses are kept for 30 s.
func settled(t *testing.T, w *soak.Watch) soak.Sample {
	t.Helper()
	passes(40 * time.Second)
	s, err := w.Look()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// follow takes samples while the load goes on, and says now and then how far it is.
func follow(t *testing.T, w *soak.Watch, site *blackbox.Site, d time.Duration, l *ledger) (samples []soak.Sample) {
	t.Helper()
	every := max(2*time.Second, min(5*time.Second, d/120))
	tick := time.NewTicker(every)
	defer tick.Stop()
	told := time.Now()
	w.Begin()
	for end := time.Now().Add(d); time.Now().Before(end) && site.Server.Running(); <-tick.C {
		s, err := w.Look()
		if err != nil {
			t.Errorf("a sample fails: %v", err)
			continue
		}
		samples = append(samples, s)
		if time.Since(told) > time.Minute {
			told = time.Now()
			sum := l.all()
			fmt.Printf("soak: %s: %d logins, %d wrong; %s\n", s.At.Round(time.Second), sum.Asked, sum.Wrong, s)
		}
	}
	if !site.Server.Running() {
		t.Error("the server ended by itself")
	}
	return samples
}

// returned waits until descriptors and goroutines are where they were before the load, and gives the last look where they do not come back.
func returned(t *testing.T, w *soak.Watch, idle soak.Sample) soak.Sample {
	t.Helper()
	var s soak.Sample
	for range 40 {
		got, err := w.Look()
		if err != nil {
			t.Error(err)
			return s
		}
		s = got
		if len(soak.Returned(idle, s)) == 0 {
			return s
		}
		passes(3 * time.Second)
	}
	return s
}

// judge stops the server and looks at the answers and the trail.
func (l *load) judge(t *testing.T, siem *receiver) {
	t.Helper()
	for _, wrong := range l.ledger.wrong {
		t.Error(wrong)
	}
	for name, n := range l.ledger.kinds {
		if n.Asked == 0 {
			t.Errorf("nobody asked: %s", name)
		}
	}
	l.site.Server.Signal(syscall.SIGTERM)
	if code := l.site.Server.Exit(t); code != 0 {
		t.Errorf("the server ends with %d", code)
	}
	whole := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(whole, l.site.TrailText(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := blackbox.Run(t, "audit", "verify", l.site.Trail()); code != 0 {
		t.Errorf("audit verify ends with %d: %s", code, out)
	}
	accepts := 0
	for line := range strings.Lines(string(l.site.TrailText(t))) {
		if strings.Contains(line, `"type":"authentication_attempt"`) && strings.Contains(line, `"verdict":"accept"`) {
			accepts++
		}
	}
	if got := l.ledger.all().Accepted; accepts != got {
		t.Errorf("%d logins were let in, and the trail has %d", got, accepts)
	}
	if siem.octets == 0 {
		t.Error("nothing was shipped")
	}
}
