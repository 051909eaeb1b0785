package metrics

import (
	"testing"
	"time"

	"ivalt-radius/audit"
)

// recorder takes events and counts nothing: what handing them over costs by itself.
type recorder struct{ n int }

func (r *recorder) See(e audit.Event)         { r.n += int(e.EventType()) }
func (r *recorder) Concluded(a audit.Attempt) { r.n += a.Exchanges }

// BenchmarkSee is an event and a login's end, beside a recorder that does nothing.
func BenchmarkSee(b *testing.B) {
	type seer interface {
		See(e audit.Event)
		Concluded(a audit.Attempt)
	}
	m := New()
	m.Adopt([]string{"office", "vpn"})
	call := &audit.APICall{Call: "poll", Class: "pending", Duration: 80 * time.Millisecond}
	attempt := audit.Attempt{Client: "office", Decision: "require_push", Verdict: "accept", Reason: "approved", Duration: 6 * time.Second, Exchanges: 2}
	for _, to := range []struct {
		name string
		seer
	}{{"metrics", m}, {"baseline", &recorder{}}} {
		for _, c := range []struct {
			name string
			do   func()
		}{
			{"call", func() { to.See(call) }},
			{"security", func() { to.See(audit.Security{Event: "collision"}) }},
			{"concluded", func() { to.Concluded(attempt) }},
		} {
			b.Run(c.name+"/"+to.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c.do()
				}
			})
		}
	}
	for name, do := range map[string]func(){"approved": func() { m.Approved("office", time.Second) }, "added": func() { m.Added("office", time.Millisecond) }} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				do()
			}
		})
	}
	b.Run("concluded/parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				m.Concluded(attempt)
			}
		})
	})
}

// BenchmarkScrape is one scrape of everything, with as many clients as there may be.
func BenchmarkScrape(b *testing.B) {
	m := busy()
	m.Adopt(names(0, mostClients))
	for b.Loop() {
		if _, err := m.registry.Gather(); err != nil {
			b.Fatal(err)
		}
	}
}
