package state

import "time"

// Spent is what a Budget has counted, for the process that takes this one's place. At is when it was made; Ages are those of the calls of the last
// hour, or of the longest window that is limited, the oldest first; Held is how long no call may leave any more.
type Spent struct {
	At   time.Time       `json:"at"`
	Ages []time.Duration `json:"ages"`
	Held time.Duration   `json:"held"`
}

// mostSpent bounds the calls that are carried; no operator's hour has more.
const mostSpent = 1 << 20

// mostSince is an age at which nothing counts any more.
const mostSince = 2 * time.Hour

// Spent gives what was counted. Places that are reserved are not among it: who reserved them asks anew.
func (b *Budget) Spent() Spent {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.tick()
	s := Spent{At: b.now(), Held: max(0, b.penalty-t)}
	for _, w := range []*window{&b.hour, &b.minute, &b.second} {
		if w.limit == 0 {
			continue
		}
		for _, at := range w.calls[w.head:] {
			s.Ages = append(s.Ages, t-at)
		}
		break
	}
	return s
}

// Resume counts what an earlier process has spent. It is called once, before the budget is used.
func (b *Budget) Resume(s Spent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	since := min(max(0, b.now().Round(0).Sub(s.At.Round(0))), mostSince)
	t := b.tick()
	for _, age := range s.Ages[:min(len(s.Ages), mostSpent)] {
		age = min(max(0, age), mostSince) + since
		for _, w := range []*window{&b.second, &b.minute, &b.hour} {
			if age < w.length {
				w.count(t - age)
			}
		}
	}
	b.penalty = max(b.penalty, t+min(max(0, s.Held), mostHeeded)-since)
}
