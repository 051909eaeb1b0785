package measuring

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/admin/metrics"
	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/ship"
	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/guarding"
	"ivalt-radius/cmd/ivalt-radius/secretage"
	"ivalt-radius/cmd/ivalt-radius/sharing"
	"ivalt-radius/config"
	"ivalt-radius/guard"
	"ivalt-radius/guard/incident"
	"ivalt-radius/ivalt"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/standing"
	"ivalt-radius/radius"
	"ivalt-radius/secret/secrettest"
	"ivalt-radius/state"
	"ivalt-radius/state/cluster"
)

var (
	_ Server   = (*radius.Server)(nil)
	_ Flow     = (*auth.Flow)(nil)
	_ Trail    = (*audit.Trail)(nil)
	_ Shipping = (*ship.Shipping)(nil)
	_ Guard    = (*guarding.Guard)(nil)
	_ Nodes    = (*sharing.Sharing)(nil)
	_ Phone    = (*ivalt.Service)(nil)
)

// rooms are those of a server, with figures of the test's.
type rooms struct {
	looks              int // at what is kept for a while
	durable, lag, lost uint64
	failing            error
	report             sharing.Report
	shared             bool
}

// held is until when iVALT wants to be left alone.
func held() time.Time { return time.Unix(1_700_000_000, 0) }

func (r *rooms) Room() state.Room {
	return state.Room{Hour: state.Window{Limit: 9, Left: 4}, Held: held()}
}

func (r *rooms) Outages() []standing.Shut { return []standing.Shut{{Refused: true}, {Endpoint: 1}} }

func (r *rooms) Counters() map[string]uint64 { return map[string]uint64{"received": 5} }
func (r *rooms) InFlight() int               { return 2 }
func (r *rooms) Waiting() int                { return 1 }
func (r *rooms) Durable() uint64             { return r.durable }
func (r *rooms) Lag() uint64                 { return r.lag }
func (r *rooms) Lost() uint64                { return r.lost }
func (r *rooms) Failing() error              { return r.failing }
func (r *rooms) Missed() uint64              { return 4 }

func (r *rooms) Stats() []ship.Stats {
	return []ship.Stats{{Receiver: "siem", Records: 3, Behind: time.Minute, Skipped: 1, Failing: "refused"}, {Receiver: "file"}}
}

func (r *rooms) Glance() (sharing.Report, bool) { return r.report, r.shared }

func (r *rooms) Incidents() []incident.Incident {
	r.looks++
	return []incident.Incident{
		{Rule: guard.PushBombing, Severity: guard.High},
		{Rule: guard.BruteForce, Severity: guard.High},
		{Rule: guard.BruteForce, Severity: guard.High},
		{Rule: guard.BruteForce, Severity: guard.Low, State: incident.Acknowledged},
		{Rule: guard.BruteForce, State: incident.Closed},
	}
}

func (r *rooms) Blocked() int   { r.looks++; return 6 }
func (r *rooms) LockedOut() int { r.looks++; return 7 }

// settings are loaded from a file.
func settings(t *testing.T) *config.Settings {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "c.yaml")
	write(t, path, []byte("clients: [{name: office, networks: [192.0.2.1], secrets: [nR8kQ5tZ1mB7yL4cW9dHvX2n]}, {name: vpn, networks: [192.0.2.2], secrets: [b7Rk2vXw9LqZ4tNcW9dHvX2n]}]\n"+
		"ivalt: {api_key: Kd83nQv1xZb7Rk2vXw9LqZ4tNc_never-issued}\nmax_attempts: 70\nstate: {directory: "+dir+"}\n"))
	s, faults := config.Load(path, config.Options{})
	if s == nil {
		t.Fatal(faults)
	}
	return s
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// certificate is a PEM file with a key before a certificate that ends so.
func certificate(t *testing.T, until time.Time) string {
	t.Helper()
	made := secrettest.New(t, &x509.Certificate{NotBefore: until.Add(-time.Hour), NotAfter: until}, nil)
	path := filepath.Join(t.TempDir(), "c.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{1}})
	write(t, path, append(text, made.PEM()...))
	return path
}

func TestSources(t *testing.T) {
	s := settings(t)
	r := &rooms{durable: 9, lag: 2, lost: 1, failing: errors.New("full")}
	m := Sources(Rooms{
		Settings: func() *config.Settings { return s }, Version: "v1", Server: r, Flow: r, Trail: r, Shipping: r, Guard: r, Nodes: r,
		Oldest: func() time.Duration { return time.Second }, Sessions: func() int { return 3 },
		Phone: r, Now: func() time.Time { return held().Add(-time.Second) },
		Ready: func() []view.Check { return []view.Check{{Name: "trail", OK: true}, {Name: "disk"}} },
	})
	if m.Waiting() != 1 || m.Exchanges() != 2 || m.MaxAttempts() != 70 || m.Oldest() != time.Second || m.Sessions() != 3 || m.Missed() != 4 || m.Packets()["received"] != 5 {
		t.Error("a figure is not that of its room")
	}
	if m.Blocks() != 6 || m.Lockouts() != 7 {
		t.Error("a figure is not that of its room")
	}
	if b := m.Budget(); b.Held != time.Second || len(b.Windows) != 1 || b.Windows[0].Left != 4 {
		t.Errorf("budget: %+v", b)
	}
	shut := map[string]string{gateway.Endpoint(0).String(): metrics.BreakerRefused, gateway.Endpoint(1).String(): metrics.BreakerFailing}
	for _, b := range m.Breakers() {
		if want, ok := shut[b.Endpoint]; b.State != want && (ok || b.State != metrics.BreakerClosed) {
			t.Errorf("breaker: %+v", b)
		}
	}
	if n := len(m.Breakers()); n != int(gateway.Endpoints) {
		t.Errorf("%d breakers", n)
	}
	if got, want := m.Trail(), (metrics.Trail{Records: 9, Lag: 2, Lost: 1, Failing: true}); got != want {
		t.Errorf("trail: %+v", got)
	}
	if r.failing = nil; m.Trail().Failing {
		t.Error("a trail that works is failing")
	}
	if diff := cmp.Diff([]metrics.Receiver{{Name: "siem", Records: 3, Behind: time.Minute, Skipped: 1, Failing: true}, {Name: "file"}}, m.Shipping()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]metrics.Incident{
		{Rule: "brute_force", Severity: "high", State: "open", Count: 2},
		{Rule: "brute_force", Severity: "low", State: "acknowledged", Count: 1},
		{Rule: "push_bombing", Severity: "high", State: "open", Count: 1},
	}, m.Incidents()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]view.Check{{Name: "trail", OK: true}, {Name: "disk"}}, m.Checks()); diff != "" {
		t.Error(diff)
	}
	if got := m.Settings(); got != (metrics.Settings{Version: "v1", Digest: s.Digest()}) {
		t.Errorf("settings: %+v", got)
	}
}

func TestNodes(t *testing.T) {
	s := settings(t)
	r := &rooms{}
	m := Sources(Rooms{Settings: func() *config.Settings { return s }, Nodes: r})
	if _, shared := m.Nodes(); shared {
		t.Error("a node that is alone has others")
	}
	node := func(state sharing.State, differs bool) sharing.Member {
		return sharing.Member{Node: cluster.Node{}, State: state, Differs: differs}
	}
	r.shared, r.report = true, sharing.Report{
		Memory: sharing.Memory{Reachable: true, Alone: true},
		Nodes:  []sharing.Member{node(sharing.Alive, false), node(sharing.Alive, true), node(sharing.Left, false), node(sharing.Dead, false)},
	}
	got, shared := m.Nodes()
	if want := (metrics.Nodes{Alive: 2, Left: 1, Dead: 1, Differing: 1, Reachable: true, Alone: true}); got != want || !shared {
		t.Errorf("%+v, %v", got, shared)
	}
	if _, shared := Sources(Rooms{Settings: func() *config.Settings { return s }, Nodes: (*sharing.Sharing)(nil)}).Nodes(); shared {
		t.Error("a nil Sharing shares")
	}
}

func TestNoRoomNoFigure(t *testing.T) {
	s := settings(t)
	m := Sources(Rooms{Settings: func() *config.Settings { return s }})
	if m.Waiting != nil || m.Oldest != nil || m.Exchanges != nil || m.Packets != nil || m.Trail != nil || m.Shipping != nil || m.Missed != nil || m.Incidents != nil ||
		m.Blocks != nil || m.Lockouts != nil || m.Nodes != nil || m.Checks != nil || m.Sessions != nil || m.Budget != nil || m.Breakers != nil {
		t.Error("a room that is not there has figures")
	}
	if m.Certificates() != nil || m.Secrets() != nil {
		t.Error("no file has figures")
	}
}

// TestScrapesAreCheap: what is not cheap is looked at once in a while, however often it is asked.
func TestScrapesAreCheap(t *testing.T) {
	s := settings(t)
	r := &rooms{}
	at := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	m := Sources(Rooms{Settings: func() *config.Settings { return s }, Guard: r, Now: func() time.Time { return at }})
	ask := func(step string, want int) {
		t.Helper()
		for range 100 {
			m.Incidents()
			m.Blocks()
			m.Lockouts()
		}
		if r.looks != want {
			t.Errorf("%s: %d looks, want %d", step, r.looks, want)
		}
	}
	ask("at first", 3)
	at = at.Add(standingFor - 1)
	ask("a while later", 3)
	at = at.Add(1)
	ask("behind the while of incidents and blocks", 5)
	at = at.Add(lockoutsFor)
	ask("behind that of all", 8)
	at = at.Add(-time.Hour)
	ask("when the clock was set back", 11)
}

func TestSecrets(t *testing.T) {
	s := settings(t)
	at := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	if _, err := secretage.Note(s, at); err != nil {
		t.Fatal(err)
	}
	var said []string
	m := Sources(Rooms{
		Settings: func() *config.Settings { return s }, Now: func() time.Time { return at },
		Unreachable: func(what string, err error) { said = append(said, what+": "+err.Error()) },
	})
	at = at.Add(time.Hour)
	want := []metrics.Secret{{Key: "clients[0].secrets[0]", Age: time.Hour}, {Key: "clients[1].secrets[0]", Age: time.Hour}, {Key: "ivalt.api_key", Age: time.Hour}}
	got := m.Secrets()
	slices.SortFunc(got, func(a, b metrics.Secret) int { return strings.Compare(a.Key, b.Key) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	at = at.Add(time.Second) // no look at the files, and a second older
	if got := m.Secrets(); len(got) != 3 || got[0].Age != time.Hour+time.Second {
		t.Errorf("%+v", got)
	}
	write(t, filepath.Join(s.State.Directory, secretage.RegisterFile), []byte("{"))
	at = at.Add(filesFor)
	if got := m.Secrets(); got != nil || len(said) != 1 || !strings.Contains(said[0], "damaged") {
		t.Errorf("%+v, %q", got, said)
	}
}

func TestCertificates(t *testing.T) {
	until := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	shown := certificate(t, until)
	none := filepath.Join(t.TempDir(), "none.pem")
	write(t, none, []byte("no certificate"))
	broken := filepath.Join(t.TempDir(), "broken.pem")
	write(t, broken, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}))
	s := settings(t)
	s.State.Redis.ClientCertificate = shown
	var said []string
	at := until.Add(-time.Hour)
	seen := false
	m := Sources(Rooms{
		Settings: func() *config.Settings { return s }, Now: func() time.Time { return at },
		Files: func() map[string]string {
			return map[string]string{"window": shown, "none": none, "broken": broken, "gone": filepath.Join(t.TempDir(), "gone.pem"), "off": "", "folder": t.TempDir()}
		},
		Upstream:    func() (time.Time, bool) { return until.Add(time.Hour), seen },
		Unreachable: func(what string, _ error) { said = append(said, what) },
	})
	want := []metrics.Certificate{{Use: "redis", Until: until}, {Use: "window", Until: until}}
	if diff := cmp.Diff(want, m.Certificates()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"the certificate for broken", "the certificate for folder", "the certificate for gone", "the certificate for none"}, said); diff != "" {
		t.Error(diff)
	}
	seen = true
	if diff := cmp.Diff(append(want, metrics.Certificate{Use: "ivalt", Until: until.Add(time.Hour)}), m.Certificates()); diff != "" {
		t.Error(diff)
	}
}

// TestWords: metrics know every word of the rooms that they may not import.
func TestWords(t *testing.T) {
	var classes, calls []string
	for c := range gateway.Classes {
		classes = append(classes, c.String())
	}
	if diff := cmp.Diff(classes, metrics.Classes()); diff != "" {
		t.Errorf("classes (-gateway +metrics):\n%s", diff)
	}
	for c := course.Call(1); c <= course.Poll; c++ {
		calls = append(calls, c.String())
	}
	calls = append(calls, "probe")
	if diff := cmp.Diff(calls, metrics.Calls()); diff != "" {
		t.Errorf("calls (-course +metrics):\n%s", diff)
	}
}

func TestClients(t *testing.T) {
	if diff := cmp.Diff([]string{"office", "vpn"}, Clients(settings(t))); diff != "" {
		t.Error(diff)
	}
}
