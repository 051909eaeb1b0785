//go:build soak

package soak_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// ledger counts what was asked, and keeps what was answered wrongly.
type ledger struct {
	mu    sync.Mutex
	kinds map[string]*tally
	wrong []string
}

// tally is what became of the logins of one kind.
type tally struct {
	Asked    int // logins
	Accepted int // of them let in
	Foul     int // of them in foul weather, where they may end as unavailable
	Wrong    int // of them answered wrongly, or not at all
	longest  time.Duration
}

// entry is what became of one request.
type entry struct {
	kind     string
	accepted bool
	foul     bool // begun, or ended, in foul weather
	took     time.Duration
	wrong    string // empty: it was answered rightly
}

func (l *ledger) enter(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kinds == nil {
		l.kinds = map[string]*tally{}
	}
	c := l.kinds[e.kind]
	if c == nil {
		c = &tally{}
		l.kinds[e.kind] = c
	}
	c.Asked++
	c.longest = max(c.longest, e.took)
	if e.accepted {
		c.Accepted++
	}
	if e.foul {
		c.Foul++
	}
	if e.wrong == "" {
		return
	}
	c.Wrong++
	if len(l.wrong) < 50 {
		text := fmt.Sprintf("%s %s: %s", time.Now().Format("15:04:05.000"), e.kind, e.wrong)
		l.wrong = append(l.wrong, text)
		fmt.Println("soak: wrong:", text)
	}
}

// all sums the kinds up.
func (l *ledger) all() (sum tally) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.kinds {
		sum.Asked, sum.Accepted, sum.Foul, sum.Wrong = sum.Asked+c.Asked, sum.Accepted+c.Accepted, sum.Foul+c.Foul, sum.Wrong+c.Wrong
	}
	return sum
}

func (l *ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(l.kinds)) {
		c := l.kinds[kind]
		fmt.Fprintf(&b, "%-28s %6d, %6d let in, %5d in foul weather, %d wrong, longest %s\n", kind, c.Asked, c.Accepted, c.Foul, c.Wrong, c.longest.Round(time.Millisecond))
	}
	return b.String()
}
