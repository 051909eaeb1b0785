package history_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"ivalt-radius/test/cluster/history"
)

// at is a moment of these histories.
func at(seconds float64) time.Time {
	return time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC).Add(time.Duration(seconds * float64(time.Second)))
}

func said(seconds float64, v history.Verdict) history.Answer {
	return history.Answer{At: at(seconds), Verdict: v}
}

// sound is a login at node a that goes on at node b, as it ought to be.
func sound() history.History {
	one := history.Login{User: "ann", Station: "198.51.100.1", Password: 1}
	return history.History{
		Exchanges: []history.Exchange{
			{Login: one, Node: "a", Packet: 1, Sent: []time.Time{at(0), at(2)}, Answers: []history.Answer{said(12, history.Accept)}},
			{Login: one, Node: "b", Packet: 2, Sent: []time.Time{at(8)}, Answers: []history.Answer{said(12.1, history.Accept)}},
		},
		Pushes:    []history.Push{{User: "ann", Station: "198.51.100.1", Node: "a", At: at(0.5)}},
		Approvals: []history.Said{{User: "ann", At: at(11)}},
		Records: []history.Record{
			{Node: "a", User: "ann", Station: "198.51.100.1", Verdict: history.Accept, At: at(11.9)},
			{Node: "b", User: "ann", Station: "198.51.100.1", Verdict: history.Accept, At: at(12)},
		},
		Within: 20 * time.Second, Joinable: 10 * time.Second, Until: at(100),
	}
}

// rings adds a push of the login.
func rings(h *history.History, seconds float64) {
	h.Pushes = append(h.Pushes, history.Push{User: "ann", Station: "198.51.100.1", Node: "b", At: at(seconds)})
}

// refused has node a refuse what it was sent, then; b does not.
func refused(h *history.History, seconds float64) {
	h.Exchanges[0].Answers = []history.Answer{said(seconds, history.Reject)}
	h.Records[0].Verdict, h.Records[0].At = history.Reject, at(seconds)
}

// judgement is a way to spoil the sound history, and what is found then; empty: nothing.
type judgement struct {
	spoil func(h *history.History)
	want  history.Kind
}

// ofPushes are about how often a phone rang.
func ofPushes() map[string]judgement {
	return map[string]judgement{
		"sound": {func(*history.History) {}, ""},

		"two pushes": {func(h *history.History) { rings(h, 9) }, history.TwoPushes},
		"two pushes, a copy that its node got while it was killed comes again": {again(history.Killed, 0.5, 4), ""},
		"two pushes, a copy that its node got just before it was killed":       {again(history.Killed, 2.5, 4), ""},
		"two pushes, a copy that its node got long before it was killed":       {again(history.Killed, 4, 5), history.TwoPushes},
		"two pushes, a copy that its node got before it was rolled":            {again(history.Rolled, 2.5, 4), history.TwoPushes},
		"two pushes, a copy that came while its node was rolled":               {again(history.Rolled, 0.5, 4), ""},
		"two pushes, its node was stopped before the end":                      {again(history.Stopped, 0.5, 2), history.TwoPushes},
		"two pushes, its node was stopped until behind the end":                {again(history.Stopped, 0.5, 6.05), ""},
		"two pushes, a copy that its node could not tell the memory of": {func(h *history.History) {
			again(history.Stopped, -9, -8)(h)
			h.Mutes = []history.Span{{Node: "b", From: at(2), To: at(3)}}
		}, ""},
		"two pushes, a copy that another node could not tell the memory of": {func(h *history.History) {
			again(history.Stopped, -9, -8)(h)
			h.Mutes = []history.Span{{Node: "a", From: at(2), To: at(3)}}
		}, history.TwoPushes},
		"two pushes, the memory paused long behind the copy": {func(h *history.History) {
			again(history.Stopped, -9, -8)(h)
			h.Mutes = []history.Span{{From: at(3.5), To: at(4)}}
		}, history.TwoPushes},
		"two pushes, the memory lost between": {func(h *history.History) {
			rings(h, 9)
			h.Losses = []history.Span{{From: at(3), To: at(4)}}
		}, ""},
		"two pushes, the memory lost before": {func(h *history.History) {
			rings(h, 9)
			h.Losses = []history.Span{{From: at(-9), To: at(-8)}}
		}, history.TwoPushes},
		"two pushes, the memory lost behind them": {func(h *history.History) {
			rings(h, 9)
			h.Losses = []history.Span{{From: at(10), To: at(11)}}
		}, history.TwoPushes},
		"three pushes, one loss": {func(h *history.History) {
			rings(h, 9)
			rings(h, 10)
			h.Losses = []history.Span{{From: at(3), To: at(4)}}
		}, history.TwoPushes},
	}
}

// ofRenewals are about packets that left when their login was over, or was not.
func ofRenewals() map[string]judgement {
	return map[string]judgement{
		"a new packet behind the reject": {func(h *history.History) {
			refused(h, 4)
			rings(h, 9)
		}, ""},
		"a new packet behind a reject that died with its node": {func(h *history.History) {
			refused(h, 4)
			h.Exchanges[0].Answers = nil
			h.Downs = []history.Span{{Node: "a", From: at(4), To: at(6)}}
			rings(h, 9)
		}, ""},
		"the same packet behind the reject": {func(h *history.History) {
			refused(h, 4)
			h.Exchanges[1].Packet = 1
			rings(h, 9)
		}, history.TwoPushes},
		"a new packet long before the reject": {func(h *history.History) {
			refused(h, 14)
			rings(h, 9)
		}, history.TwoPushes},
		"a new packet when the accept is joinable no more": {func(h *history.History) {
			h.Exchanges[0].Answers[0] = said(1.5, history.Accept)
			h.Records[0].At, h.Approvals[0].At = at(1.5), at(1)
			h.Exchanges[1].Sent[0], h.Exchanges[1].Answers[0] = at(14), said(17, history.Accept)
			rings(h, 14.5)
		}, ""},
		"a new packet while the accept is joinable": {func(h *history.History) {
			h.Exchanges[0].Answers[0] = said(1.5, history.Accept)
			h.Records[0].At, h.Approvals[0].At = at(1.5), at(1)
			rings(h, 9)
		}, history.TwoPushes},
		"a push of nobody's": {func(h *history.History) {
			h.Pushes[0].Station, h.Exempt = "198.51.100.9", map[string]bool{"ann": true}
		}, history.StrayPush},
		"a push before the packet": {func(h *history.History) { h.Pushes[0].At, h.Exempt = at(-1), map[string]bool{"ann": true} }, history.StrayPush},
	}
}

// ofAccepts are about whom nodes let in, and what they wrote down.
func ofAccepts() map[string]judgement {
	return map[string]judgement{
		"no approval":                       {func(h *history.History) { h.Approvals = nil }, history.Unapproved},
		"an approval before the push":       {func(h *history.History) { h.Approvals[0].At = at(0.4) }, history.Unapproved},
		"an approval behind the answer":     {func(h *history.History) { h.Approvals[0].At = at(13) }, history.Unapproved},
		"an approval between the answers":   {func(h *history.History) { h.Approvals[0].At = at(12.05) }, history.Unapproved},
		"another person's approval":         {func(h *history.History) { h.Approvals[0].User = "bob" }, history.Unapproved},
		"an approval without a push":        {func(h *history.History) { h.Pushes = nil }, history.Unapproved},
		"somebody who comes in without one": {func(h *history.History) { h.Approvals, h.Pushes, h.Exempt = nil, nil, map[string]bool{"ann": true} }, ""},

		"no record":                        {func(h *history.History) { h.Records = h.Records[:1] }, history.Unrecorded},
		"a record at the other node alone": {func(h *history.History) { h.Records[1].Node = "a" }, history.Unrecorded},
		"a record of a reject":             {func(h *history.History) { h.Records[1].Verdict = history.Reject }, history.Unrecorded},
		"a record of another place":        {func(h *history.History) { h.Records[1].Station = "198.51.100.2" }, history.Unrecorded},
	}
}

// ofAnswers are about what came back.
func ofAnswers() map[string]judgement {
	return map[string]judgement{
		"no answer": {func(h *history.History) { h.Exchanges[1].Answers = nil }, history.Unanswered},
		"an answer that comes too late": {func(h *history.History) {
			h.Exchanges[1].Answers[0] = said(30.5, history.Reject)
		}, history.Unanswered},
		"an answer at the last moment": {func(h *history.History) { h.Exchanges[1].Answers[0] = said(29.9, history.Reject) }, ""},
		"no answer of a node that was killed": {func(h *history.History) {
			h.Exchanges[1].Answers = nil
			h.Downs = []history.Span{{Node: "b", From: at(9), To: at(10)}}
		}, ""},
		"no answer, and the other node was killed": {func(h *history.History) {
			h.Exchanges[1].Answers = nil
			h.Downs = []history.Span{{Node: "a", From: at(9), To: at(10)}}
		}, history.Unanswered},
		"no answer of a node that was killed before": {func(h *history.History) {
			h.Exchanges[1].Answers = nil
			h.Downs = []history.Span{{Node: "b", From: at(1), To: at(7)}}
		}, history.Unanswered},
		"no answer while nobody listens": {func(h *history.History) {
			h.Exchanges[1].Answers = nil
			h.Until = at(29)
		}, ""},

		"an answer that does not verify": {func(h *history.History) {
			h.Exchanges[1].Answers = append(h.Exchanges[1].Answers, history.Answer{At: at(12), Verdict: history.Accept, Wrong: "wrong Response Authenticator"})
		}, history.Unverified},
	}
}

// again has a login refused at 6, with a copy that left for b at 1, and again at 6; b was down between.
func again(why string, from, to float64) func(h *history.History) {
	return func(h *history.History) {
		refused(h, 6)
		h.Exchanges[1].Sent = []time.Time{at(1), at(6)}
		h.Downs = []history.Span{{Node: "b", Why: why, From: at(from), To: at(to)}}
		h.Exchanges[1].Answers, h.Records = []history.Answer{said(7, history.Reject)}, h.Records[:1]
		h.Approvals = nil
		rings(h, 6.1)
	}
}

// TestCheck: each kind of violation is found, and only what is one.
func TestCheck(t *testing.T) {
	t.Parallel()
	found := map[history.Kind]bool{}
	all := ofPushes()
	for _, more := range []map[string]judgement{ofRenewals(), ofAccepts(), ofAnswers()} {
		maps.Copy(all, more)
	}
	for name, c := range all {
		h := sound()
		c.spoil(&h)
		r := history.Check(h)
		if c.want == "" && len(r.Violations) > 0 {
			t.Errorf("%s: %v", name, r.Violations)
		}
		if c.want != "" && len(r.Violations) == 0 {
			t.Errorf("%s: nothing is found", name)
		}
		for _, v := range r.Violations {
			found[v.Kind] = true
			if v.Kind != c.want || v.Login.User != "ann" {
				t.Errorf("%s: %v, want %s", name, v, c.want)
			}
		}
	}
	for _, kind := range []history.Kind{
		history.TwoPushes, history.StrayPush, history.Unapproved, history.Unrecorded, history.Unanswered, history.Unverified,
	} {
		if !found[kind] {
			t.Errorf("no history shows %q", kind)
		}
	}
}

// TestCounts: what is told beside the violations.
func TestCounts(t *testing.T) {
	t.Parallel()
	h := sound()
	rings(&h, 9)
	h.Losses = []history.Span{{From: at(3), To: at(4), Why: "restarted empty"}}
	bob := history.Login{User: "bob", Station: "198.51.100.2"}
	h.Exchanges = append(h.Exchanges,
		history.Exchange{Login: bob, Node: "a", Packet: 3, Sent: []time.Time{at(50)}, Answers: []history.Answer{said(51, history.Reject)}},
		history.Exchange{Login: bob, Node: "b", Packet: 4, Sent: []time.Time{at(90)}})
	r := history.Check(h)
	if r.Logins != 2 || r.Pushes != 2 || r.Accepts != 1 || r.Rejects != 1 || r.Silent != 1 || r.Further != 1 || len(r.ByPushes) != 3 || r.ByPushes[0] != 1 || r.ByPushes[2] != 1 {
		t.Errorf("%+v", r)
	}
	const want = "2 logins, 2 pushes (1 with 0, 0 with 1, 1 with 2; 1 further ones allowed), 1 let in, 1 refused, 1 packets whose answer cannot be told, 0 violations"
	if r.String() != want {
		t.Errorf("%s", r)
	}
}

// TestTwoLoginsOfOnePlace: each has its own pushes and records, by when they began.
func TestTwoLoginsOfOnePlace(t *testing.T) {
	t.Parallel()
	h := sound()
	again := history.Login{User: "ann", Station: "198.51.100.1", Password: 2}
	h.Exchanges = append(h.Exchanges, history.Exchange{
		Login: again, Node: "a", Packet: 3, Sent: []time.Time{at(40)}, Answers: []history.Answer{said(45, history.Accept)},
	})
	rings(&h, 41)
	h.Approvals = append(h.Approvals, history.Said{User: "ann", At: at(44)})
	h.Records = append(h.Records, history.Record{Node: "a", User: "ann", Station: "198.51.100.1", Verdict: history.Accept, At: at(44.5)})
	if r := history.Check(h); len(r.Violations) != 0 || r.ByPushes[1] != 2 {
		t.Errorf("%+v", r)
	}
	h.Records = h.Records[:2]
	if r := history.Check(h); len(r.Violations) != 1 || r.Violations[0].Kind != history.Unrecorded || r.Violations[0].Login != again {
		t.Errorf("%+v", r)
	}
}

// TestOf: a person's history is told in order, and nobody else's.
func TestOf(t *testing.T) {
	t.Parallel()
	h := sound()
	h.Downs = []history.Span{{Node: "b", Why: "kill -9", From: at(1), To: at(3)}}
	h.Losses = []history.Span{{Why: "restarted empty", From: at(5), To: at(6)}}
	h.Pushes = append(h.Pushes, history.Push{User: "bob", Station: "198.51.100.2", Node: "a", At: at(7)})
	got := strings.Split(strings.TrimSpace(h.Of("ann")), "\n")
	want := []string{
		"03:04:00.000 packet 1 from 198.51.100.1, password 1 -> a",
		"03:04:00.500 push for 198.51.100.1 by a",
		"03:04:01.000 == b: kill -9 begins",
		"03:04:02.000 packet 1 from 198.51.100.1, password 1 -> a",
		"03:04:03.000 == b: kill -9 ends",
		"03:04:05.000 == the memory: restarted empty begins",
		"03:04:06.000 == the memory: restarted empty ends",
		"03:04:08.000 packet 2 from 198.51.100.1, password 1 -> b",
		"03:04:11.000 approves",
		"03:04:11.900 a records accept, , for 198.51.100.1",
	}
	if len(got) != 13 {
		t.Fatalf("%q", got)
	}
	for i, line := range want {
		if got[i] != line {
			t.Errorf("line %d: %q, want %q", i, got[i], line)
		}
	}
}
