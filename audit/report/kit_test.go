package report

import (
	"bytes"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/query"
)

// start is when the tests' trails begin.
func start() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// happened is an event so long after the start.
type happened struct {
	after time.Duration
	audit.Event
}

// record is an event as a reader of the trail gets it.
func record(tb testing.TB, h happened) *query.Record {
	tb.Helper()
	line, _ := chain.AppendLine(nil, start().Add(h.after), 1, h.EventType(), h.AppendFields(nil), chain.Genesis())
	r, err := query.Parse(bytes.TrimSuffix(line, []byte("\n")))
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// every makes so many events, one after the other at a distance.
func every(n int, apart time.Duration, e func(i int) audit.Event) []happened {
	all := make([]happened, n)
	for i := range all {
		all[i] = happened{time.Duration(i) * apart, e(i)}
	}
	return all
}

// ended is a login of a user from an address that ended with a reason.
func ended(user, from, verdict, reason string) audit.Attempt {
	return audit.Attempt{Client: "vpn", User: user, CallingStation: from, Verdict: verdict, Reason: reason, Duration: 5 * time.Second}
}

func approved(took time.Duration) audit.Attempt {
	a := ended("alice", "192.0.2.1", "accept", "approved")
	a.Duration = took
	return a
}

// report sums up lists of events.
func summed(tb testing.TB, unreadable int, lists ...[]happened) Report {
	tb.Helper()
	a := New(Options{})
	for _, list := range lists {
		for _, h := range list {
			a.Add(record(tb, h))
		}
	}
	return a.Report(unreadable)
}

// of is a report's category.
func (r Report) of(tb testing.TB, c category) Category {
	tb.Helper()
	for _, found := range r.Categories {
		if found.Name == c.String() {
			return found
		}
	}
	tb.Fatalf("no category %s", c)
	return Category{}
}
