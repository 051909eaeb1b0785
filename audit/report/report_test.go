package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ivalt-radius/audit"
)

func same(e audit.Event) func(int) audit.Event { return func(int) audit.Event { return e } }

// fine are logins that nothing is wrong with, so many that a few others are a small share.
func fine() []happened { return every(400, time.Minute, same(approved(5*time.Second))) }

// found is a list of records and what it must come to.
type found struct {
	name       string
	in         category
	level      Level
	count      int
	finding    string // in one of the findings; empty: there must be none
	advice     string // in one of the recommendations of the category
	offender   string // the first
	unreadable int
	events     []happened
}

func guesses() []found {
	wrong := func(n int, apart time.Duration, user, from string) []happened {
		return every(n, apart, func(i int) audit.Event {
			return ended(strings.ReplaceAll(user, "N", fmt.Sprint(i)), strings.ReplaceAll(from, "N", fmt.Sprint(i)), "reject", "bad_password")
		})
	}
	return []found{
		{name: "four slips", in: guessing, count: 4, events: wrong(4, time.Second, "bob", "192.0.2.9")},
		{
			name: "an old password that is stored", in: guessing, level: Medium, count: 30, finding: "for single names", advice: "old password", offender: "192.0.2.9",
			events: wrong(30, time.Second, "bob", "192.0.2.9"),
		},
		{
			name: "some names by one address", in: guessing, level: Medium, count: 5, finding: "single addresses", advice: "firewall", offender: "192.0.2.9",
			events: wrong(5, time.Second, "userN", "192.0.2.9"),
		},
		{name: "names by one address", in: guessing, level: High, count: 11, finding: "single addresses", offender: "192.0.2.9", events: wrong(11, time.Second, "userN", "192.0.2.9")},
		{name: "many names by one address", in: guessing, level: Critical, count: 21, finding: "single addresses", offender: "192.0.2.9", events: wrong(21, time.Second, "userN", "192.0.2.9")},
		{
			name: "one name from many addresses", in: guessing, level: Critical, count: 21, finding: "for single names", advice: "change the password", offender: "bob",
			events: wrong(21, time.Second, "bob", "192.0.2.N"),
		},
		{name: "slowly, name by name", in: guessing, level: Medium, count: 10, finding: "single addresses", offender: "192.0.2.9", events: wrong(10, time.Hour, "userN", "192.0.2.9")},
		{name: "slowly, one name", in: guessing, count: 30, events: wrong(30, time.Hour, "bob", "192.0.2.9")},
		{name: "nobody knows from where", in: guessing, count: 30, events: wrong(30, time.Second, "userN", "")},
	}
}

func pushes() []found {
	push := func(n int, reason string) []happened {
		return every(n, time.Minute, same(ended("bob", "192.0.2.9", "reject", reason)))
	}
	yes := func(after time.Duration) []happened {
		return []happened{{after, ended("bob", "192.0.2.9", "accept", "approved")}}
	}
	return []found{
		{name: "twice too late", in: fatigue, count: 2, events: push(2, "push_timeout")},
		{name: "three pushes", in: fatigue, level: Medium, count: 3, finding: "3 or more pushes", advice: "first factor", offender: "bob", events: push(3, "push_denied")},
		{name: "six pushes", in: fatigue, level: High, count: 6, finding: "3 or more pushes", offender: "bob", events: push(6, "push_denied")},
		{
			name: "gives in", in: fatigue, level: Critical, count: 3, finding: "approved right after", advice: "meant to approve", offender: "bob",
			events: slices.Concat(push(3, "push_denied"), yes(4*time.Minute)),
		},
		{name: "was only slow", in: fatigue, level: Medium, count: 3, finding: "3 or more pushes", offender: "bob", events: slices.Concat(push(3, "push_timeout"), yes(4*time.Minute))},
		{name: "approves much later", in: fatigue, level: Medium, count: 3, finding: "3 or more pushes", offender: "bob", events: slices.Concat(push(3, "push_denied"), yes(time.Hour))},
	}
}

func calls() []found {
	call := func(n int, class string, status int, took time.Duration) []happened {
		return every(n, time.Second, same(audit.APICall{Call: "result", Status: status, Class: class, Duration: took}))
	}
	system := func(n int, event string) []happened { return every(n, time.Hour, same(audit.System{Event: event})) }
	return []found{
		{name: "calls that work", in: api, events: call(100, "pending", 200, time.Second)},
		{name: "five lost calls", in: api, count: 5, offender: "call failed", events: call(5, "failed", 0, time.Second)},
		{name: "all calls lost", in: api, level: High, count: 6, finding: "6 of 6 calls", offender: "call failed", events: call(6, "failed", 0, time.Second)},
		{name: "some lost", in: api, level: Medium, count: 6, finding: "6 of 106 calls", offender: "call unsent", events: slices.Concat(call(100, "pending", 200, time.Second), call(6, "unsent", 0, 0))},
		{name: "few lost among many", in: api, count: 6, offender: "call unsent", events: slices.Concat(call(1000, "pending", 200, time.Second), call(6, "unsent", 0, 0))},
		{name: "slow", in: api, level: Medium, finding: "longer than 5 s", events: call(3, "pending", 200, 6*time.Second)},
		{name: "throttled", in: api, level: Medium, count: 3, finding: "throttled 3", advice: "ivalt.limits", offender: "call throttled", events: call(3, "throttled", 429, time.Second)},
		{name: "much throttled", in: api, level: High, count: 11, finding: "throttled 3", offender: "call throttled", events: call(11, "throttled", 429, time.Second)},
		{name: "key refused", in: api, level: High, count: 1, finding: "API key", advice: "ivalt.api_key", offender: "ivalt_misconfigured", events: system(1, "ivalt_misconfigured")},
		{name: "an outage", in: api, level: Medium, count: 1, finding: "out of reach", advice: "ivalt.proxy", offender: "ivalt_unavailable", events: system(1, "ivalt_unavailable")},
		{name: "outages", in: api, level: High, count: 4, finding: "out of reach (4", offender: "ivalt_unavailable", events: system(4, "ivalt_unavailable")},
		{name: "an odd answer", in: api, level: Medium, count: 1, finding: "odd form", advice: "ivalt.pins", offender: "odd_answer", events: []happened{{0, audit.Security{Event: "odd_answer"}}}},
		{name: "the clock", in: api, level: Medium, count: 1, finding: "clock", advice: "NTP", offender: "clock_skew", events: system(1, "clock_skew")},
	}
}

func troubles() []found {
	one := func(e audit.Event) []happened { return []happened{{0, e}} }
	security := func(event string) []happened { return one(audit.Security{Event: event, User: "bob"}) }
	return []found{
		{name: "everyday life", in: trail, events: slices.Concat(one(audit.System{Event: "started"}), one(audit.Segment{Event: "segment_removed"}), one(audit.Checkpoint{}))},
		{name: "repaired", in: trail, level: Medium, count: 1, finding: "torn last line", offender: "trail_repaired", events: one(audit.System{Event: "trail_repaired"})},
		{name: "replaced", in: trail, level: High, count: 1, finding: "taken away", advice: "logrotate", offender: "trail_replaced", events: security("trail_replaced")},
		{name: "records lost", in: trail, level: High, count: 1, finding: "missing", advice: "disk", offender: "records_lost", events: security("records_lost")},
		{name: "recovered", in: trail, level: High, count: 1, finding: "missing", offender: "recovered", events: one(audit.System{Event: "recovered"})},
		{name: "broken", in: trail, level: Critical, count: 1, finding: "do not fit", advice: "audit verify", offender: "trail_broken", events: security("trail_broken")},
		{name: "truncated", in: trail, level: Critical, count: 1, finding: "cut off", offender: "trail_truncated", events: security("trail_truncated")},
		{name: "half a line", in: trail, finding: "while it is being written", unreadable: 1},
		{name: "no records", in: trail, level: High, finding: "2 lines are no records", advice: "audit verify", unreadable: 2},
		{name: "a fail mode used", in: insecure, level: High, count: 1, finding: "without the phone", advice: "insecure_allow", offender: "fail_mode_used", events: security("fail_mode_used")},
		{name: "a fail mode allowed", in: insecure, level: High, count: 1, finding: "a rule lets", offender: "fail_mode_insecure_allow", events: security("fail_mode_insecure_allow")},
		{
			name: "not learned", in: insecure, level: Medium, count: 1, finding: "could not be remembered", advice: "message_authenticator", offender: "message_authenticator_not_learned",
			events: security("message_authenticator_not_learned"),
		},
		{name: "not shipped", in: shipping, level: Medium, count: 1, finding: "not shipped", advice: "audit.ship[]", offender: "shipping_skipped", events: one(audit.System{Event: "shipping_skipped"})},
		{name: "reloaded", in: configuration, count: 1, offender: "reloaded", events: one(audit.Configuration{Event: "reloaded", Changes: []audit.Change{{Key: "users.email"}}})},
		{name: "reload refused", in: configuration, level: Medium, count: 1, finding: "refused", advice: "check --config", offender: "reload_refused", events: one(audit.Configuration{Event: "reload_refused"})},
		{name: "a start", in: configuration, events: one(audit.Configuration{Event: "in_force", Digest: "ab12"})},
		{name: "by hand", in: actions, count: 1, offender: "block by uid=0", events: slices.Concat(one(audit.Action{Action: "block", Actor: "uid=0 pid=7"}), one(audit.Accounting{}))},
		{name: "read", in: dataAccess, count: 1, offender: "tail by uid=0", events: one(audit.Access{Action: "tail", Actor: "uid=0 pid=7"})},
		{name: "two collisions", in: collisions, count: 2, offender: "bob", events: slices.Concat(security("collision"), security("stale_approval"))},
		{name: "collisions", in: collisions, level: Medium, count: 3, finding: "3 logins met", advice: "ivalt.on_collision", offender: "bob", events: every(3, time.Hour, same(audit.Security{Event: "collision", User: "bob"}))},
		{name: "many collisions", in: collisions, level: High, count: 11, finding: "11 logins met", offender: "bob", events: every(11, time.Hour, same(audit.Security{Event: "collision", User: "bob"}))},
	}
}

func refusals() []found {
	refused := func(n int, reason string) []happened {
		return every(n, time.Hour, same(ended("bob", "192.0.2.9", "reject", reason)))
	}
	return []found{
		{name: "few refused among many", in: failures, count: 20, offender: "geofence", events: slices.Concat(fine(), refused(20, "geofence"))},
		{name: "five refused", in: failures, count: 5, offender: "geofence", events: refused(5, "geofence")},
		{name: "six refused", in: failures, level: Medium, count: 6, finding: "6 of 6", advice: "docs/reasons.md", offender: "geofence", events: refused(6, "geofence")},
		{name: "most refused", in: failures, level: High, count: 11, finding: "11 of 11", offender: "geofence", events: refused(11, "geofence")},
		{name: "our own trouble", in: failures, events: slices.Concat(refused(20, "unavailable"), refused(20, "busy"))},
	}
}

func TestFindings(t *testing.T) {
	for _, c := range slices.Concat(guesses(), pushes(), calls(), troubles(), refusals()) {
		t.Run(c.name, func(t *testing.T) {
			r := summed(t, c.unreadable, c.events)
			got := r.of(t, c.in)
			c.compare(t, got)
			c.compareAdvice(t, r, got)
			if r.ThreatLevel < got.Level || (r.ThreatLevel == got.Level && c.level > Low && !strings.Contains(strings.Join(r.ThreatReasons, "\n"), c.finding)) {
				t.Errorf("threat level %s: %q", r.ThreatLevel, r.ThreatReasons)
			}
		})
	}
}

func (c found) compare(t *testing.T, got Category) {
	t.Helper()
	if got.Level != c.level || got.Count != c.count {
		t.Errorf("level %s with %d, want %s with %d", got.Level, got.Count, c.level, c.count)
	}
	if text := strings.Join(got.Findings, "\n"); (c.finding == "") != (text == "") || !strings.Contains(text, c.finding) {
		t.Errorf("findings %q, want %q", text, c.finding)
	}
	if first := append(got.Offenders, Offender{})[0].Name; first != c.offender {
		t.Errorf("the first offender is %q, want %q", first, c.offender)
	}
	if got.Count > 0 && (got.FirstSeen.Before(start()) || got.LastSeen.Before(got.FirstSeen)) {
		t.Errorf("seen from %v to %v", got.FirstSeen, got.LastSeen)
	}
}

func (c found) compareAdvice(t *testing.T, r Report, got Category) {
	t.Helper()
	advised := ""
	for _, a := range r.Recommendations {
		if a.Category == got.Name {
			advised += a.Text + "\n"
		}
	}
	if !strings.Contains(advised, c.advice) || (c.level == Low && advised != "") {
		t.Errorf("advice %q, want %q", advised, c.advice)
	}
}

func TestAQuietDay(t *testing.T) {
	r := summed(t, 0, fine())
	if r.ThreatLevel != Low || len(r.Recommendations) != 0 || !slices.Equal(r.ThreatReasons, []string{"Nothing stands out."}) || len(r.Categories) != int(categories) {
		t.Errorf("%s %q %v", r.ThreatLevel, r.ThreatReasons, r.Recommendations)
	}
	empty := New(Options{}).Report(0)
	if empty.Records != 0 || empty.ThreatLevel != Low || empty.ApprovalTimes.P50 != 0 || len(empty.LoginsPerHour) != 0 {
		t.Errorf("an empty trail: %+v", empty)
	}
}

// TestNumbersAddUp: whatever the trail holds, no login is lost or counted twice.
func TestNumbersAddUp(t *testing.T) {
	words := rapid.SampledFrom([]string{"", "a", "b", "accept", "reject", "challenge", "approved", "push_denied", "push_timeout", "bad_password", "busy", "x\x00"})
	rapid.Check(t, func(rt *rapid.T) {
		a := New(Options{})
		a.users.most, a.addresses.most = 4, 4
		n, challenges := rapid.IntRange(0, 200).Draw(rt, "n"), 0
		for range n {
			e := audit.Attempt{
				Client: words.Draw(rt, "client"), User: rapid.StringMatching(`[a-f]`).Draw(rt, "user"), CallingStation: words.Draw(rt, "from"),
				Verdict: words.Draw(rt, "verdict"), Reason: words.Draw(rt, "reason"), Duration: time.Duration(rapid.Int64().Draw(rt, "took")),
				Packets: rapid.IntRange(-1, 9).Draw(rt, "packets"), LastPacket: time.Duration(rapid.Int64().Draw(rt, "last")),
			}
			if e.Verdict == "challenge" {
				challenges++
			}
			a.Add(record(t, happened{time.Duration(rapid.IntRange(0, 1<<40).Draw(rt, "after")) * time.Microsecond, e}))
		}
		r := a.Report(0)
		sum := func(all []Ranked, o Others) (logins, both int) {
			for _, n := range all {
				logins += n.Logins
				both += n.Accepted + n.Rejected
			}
			return logins + o.Logins, both + o.Accepted + o.Rejected
		}
		users, usersBoth := sum(r.TopUsers, r.OtherUsers)
		addresses, addressesBoth := sum(r.TopAddresses, r.OtherAddresses)
		reasons, hours, clients := 0, 0, 0
		for _, n := range r.Logins.ByReason {
			reasons += n
		}
		for _, h := range r.LoginsPerHour {
			hours += h.Accepted + h.Rejected
		}
		for _, p := range r.NASPatience {
			clients += p.Attempts
			if p.Late > p.Approvals || p.RestsOn > p.Repeated || p.Repeated > p.Attempts || p.LateShare > 1 {
				rt.Fatalf("%+v", p)
			}
		}
		for _, got := range []int{r.Logins.Accepted + r.Logins.Rejected, users, usersBoth, addresses, addressesBoth, reasons, hours, clients - challenges, n - challenges} {
			if got != r.Logins.Total {
				rt.Fatalf("%d logins, but %d", r.Logins.Total, got)
			}
		}
		if r.Logins.Challenged != challenges || r.Records != n {
			rt.Fatalf("%d challenges of %d records", r.Logins.Challenged, r.Records)
		}
	})
}
