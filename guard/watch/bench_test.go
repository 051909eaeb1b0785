package watch

import (
	"fmt"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
)

// BenchmarkSee is what a login pays: the watch has all the time that it needs to look.
func BenchmarkSee(b *testing.B) {
	w := New(defaults(), Deps{Alert: func(guard.Alert) {}, Note: func(audit.Event) {}, Now: time.Now, Log: silent()})
	var e audit.Event = wrong("anna", "203.0.113.7")
	w.See(e)
	b.ReportAllocs()
	for b.Loop() {
		w.See(e)
		if len(w.events.waiting) == mostEvents {
			b.StopTimer()
			w.events.take()
			b.StartTimer()
		}
	}
}

// BenchmarkDetect is what the watch itself pays for an event, a wrong password, which counts for more than any other: of one person, and
// of as many as an attacker can name.
func BenchmarkDetect(b *testing.B) {
	for _, people := range []int{1, 1_000_000} {
		b.Run(fmt.Sprintf("people=%d", people), func(b *testing.B) {
			events := make([]audit.Event, people)
			for i := range events {
				events[i] = wrong(fmt.Sprintf("user%d", i), fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
			}
			w := New(defaults(), Deps{Alert: func(guard.Alert) {}, Note: func(audit.Event) {}, Now: time.Now, Log: silent()})
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				w.See(events[i%people])
				if i++; i%1000 == 0 {
					w.work()
				}
			}
			w.work()
			b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
