package sessions_test

import (
	"fmt"
	"testing"
	"time"

	"ivalt-radius/radius/accounting"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/state"
)

// counting counts what a table has written.
type counting struct {
	*state.Store

	writes, octets int
}

func (c *counting) Change(bucket string, changes map[string][]byte) error {
	c.writes++
	for key, value := range changes {
		c.octets += len(key) + len(value)
	}
	return c.Store.Change(bucket, changes)
}

// BenchmarkInterims is one round of interim updates of 20,000 sessions as they come within ten minutes, with a look for overruns each ten seconds: how long it
// takes, and what a stop writes then.
func BenchmarkInterims(b *testing.B) {
	const people, looks = 20_000, 60
	store, err := state.OpenStore(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	c := &counting{Store: store}
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	table := sessions.New(func() time.Time { return now })
	if err := table.Open(c, func(err error) { b.Error(err) }); err != nil {
		b.Fatal(err)
	}
	of := func(i int) sessions.Session {
		names := append(attr(1, fmt.Sprintf("person%d", i)), attr(31, "203.0.113.9")...)
		names = append(append(names, attr(32, "gw1")...), attr(44, fmt.Sprintf("%032x", i))...)
		return sessions.Session{Client: "vpn", Source: box, User: fmt.Sprintf("person%d", i), Station: station, Attributes: names, Heard: now}
	}
	for i := range people {
		table.Told("start", of(i))
	}
	rounds := 0
	for b.Loop() {
		rounds++
		for i := range people {
			s := of(i)
			s.Measure = accounting.Measure{At: now, Time: time.Duration(rounds) * 10 * time.Minute, In: uint64(rounds) << 20, Out: uint64(rounds) << 24, Counted: true}
			table.Told("interim_update", s)
			if i%(people/looks) == 0 {
				now = now.Add(10 * time.Second)
				_ = table.Overruns(100)
			}
		}
	}
	if err := table.Close(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(c.writes), "writes/stop")
	b.ReportMetric(float64(c.octets), "octets/stop")
}
