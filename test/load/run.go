package load

import (
	"context"
	"slices"
	"sync"
	"time"

	"ivalt-radius/ivalt/ivalttest"
)

// outcome is what became of a crowd, or of several.
type outcome struct {
	logins, willing int // willing: people who would approve while their NAS waits, were they asked at once
	accepted        int
	requests, polls int64
	throttled       int64
	peaks           [3]int          // the most calls of any second, minute and hour, of one crowd
	delays          []time.Duration // from the approval to the answer
}

// idle is how long nobody asks before a crowd comes: long enough for every phone to be trusted, as in a server that runs.
const idle = 10 * time.Minute

// play has a crowd log in. It is called inside a synctest bubble, whose clock jumps.
func play(ctx context.Context, c client, all []person) (outcome, error) {
	l := newLink(all)
	ask, done, err := c.open(l)
	if err != nil {
		return outcome{}, err
	}
	defer done()
	<-time.After(idle)
	began := time.Now()
	var mu sync.Mutex
	var waiting sync.WaitGroup
	out := outcome{logins: len(all)}
	for i := range all {
		p := &all[i]
		if p.after > 0 && p.after+way < patience-3*time.Second {
			out.willing++
		}
		<-time.After(time.Until(began.Add(p.at)))
		waiting.Go(func() {
			if !ask(ctx, p) {
				return
			}
			at, _ := l.approved(p)
			mu.Lock()
			defer mu.Unlock()
			out.accepted++
			out.delays = append(out.delays, time.Since(at))
		})
	}
	waiting.Wait()
	out.count(l.cloud.Counters())
	return out, nil
}

func (o *outcome) count(n ivalttest.Counters) {
	o.requests, o.polls, o.throttled = n.Requests, n.Polls, n.Throttled
	o.peaks = [...]int{n.PeakSecond, n.PeakMinute, n.PeakHour}
}

// add joins two outcomes.
func (o *outcome) add(other outcome) {
	o.logins += other.logins
	o.willing += other.willing
	o.accepted += other.accepted
	o.requests += other.requests
	o.polls += other.polls
	o.throttled += other.throttled
	for i, n := range other.peaks {
		o.peaks[i] = max(o.peaks[i], n)
	}
	o.delays = append(o.delays, other.delays...)
}

// success is the share of the willing that was let in.
func (o *outcome) success() float64 { return float64(o.accepted) / float64(max(1, o.willing)) }

// perLogin is requests, or polls, for each login.
func (o *outcome) perLogin(n int64) float64 { return float64(n) / float64(max(1, o.logins)) }

// mean is the mean of the added delays.
func (o *outcome) mean() time.Duration {
	total := time.Duration(0)
	for _, d := range o.delays {
		total += d
	}
	return total / time.Duration(max(1, len(o.delays)))
}

// p95 is the delay that one in twenty exceeds.
func (o *outcome) p95() time.Duration {
	if len(o.delays) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(o.delays))
	return sorted[min(len(sorted)-1, len(sorted)*95/100)]
}
