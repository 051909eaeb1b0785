package health

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"

	"ivalt-radius/admin/view"
)

// Probe looks at one thing.
type Probe struct {
	Name string // snake_case
	// Look says whether the thing is as it should be, and what is so or wrong and what to do, in safe words. It may hang: then the thing is
	// not as it should be, and nobody looks again before it returns.
	Look func(ctx context.Context) (ok bool, note string)
}

const (
	fresh    = time.Second // how long an answer counts, for all callers
	within   = time.Second // how long a probe may take
	mostNote = 200         // octets
)

// Checker runs probes, once a second at most, whoever asks how often. The zero Checker has none, and is ready. It is safe for concurrent use.
type Checker struct {
	probes []*probe
	now    func() time.Time
	turn   chan struct{} // held by whoever looks

	mu    sync.Mutex
	last  []view.Check
	taken time.Time
}

// probe is one with what is known of it.
type probe struct {
	Probe

	mu    sync.Mutex
	since time.Time // when the look began that has not returned; zero: none
}

// New makes a Checker of probes, which it shows in their order.
func New(now func() time.Time, probes ...Probe) *Checker {
	c := &Checker{now: now, turn: make(chan struct{}, 1)}
	for _, p := range probes {
		c.probes = append(c.probes, &probe{Probe: p})
	}
	return c
}

// Now are all checks as they are now, or were a second ago at most. It takes no longer than a probe may. Where ctx ends first it is what was
// known before, which is nil where nothing was. The slice is the caller's to read.
func (c *Checker) Now(ctx context.Context) []view.Check {
	if c == nil || len(c.probes) == 0 {
		return nil
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.last
	}
	c.mu.Lock()
	last, taken := c.last, c.taken
	c.mu.Unlock()
	if age := c.now().Sub(taken); last != nil && age >= 0 && age < fresh {
		return last
	}
	checks := c.look() //nolint:contextcheck // the next caller gets the answer too
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last, c.taken = checks, c.now()
	return checks
}

// look runs all probes beside each other. It belongs to no caller: the next one gets the answer too.
func (c *Checker) look() []view.Check {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	checks := make([]view.Check, len(c.probes))
	var all sync.WaitGroup
	for i, p := range c.probes {
		all.Go(func() { checks[i] = p.look(ctx, c.now) })
	}
	all.Wait()
	return checks
}

// look runs the probe, unless it still runs.
func (p *probe) look(ctx context.Context, now func() time.Time) view.Check {
	p.mu.Lock()
	since := p.since
	if since.IsZero() {
		p.since = now()
	}
	p.mu.Unlock()
	if !since.IsZero() {
		return view.Check{Name: p.Name, Note: fmt.Sprintf("hangs: nothing came back for %d s", int(now().Sub(since)/time.Second))}
	}
	answer := make(chan view.Check, 1)
	go func() {
		check := p.run(ctx)
		p.mu.Lock()
		p.since = time.Time{}
		p.mu.Unlock()
		answer <- check
	}()
	select {
	case check := <-answer:
		return check
	case <-ctx.Done():
		return view.Check{Name: p.Name, Note: "hangs: nothing came back in time"}
	}
}

// run looks. A panic is a thing that is not as it should be.
func (p *probe) run(ctx context.Context) (check view.Check) {
	defer func() {
		if recover() != nil {
			check = view.Check{Name: p.Name, Note: "cannot be looked at: this is a defect of ivalt-radius, please report it"}
		}
	}()
	ok, note := p.Look(ctx)
	return view.Check{Name: p.Name, OK: ok, Note: safe(note)}
}

// safe is a note of one line that steers no terminal.
func safe(note string) string {
	out := make([]rune, 0, min(len(note), mostNote))
	size := 0
	for _, r := range strings.ReplaceAll(note, "\n", "; ") { // errors that were joined
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			r = '?'
		}
		if size += len(string(r)); size > mostNote {
			return string(out) + "..."
		}
		out = append(out, r)
	}
	return string(out)
}

// OK reports that no check failed.
func OK(checks []view.Check) bool {
	for _, c := range checks {
		if !c.OK {
			return false
		}
	}
	return true
}

// Failed are the names of the checks that did.
func Failed(checks []view.Check) (names []string) {
	for _, c := range checks {
		if !c.OK {
			names = append(names, c.Name)
		}
	}
	return names
}
