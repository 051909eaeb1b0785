package budget

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"ivalt-radius/state"
)

// budgetAsk is what one round trip tells and asks. Durations are microseconds.
type budgetAsk struct {
	Holder   string         `json:"holder"`
	Limits   [3]int         `json:"limits"`
	Forget   bool           `json:"forget"`
	Held     int            `json:"held"`
	Reserve  []int          `json:"reserve"`
	Reserved int            `json:"reserved"` // permits for places that were reserved
	Rest     int            `json:"rest"`     // permits for others
	Valid    int64          `json:"valid"`
	Penalty  int64          `json:"penalty"`
	Notices  []budgetNotice `json:"notices"`
	Exact    int            `json:"exact"`
	Heeded   int64          `json:"heeded"`
	Lease    int64          `json:"lease"`

	penalty time.Time
}

// budgetNotice is a state.Notice of the window 1, 2 or 3.
type budgetNotice struct {
	Window    int   `json:"window"`
	Limit     int   `json:"limit"`
	Remaining int   `json:"remaining"`
	Reset     int64 `json:"reset"`
}

// tell is the teller.
func (b *Budget) tell(ctx context.Context) {
	defer close(b.stopped)
	for {
		timer := time.NewTimer(b.pause())
		select {
		case <-ctx.Done():
			timer.Stop()
			b.round(context.WithoutCancel(ctx))
			return
		case <-b.nudge:
			timer.Stop()
			continue
		case <-b.kick:
		case <-timer.C:
		}
		timer.Stop()
		b.round(ctx)
	}
}

// pause is how long nothing need be told.
func (b *Budget) pause() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.due.IsZero():
		return min(together, max(0, b.due.Sub(b.now())))
	case b.reserved > 0:
		return budgetLease / 4
	}
	return time.Hour
}

// round is one round trip.
func (b *Budget) round(ctx context.Context) {
	begun := b.now()
	ask, waiting := b.gather(begun)
	if ask == nil {
		return
	}
	text, err := json.Marshal(ask)
	var answer budgetAnswer
	if err == nil {
		var raw any
		if raw, err = b.core.Run(ctx, b.script, b.keys, text); err == nil {
			answer, err = parseBudgetAnswer(raw, len(waiting))
		}
	}
	b.cut.Store(err != nil && ctx.Err() == nil)
	if b.settle(ask, waiting, answer, begun, err) {
		b.wake()
	}
}

// gather is what is to be told and asked now; nil: nothing.
func (b *Budget) gather(now time.Time) (*budgetAsk, []*reservation) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.due = time.Time{}
	if b.closed && b.asked.IsZero() {
		return nil, nil
	}
	if b.unlimited() {
		b.turnedUnlimited()
		return nil, nil
	}
	ask := &budgetAsk{
		Holder: b.holder, Limits: [3]int{bounded(b.limits.PerSecond), bounded(b.limits.PerMinute), bounded(b.limits.PerHour)}, Forget: b.forget,
		Reserve: []int{}, Notices: []budgetNotice{}, Valid: b.valid().Microseconds(),
		Exact: exactUpTo, Heeded: mostHeeded.Microseconds(), Lease: budgetLease.Microseconds(),
	}
	if ask.penalty = b.penalty; b.penalty.After(b.told) {
		ask.Penalty = max(0, b.penalty.Sub(now).Microseconds())
	}
	ask.Held = max(0, b.reserved-b.reserve.left(now))
	ask.Reserved = min(b.reserve.wants(now, b.batch()), b.reserved)
	ask.Rest = b.rest.wants(now, b.batch())
	for _, n := range b.notices {
		if n != nil {
			ask.Notices = append(ask.Notices, *n)
		}
	}
	waiting := b.waiting
	b.waiting, b.forget, b.notices = nil, false, [3]*budgetNotice{}
	for _, r := range waiting {
		n := min(r.n, mostLimit)
		if r.gone || b.closed {
			n = 0
		}
		ask.Reserve = append(ask.Reserve, n)
	}
	return ask, waiting
}

// turnedUnlimited answers those who waited while the limits changed.
func (b *Budget) turnedUnlimited() {
	for _, r := range b.waiting {
		if !r.gone {
			b.reserved += r.n
			r.answer <- true
		}
	}
	b.waiting = nil
}

// bounded is a limit that every side can count with.
func bounded(limit int) int { return max(0, min(limit, mostLimit)) }

// valid is how long the next permits are good.
func (b *Budget) valid() time.Duration { return max(leastPermit, min(mostPermit, 4*b.trip)) }

// batch is the most permits of one round trip.
func (b *Budget) batch() int {
	most := mostBatch
	for _, w := range []struct{ limit, part int }{{b.limits.PerSecond, 50}, {b.limits.PerMinute, 500}, {b.limits.PerHour, 5000}} {
		if w.limit > 0 {
			most = min(most, w.limit/w.part)
		}
	}
	return max(1, most)
}

// left are the permits that are good.
func (p *purse) left(now time.Time) int {
	if p.permits > 0 && !now.Before(p.until) {
		p.permits, p.batch = 0, 1
	}
	return p.permits
}

// wants is how many to ask for: twice as many as the last time where those were used up, else one.
func (p *purse) wants(now time.Time, most int) int {
	if !p.wanted || p.left(now) > 0 {
		return 0
	}
	return max(1, min(p.batch, most))
}

// settle takes an answer, and reports whether somebody waits for it.
func (b *Budget) settle(ask *budgetAsk, waiting []*reservation, a budgetAnswer, begun time.Time, err error) (wake bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	for i, r := range waiting {
		ok := err == nil && a.granted[i] && !r.gone && !b.closed
		if ok {
			b.reserved += r.n
		} else if err == nil && a.granted[i] {
			b.soon() // nobody has the places
		}
		r.answer <- ok
	}
	if err != nil {
		b.failed(ask, now)
		return false
	}
	b.asked, b.trip, b.use = now, now.Sub(begun), a.use
	b.told = later(b.told, ask.penalty)
	if until := begun.Add(a.penalty); a.penalty > 0 && until.After(b.penalty) {
		b.penalty, b.told = until, until
	}
	if b.closed {
		return false
	}
	until := begun.Add(time.Duration(ask.Valid) * time.Microsecond)
	reserved := b.reserve.filled(ask.Reserved, a.reserved, a.reservedWait, now, until)
	rest := b.rest.filled(ask.Rest, a.rest, a.restWait, now, until)
	return reserved || rest
}

// failed has what was not told told later.
func (b *Budget) failed(ask *budgetAsk, now time.Time) {
	b.forget = b.forget || ask.Forget
	for _, n := range ask.Notices {
		if b.notices[n.Window-1] == nil {
			b.notices[n.Window-1] = &n
		}
	}
	again := now.Add(askAgain / 2)
	b.reserve.again, b.rest.again = again, again
	if ask.Forget || len(ask.Notices) > 0 || ask.Penalty > 0 {
		b.soon()
	}
}

// filled takes permits, or the wait for them.
func (p *purse) filled(asked, got int, wait time.Duration, now, until time.Time) bool {
	if asked == 0 {
		return false
	}
	p.wanted = false
	p.batch = 1
	p.permits, p.until, p.again = got, until, time.Time{}
	if got == asked {
		p.batch = 2 * asked
	}
	if got == 0 {
		p.again = now.Add(min(wait, askAgain))
	}
	return true
}

// budgetAnswer is what the script says.
type budgetAnswer struct {
	reserved, rest                  int
	reservedWait, restWait, penalty time.Duration
	use                             state.Use
	granted                         []bool
}

var errBudgetAnswer = errors.New("the script of the API budget gave an answer that has no sense")

func parseBudgetAnswer(raw any, reservations int) (a budgetAnswer, err error) {
	list, _ := raw.([]any)
	if len(list) != 9 {
		return a, errBudgetAnswer
	}
	var n [6]int64
	for i := range n {
		var ok bool
		if n[i], ok = list[i].(int64); !ok || n[i] < 0 {
			return a, errBudgetAnswer
		}
	}
	if n[1] > mostBatch || n[3] > mostBatch {
		return a, errBudgetAnswer
	}
	a.reserved, a.rest = int(n[1]), int(n[3])
	a.reservedWait, a.restWait, a.penalty = microseconds(n[2]), microseconds(n[4]), microseconds(n[5])
	for i, to := range []*float64{&a.use.Minute, &a.use.Hour} {
		text, _ := list[6+i].(string)
		if *to, err = strconv.ParseFloat(text, 64); err != nil || !(*to >= 0 && *to <= 1) {
			return a, errBudgetAnswer
		}
	}
	granted, _ := list[8].([]any)
	if len(granted) != reservations {
		return a, fmt.Errorf("%w: %d reservations of %d", errBudgetAnswer, len(granted), reservations)
	}
	for _, g := range granted {
		a.granted = append(a.granted, g == int64(1))
	}
	return a, nil
}

// microseconds is a duration of an answer: an hour at most, so that none overflows.
func microseconds(n int64) time.Duration {
	return time.Duration(min(n, time.Hour.Microseconds())) * time.Microsecond
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
