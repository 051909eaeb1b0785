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

// enter notes a login; wrong is empty where it was right.
func (l *ledger) enter(kind string, accepted, foul bool, took time.Duration, wrong string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kinds == nil {
		l.kinds = map[string]*tally{}
	}
	c := l.kinds[kind]
	if c == nil {
		c = &tally{}
		l.kinds[kind] = c
	}
	c.Asked++
	c.longest = max(c.longest, took)
	if accepted {
		c.Accepted++
	}
	if foul {
		c.Foul++
	}
	if wrong == "" {
		return
	}
	c.Wrong++
	if len(l.wrong) < 50 {
		text := fmt.Sprintf("%s %s: %s", time.Now().Format("15:04:05.000"), kind, wrong)
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
