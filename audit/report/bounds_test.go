package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit"
)

// TestAFloodHidesNobody: names beyond all bounds are counted together, and who did most still stands first.
func TestAFloodHidesNobody(t *testing.T) {
	a := New(Options{})
	const flood = 3 * mostNames
	for i := range flood {
		name := fmt.Sprintf("name%d", i)
		if i%100 == 0 {
			name = "mallory"
		}
		r := record(t, happened{time.Duration(i) * time.Minute, ended(name, fmt.Sprintf("from%d", i), "reject", fmt.Sprintf("reason%d", i))})
		r.Client = fmt.Sprintf("client%d", i)
		a.Add(r)
	}
	for i := range 2 * mostWords {
		a.Add(record(t, happened{0, audit.Action{Action: fmt.Sprint(i)}}))
	}
	r := a.Report(0)
	if first := r.TopUsers[0]; first.Name != "mallory" || first.Logins != flood/100 {
		t.Errorf("the first is %+v", first)
	}
	if len(a.users.byName) > mostNames || len(a.addresses.byName) > mostNames || len(a.clients) > mostClients+1 || len(a.reasons) > mostReasons+1 ||
		len(a.hours) > mostHours+1 || len(a.seen[actions].by.counts) > mostWords+1 {
		t.Errorf("%d users, %d addresses, %d clients, %d reasons, %d hours", len(a.users.byName), len(a.addresses.byName), len(a.clients), len(a.reasons), len(a.hours))
	}
	if r.OtherUsers.Logins == 0 || r.OtherUsers.Rejected != r.OtherUsers.Logins || r.Logins.Total != flood {
		t.Errorf("others %+v of %d", r.OtherUsers, r.Logins.Total)
	}
	if got := a.hour(start().Add(mostHours * 3 * time.Hour)); len(a.hours) > mostHours+1 || got == nil {
		t.Error("an hour beyond all bounds has a place of its own")
	}
}

// TestAGuesserIsNotFolded: what looks like an attack stays, however many others did more.
func TestAGuesserIsNotFolded(t *testing.T) {
	a := New(Options{})
	a.users.most, a.addresses.most = 20, 20
	for i := range 6 {
		a.Add(record(t, happened{time.Duration(i) * time.Second, ended(fmt.Sprintf("user%d", i), "192.0.2.66", "reject", "bad_password")}))
	}
	for i := range 400 {
		a.Add(record(t, happened{time.Hour, ended(fmt.Sprintf("other%d", i/10), fmt.Sprintf("198.51.100.%d", i/10), "reject", "geofence")}))
	}
	if c := a.Report(0).of(t, guessing); c.Level != Medium || c.Offenders[0].Name != "192.0.2.66" {
		t.Errorf("%+v", c)
	}
}

func TestTimes(t *testing.T) {
	h := newApprovalTimes()
	for i := range 100 {
		h.add(time.Duration(i+1) * time.Second) // 1 s to 100 s
	}
	got := h.times(10, 60)
	if got.P50 != 50_000 || got.P90 != 90_000 || got.P95 != 95_000 || got.Within[0].Count != 10 || got.Within[1].Share != 0.6 {
		t.Errorf("%+v", got)
	}
	if last := got.Curve[len(got.Curve)-1]; last.Share != 1 || last.MS < 100_000 || got.Curve[0] != (Point{}) || len(got.Curve) > 62 {
		t.Errorf("the curve of %d points ends at %+v", len(got.Curve), last)
	}
	for took, want := range map[time.Duration]time.Duration{
		-time.Second: 100 * time.Millisecond, 0: 100 * time.Millisecond, 100 * time.Millisecond: 100 * time.Millisecond,
		101 * time.Millisecond: 200 * time.Millisecond, time.Hour: 10 * time.Minute,
	} {
		one := newApprovalTimes()
		one.add(took)
		if got := one.percentile(0.5); got != want {
			t.Errorf("%v counts as %v, want %v", took, got, want)
		}
	}
}

// waited is a list of attempts and what it says of a NAS.
type waited struct {
	attempts   []audit.Attempt
	configured time.Duration
	patience   int64
	restsOn    int
	late       int
	verdict    string
	advice     string
}

func waits() map[string]waited {
	asks := func(packets int, last, took time.Duration) audit.Attempt {
		a := approved(took)
		a.Packets, a.LastPacket = packets, last
		return a
	}
	const s = time.Second
	return map[string]waited{
		"silent": {[]audit.Attempt{asks(1, 0, 5*s)}, 0, 0, 0, 0, "no retransmission seen: it waits silently, or 1 login is too few to tell", ""},
		"an old trail": {
			[]audit.Attempt{asks(0, 0, 5*s), asks(0, 0, 50*s)},
			60 * s, 0, 0, 0,
			"no retransmission seen: it waits silently, or 2 logins are too few to tell; answer_within is 60 s", "",
		},
		"still asking": {[]audit.Attempt{asks(3, 10*s, 12*s)}, 0, 0, 0, 0, "waits at least 10 s: every login that it retransmitted was answered before it gave up", ""},
		"not clearly":  {[]audit.Attempt{asks(3, 10*s, 17*s)}, 0, 0, 0, 0, "waits at least 10 s: every login that it retransmitted was answered before it gave up", ""},
		"the network's doubling": {
			[]audit.Attempt{asks(2, 3*time.Millisecond, 17*s)},
			0, 0, 0, 0,
			"no retransmission seen: it waits silently, or 1 login is too few to tell", "",
		},
		"gives up": {
			[]audit.Attempt{asks(2, 5*s, 20*s), asks(2, 5*s, 25*s), asks(2, 5*s, 55*s), asks(1, 0, 3*s), asks(1, 0, 4*s)},
			60 * s,
			10_000, 3, 3, "gives up at 10 s (seen in 3), 60 % of approvals come later; answer_within is 60 s",
			"The NAS gives up at 10 s and 60 % of approvals come later: raise its time-out and retries (docs/profiles.md says where), or set clients[].answer_within (now 60 s) to what it really waits.",
		},
		"known to be impatient": {
			[]audit.Attempt{asks(2, 5*s, 20*s), asks(2, 5*s, 25*s), asks(2, 5*s, 55*s)},
			10 * s,
			10_000, 3, 3, "gives up at 10 s (seen in 3), 100 % of approvals come later; answer_within is 10 s", "ivalt.late_credit",
		},
		"the median": {[]audit.Attempt{asks(2, 2*s, 50*s), asks(4, 30*s, 55*s), asks(2, 6*s, 55*s)}, 0, 12_000, 3, 3, "gives up at 12 s (seen in 3), 100 % of approvals come later", "raise"},
		"only refusals": {
			[]audit.Attempt{{Client: "vpn", Verdict: "reject", Reason: "push_timeout", Duration: 59 * s, Packets: 2, LastPacket: 5 * s}},
			0,
			10_000, 1, 0, "gives up at 10 s (seen in 1); there was no approval by phone", "",
		},
	}
}

func TestPatience(t *testing.T) {
	for name, c := range waits() {
		t.Run(name, func(t *testing.T) {
			a := New(Options{AnswerWithin: map[string]time.Duration{"vpn": c.configured}})
			for _, e := range c.attempts {
				a.Add(record(t, happened{0, e}))
			}
			r := a.Report(0)
			p := r.NASPatience[0]
			if p.PatienceMS != c.patience || p.RestsOn != c.restsOn || p.Late != c.late || p.Verdict != c.verdict || p.ConfiguredMS != c.configured.Milliseconds() {
				t.Errorf("%+v", p)
			}
			got := p.advice()
			if (got == "") != (c.advice == "") || !strings.Contains(got, c.advice) || (got != "" && r.Recommendations[len(r.Recommendations)-1] != Advice{"nas_patience", "vpn", got}) {
				t.Errorf("advice %q, want %q; %v", got, c.advice, r.Recommendations)
			}
		})
	}
}

// TestMembersCannotBeForged: a name that looks like a member is a name.
func TestMembersCannotBeForged(t *testing.T) {
	a := approved(time.Minute)
	a.User, a.NAS = `x","packets":9,"last_packet_ms":9000,"y":"`, `,"packets":8`
	a.Packets, a.LastPacket = 2, 3*time.Second
	if r := record(t, happened{0, a}); r.Packets != 2 || r.LastPacketMS != 3000 {
		t.Errorf("%d packets, the last after %d ms", r.Packets, r.LastPacketMS)
	}
}

// BenchmarkAdd is what one record takes behind its reading.
func BenchmarkAdd(b *testing.B) {
	a := New(Options{})
	records := make([]happened, 1000)
	for i := range records {
		records[i] = happened{time.Duration(i) * time.Second, ended(fmt.Sprintf("user%d", i), fmt.Sprintf("192.0.2.%d", i%250), []string{"accept", "reject"}[i%2], []string{"approved", "bad_password"}[i%2])}
		if i%3 == 0 {
			records[i].Event = audit.APICall{Status: 200, Class: "pending", Duration: time.Second}
		}
	}
	var ready []func()
	for _, h := range records {
		r := record(b, h)
		ready = append(ready, func() { a.Add(r) })
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		ready[i%len(ready)]()
	}
}
