package respond

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/incident"
	"ivalt-radius/state"
)

// kit is a Responder on real blocks, and what it told.
type kit struct {
	*Responder
	settings Settings
	at       time.Time
	blocks   *block.Blocks
	mu       sync.Mutex
	events   []string
	told     []incident.Incident
	forgot   []string
	ended    []string
	failing  error
	log      *test.Hook
}

func newKit(t *testing.T) *kit {
	t.Helper()
	k := &kit{at: time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC), settings: Settings{
		High: []string{"watch"}, Critical: []string{"notify", "watch", "block", "disconnect"}, Medium: []string{"block"}, BlockFor: time.Hour,
		NeverBlockUsers: []string{"admin*"}, NeverBlockNetworks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:0:3::99/128")},
		Clients: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")},
	}}
	store, err := state.OpenStore(t.TempDir())
	must(t, err)
	t.Cleanup(func() { _ = store.Close() })
	k.blocks, err = block.Open(store, k.now)
	must(t, err)
	k.start()
	k.Seeded()
	return k
}

func (k *kit) start() {
	var log *logrus.Logger
	log, k.log = test.NewNullLogger()
	k.Responder = New(k.settings, Deps{
		Notifier: k, Blocker: k.blocks, Disconnector: k, Forget: func(user string) { k.forgot = append(k.forgot, user) }, Note: k.note, Log: log, Now: k.now,
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (k *kit) now() time.Time { return k.at }

func (k *kit) note(e audit.Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.events = append(k.events, string(e.AppendFields(nil)))
}

func (k *kit) Notify(i incident.Incident) error {
	k.told = append(k.told, i)
	return k.failing
}

func (k *kit) Disconnect(_ context.Context, user string, addr netip.Addr) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = append(k.ended, fmt.Sprint(user, " ", addr))
	return 2, k.failing
}

// pen keeps what is written into an incident.
type pen struct {
	mu      sync.Mutex
	actions []incident.Action
	lines   []guard.Line
	closed  bool
}

func (p *pen) Did(a incident.Action) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.actions = append(p.actions, a)
}

func (p *pen) Saw(line guard.Line) bool {
	if !p.closed {
		p.lines = append(p.lines, line)
	}
	return !p.closed
}

// of is what became of a step, with its detail.
func (p *pen) of(step string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.actions {
		if a.Step == step {
			return strings.TrimSpace(string(a.Outcome) + " " + a.Detail)
		}
	}
	return ""
}

func of(rule guard.Rule, s guard.Severity, subject guard.Subject) incident.Incident {
	return incident.Incident{ID: "20261126-k7m3", Rule: rule, Severity: s, Subject: subject, Evidence: []guard.Line{attempt(`"password"`)}}
}

// attempt is evidence of a login that showed these factors.
func attempt(factors string) guard.Line {
	return guard.Line{Record: []byte(`{"type":"authentication_attempt","user":"alice","factors":[` + factors + `]}`)}
}

// with is an incident with other evidence.
func with(i incident.Incident, evidence ...guard.Line) incident.Incident {
	i.Evidence = evidence
	return i
}

func user(name string) guard.Subject { return guard.Subject{User: name} }

func from(text string) guard.Subject { return guard.Subject{Address: netip.MustParseAddr(text)} }

// visit has people let in, or not, from addresses of 203.0.113.0/24.
func (k *kit) visit() {
	for _, x := range []struct{ who, where, reason string }{
		{"carol", "203.0.113.1", "approved"},
		{"bob", "203.0.113.1", "approved"},
		{"bob", "203.0.113.2", "approved"},
		{"carol", "203.0.113.3", "approved"},
		{"carol", "203.0.113.5", "exempt"},
		{"carol", "203.0.113.6", "remembered"},
		{"carol", "2001:db8:0:1:a:b:c:d", "approved"},
		{"carol", "unknown", "approved"},
	} {
		k.See(audit.Attempt{User: x.who, CallingStation: x.where, Verdict: "accept", Reason: x.reason})
	}
	k.See(audit.System{})
	k.Approved("carol", "203.0.113.4", k.at.Add(-25*time.Hour))
	k.Approved("carol", "nowhere", k.at)
}

// TestWhomItBlocks: an attack of strangers blocks an address that is nobody's, evidence of stolen credentials blocks the person, and
// the incident says why where nobody is blocked.
func TestWhomItBlocks(t *testing.T) {
	const others, client, never, nobody, password = "other people were let in", "in a client's networks", "never_block", "names nobody", "whoever knows the name"
	for name, c := range map[string]struct {
		incident incident.Incident
		says     string // empty: it is blocked
	}{
		"brute force of an address":           {of(guard.BruteForce, guard.Critical, from("192.0.2.7")), ""},
		"password spray":                      {of(guard.PasswordSpray, guard.Critical, from("2001:db8::7")), ""},
		"suspicious source":                   {of(guard.SuspiciousSource, guard.Medium, from("192.0.2.7")), ""},
		"API abuse":                           {of(guard.APIAbuse, guard.Medium, from("192.0.2.7")), ""},
		"brute force of a person":             {of(guard.BruteForce, guard.Critical, user("alice")), "whoever attacks a person"},
		"API abuse of a person":               {of(guard.APIAbuse, guard.Critical, user("alice")), "whoever attacks a person"},
		"from where another person comes":     {of(guard.BruteForce, guard.Critical, from("203.0.113.1")), others},
		"from where two come, of one of them": {of(guard.BruteForce, guard.Critical, guard.Subject{User: "bob", Address: netip.MustParseAddr("203.0.113.1")}), others},
		"from where this person alone comes":  {of(guard.BruteForce, guard.Critical, guard.Subject{User: "bob", Address: netip.MustParseAddr("203.0.113.2")}), ""},
		"from where another alone comes":      {of(guard.BruteForce, guard.Critical, guard.Subject{User: "bob", Address: netip.MustParseAddr("203.0.113.3")}), others},
		"from where others came two days ago": {of(guard.BruteForce, guard.Critical, from("203.0.113.4")), ""},
		"from where one is remembered":        {of(guard.BruteForce, guard.Critical, from("203.0.113.6")), others},
		"from another's IPv6 network":         {of(guard.BruteForce, guard.Critical, from("2001:db8:0:1::")), others},
		"from a network beside it":            {of(guard.BruteForce, guard.Critical, from("2001:db8:0:2::")), ""},
		"from around one that is spared":      {of(guard.BruteForce, guard.Critical, from("2001:db8:0:3::")), never},
		"from where one was let in unasked":   {of(guard.BruteForce, guard.Critical, from("203.0.113.5")), ""},
		"from a client's address":             {of(guard.BruteForce, guard.Critical, from("198.51.100.9")), client},
		"from the office":                     {of(guard.BruteForce, guard.Critical, from("10.1.2.3")), never},
		"from nowhere":                        {of(guard.BruteForce, guard.Critical, from("0.0.0.0")), "no person comes from"},
		"from here":                           {of(guard.BruteForce, guard.Critical, from("::1")), "no person comes from"},
		"push bombing":                        {of(guard.PushBombing, guard.Medium, user("alice")), ""},
		"a bombed approval":                   {of(guard.BombedApproval, guard.Critical, user("alice")), ""},
		"a refused push":                      {of(guard.PushRefused, guard.Medium, user("alice")), "does not show"},
		"many refused pushes":                 {of(guard.PushRefused, guard.Critical, user("alice")), ""},
		"refused pushes without a password":   {with(of(guard.PushRefused, guard.Critical, user("alice")), attempt("")), password},
		"push bombing without a password":     {with(of(guard.PushBombing, guard.Critical, user("alice")), attempt(`"password"`), attempt("")), password},
		"a bombed approval without one":       {with(of(guard.BombedApproval, guard.Critical, user("alice")), attempt(`"push"`)), password},
		"push bombing of an administrator":    {of(guard.PushBombing, guard.Critical, user("admin.anna")), never},
		"of one in a realm":                   {of(guard.PushBombing, guard.Critical, user("admin@example.com")), never},
		"of nobody":                           {of(guard.PushBombing, guard.Critical, from("192.0.2.7")), "no person is known"},
		"an unknown client":                   {of(guard.UnknownClient, guard.Critical, from("192.0.2.7")), nobody},
		"a client's bad secret":               {of(guard.MessageAuthenticator, guard.Critical, guard.Subject{Client: "gateway", Address: netip.MustParseAddr("192.0.2.7")}), nobody},
		"geofence":                            {of(guard.GeofenceProbing, guard.Critical, user("alice")), nobody},
		"a slow API":                          {of(guard.APISlow, guard.Critical, guard.Subject{}), nobody},
		"a rule of another version":           {of("new_rule", guard.Critical, user("alice")), nobody},
		"one that stands for many":            {incident.Incident{Rule: guard.BruteForce, Severity: guard.Critical, Folded: 3}, "many subjects"},
	} {
		t.Run(name, func(t *testing.T) {
			k, p := newKit(t), &pen{}
			k.visit()
			k.Respond(c.incident, p)
			s := c.incident.Subject
			_, blocked := k.blocks.Blocked([]string{s.User}, s.Address)
			if blocked != (c.says == "") || c.says != "" && (!strings.HasPrefix(p.of(blockStep), "withheld ") || !strings.Contains(p.of(blockStep), c.says)) || c.says == "" && p.of(blockStep) != "done" {
				t.Errorf("blocked %v, and says %q", blocked, p.of(blockStep))
			}
			if told := slices.ContainsFunc(k.events, func(e string) bool { return strings.HasPrefix(e, `"event":"blocked_automatically"`) }); told != blocked {
				t.Errorf("events: %s", k.events)
			}
			if person := s.User != "" && !s.Address.IsValid() && blocked; person != (len(k.forgot) == 1) {
				t.Errorf("forgot %v", k.forgot)
			}
		})
	}
}

// TestBlockIsOfTheIncident, ends, and shortens none that somebody placed.
func TestBlockIsOfTheIncident(t *testing.T) {
	k, p := newKit(t), &pen{}
	k.Respond(of(guard.BombedApproval, guard.Critical, user("alice")), p)
	b := k.blocks.All()[0]
	if b.Incident != "20261126-k7m3" || b.By != incident.Automatic || !b.Until.Equal(k.at.Add(time.Hour)) || !strings.Contains(b.Reason, "bombed_approval") {
		t.Errorf("%+v", b)
	}
	b.Until, b.By = k.at.Add(48*time.Hour), "uid=0 pid=1"
	must(t, k.blocks.Place(b))
	again := &pen{}
	k.Respond(of(guard.PushBombing, guard.Medium, user("alice")), again)
	if all := k.blocks.All(); len(all) != 1 || all[0].By != "uid=0 pid=1" || !again.actions[0].Until.Equal(b.Until) {
		t.Errorf("%+v, %+v", all, again.actions)
	}
}

// TestBeforeItKnows: an address is not blocked before it is known who else comes from there.
func TestBeforeItKnows(t *testing.T) {
	k := newKit(t)
	k.start()
	p := &pen{}
	k.Respond(of(guard.BruteForce, guard.Critical, from("192.0.2.7")), p)
	if !strings.Contains(p.of(blockStep), "not known who else") || len(k.blocks.All()) != 0 {
		t.Error(p.of(blockStep))
	}
}

// TestPeopleAreToldOnce: a block that is placed again behind its end is no news.
func TestPeopleAreToldOnce(t *testing.T) {
	k, p := newKit(t), &pen{}
	i := of(guard.BruteForce, guard.Critical, from("192.0.2.7"))
	i.History = []incident.Change{{At: k.at, What: "opened", By: incident.Automatic}}
	k.Respond(i, p)
	i.Actions = p.actions
	k.at = k.at.Add(2 * time.Hour)
	k.Respond(i, p)
	if _, blocked := k.blocks.Blocked(nil, i.Subject.Address); !blocked || len(k.told) != 1 {
		t.Errorf("blocked %v, told %d times", blocked, len(k.told))
	}
}

func TestDryRun(t *testing.T) {
	k := newKit(t)
	k.settings.DryRun = true
	k.Adopt(k.settings)
	p := &pen{}
	k.Respond(of(guard.BombedApproval, guard.Critical, user("alice")), p)
	if p.of(blockStep) != "dry_run guard.respond.dry_run is set" || !strings.HasPrefix(p.of(disconnectStep), "dry_run") || p.of(notifyStep) != "done" || p.of(watchStep) != "done" {
		t.Errorf("%+v", p.actions)
	}
	if len(k.blocks.All()) != 0 || len(k.jobs) != 0 || len(k.forgot) != 0 {
		t.Error("it was done")
	}
	if len(k.events) != 2 || !strings.HasPrefix(k.events[0], `"event":"would_block","attempt":"","client":"","user":"alice"`) || !strings.HasPrefix(k.events[1], `"event":"would_disconnect"`) {
		t.Errorf("events: %s", k.events)
	}
	if told := k.told[0].Actions; len(told) != 3 {
		t.Errorf("people are told of %+v", told)
	}
}

// TestDisconnect: sessions end in the workers, and the incident says how it went.
func TestDisconnect(t *testing.T) {
	for name, c := range map[string]struct {
		failing error
		says    string
		event   string
	}{
		"done":   {nil, "done sessions ended: 2", ""},
		"failed": {errors.New("no answer"), "failed sessions ended: 2; others could not be", "disconnect_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			k, p := newKit(t), &pen{}
			k.failing = c.failing
			synctest.Test(t, func(t *testing.T) {
				k.start()
				k.Seeded()
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { k.Run(ctx); close(done) }()
				k.Respond(of(guard.BombedApproval, guard.Critical, user("alice")), p)
				k.Respond(of(guard.PasswordSpray, guard.Critical, from("192.0.2.7")), &pen{})
				synctest.Wait()
				cancel()
				<-done
			})
			slices.Sort(k.ended)
			if fmt.Sprint(k.ended) != "[ 192.0.2.7 alice invalid IP]" || !strings.HasPrefix(p.of(disconnectStep), c.says) {
				t.Errorf("ended %q; %s", k.ended, p.of(disconnectStep))
			}
			said := slices.DeleteFunc(k.events, func(e string) bool { return !strings.Contains(e, "disconnect") })
			if c.event == "" && len(said) != 0 || c.event != "" && (len(said) != 2 || !strings.HasPrefix(said[0], `"event":"`+c.event+`"`)) {
				t.Errorf("events: %s", said)
			}
		})
	}
}

// TestDisconnectIsBounded: what has no room is said, and so is what the server's end leaves undone.
func TestDisconnectIsBounded(t *testing.T) {
	k, first, last := newKit(t), &pen{}, &pen{}
	i := of(guard.BombedApproval, guard.Critical, user("alice"))
	k.Respond(i, first)
	for range mostJobs - 1 {
		k.Respond(i, &pen{})
	}
	k.Respond(i, last)
	if !strings.HasPrefix(last.of(disconnectStep), "failed too many") {
		t.Errorf("%+v", last.actions)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	k.Run(ctx)
	if first.of(disconnectStep) == "" || len(k.jobs) != 0 {
		t.Errorf("%+v", first.actions)
	}
	late := &pen{}
	k.Respond(i, late)
	if late.of(disconnectStep) != "failed "+stopped || len(k.jobs) != 0 {
		t.Errorf("behind the end: %+v", late.actions)
	}
}

// TestWithoutMeans: what is not there is said.
func TestWithoutMeans(t *testing.T) {
	p := &pen{}
	r := New(Settings{Critical: []string{"notify", "watch", "block", "disconnect"}, BlockFor: time.Hour}, Deps{Note: func(audit.Event) {}})
	r.Respond(of(guard.BombedApproval, guard.Critical, user("alice")), p)
	if p.of(notifyStep) != "withheld guard.notify has no receiver" || p.of(blockStep) != "failed nothing blocks here" || !strings.Contains(p.of(disconnectStep), "disconnect_port") {
		t.Errorf("%+v", p.actions)
	}
	if !r.watched("alice", netip.Addr{}) {
		t.Error("not watched")
	}
	k := newKit(t)
	k.failing = errors.New("the disk is full")
	k.settings.BlockFor = 0
	k.Adopt(k.settings)
	p = &pen{}
	k.Respond(of(guard.BombedApproval, guard.Critical, user("alice")), p)
	if !strings.HasPrefix(p.of(notifyStep), "failed") || !strings.HasPrefix(p.of(blockStep), "failed") || len(k.log.AllEntries()) != 2 {
		t.Errorf("%+v, log %v", p.actions, k.log.AllEntries())
	}
	r.Respond(of(guard.BombedApproval, guard.Low, user("bob")), p)
	if r.watched("bob", netip.Addr{}) {
		t.Error("a severity without steps has some")
	}
}
