package ship

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/audit/ship/follow"
	"ivalt-radius/audit/ship/link"
)

// outage is what a receiver's failures have come to. The zero outage is none.
type outage struct {
	pace     pace
	failures int
	since    time.Time // zero: it takes records
	why      string
	retryAt  time.Time
	loggedAt time.Time
}

// next is when to try again: later each time, and not when all others do.
func (o *outage) next(now time.Time) {
	wait := min(o.pace.most, o.pace.retry<<min(o.failures, 20))
	o.failures++
	o.retryAt = now.Add(wait/2 + rand.N(wait/2+1)) //nolint:gosec // so that many servers do not come at once
}

func (r *receiver) log() logrus.FieldLogger {
	return r.deps.Log.WithField("receiver", r.plan.settings.Name)
}

// narrower is how much less a receiver gets that does not read what it has.
const narrower = 8

// fail gives the link up and goes back to the cursor: what has no receipt is sent again.
func (r *receiver) fail(err error) {
	if errors.Is(err, link.ErrUnread) { // what a slow receiver gets must be so little that it reads all of it in time
		r.window = max(1, min(r.window, r.octets)/narrower)
	}
	r.dropLink()
	r.rewind()
	now := time.Now()
	r.outage.next(now)
	r.outage.why = err.Error()
	if r.outage.since.IsZero() {
		r.outage.since = now
		r.deps.Note(audit.System{Event: "shipping_failing", Detail: fmt.Sprintf("receiver %s: %s", r.plan.settings.Name, r.outage.why)})
	}
	if now.Sub(r.outage.loggedAt) >= r.pace.tell {
		r.outage.loggedAt = now
		r.log().WithFields(logrus.Fields{"error": r.outage.why, "next": r.outage.retryAt.Sub(now).String()}).Warn("shipping fails")
	}
}

// rewind forgets what was sent without a receipt.
func (r *receiver) rewind() {
	if r.first.IsZero() && len(r.marks) == 0 {
		return // what is held is the next one still
	}
	r.first, r.octets, r.count, r.marks, r.held = time.Time{}, 0, 0, nil, nil
	r.sent = r.cursor.Seq
	r.follower.Seek(r.cursor.Seq)
}

// confirm moves the cursor over what counts as taken.
func (r *receiver) confirm(ctx context.Context) error {
	now := time.Now()
	for len(r.marks) > 0 && now.Sub(r.marks[0].at) >= r.manner.Settle {
		r.taken(r.marks[0])
		r.marks = r.marks[1:]
	}
	if r.first.IsZero() {
		r.advance()
		if len(r.marks) == 0 {
			r.dropLink() // the next record opens it afresh, wherever the name leads to by then
		}
		return nil
	}
	if r.manner.Receipt {
		idle := now.Sub(r.last) >= r.manner.Settle
		if !idle && now.Sub(r.first) < r.pace.receipt && r.octets < r.window {
			return nil
		}
		if err := r.link.Finish(ctx); err != nil {
			return err
		}
		r.dropLink()
	}
	if m := (mark{r.sent, r.count, r.last}); len(r.marks) < mostMarks {
		r.marks = append(r.marks, m)
	} else {
		m.count += r.marks[mostMarks-1].count
		r.marks[mostMarks-1] = m
	}
	r.first, r.octets, r.count = time.Time{}, 0, 0
	return nil
}

// taken is what happens once records count as taken.
func (r *receiver) taken(m mark) {
	r.cursor.Seq = max(r.cursor.Seq, m.seq)
	r.cursor.Shipped += m.count
	r.oldest = m.at
	r.outage.failures = 0
	r.window = min(widest, 2*r.window)
	if r.outage.since.IsZero() {
		return
	}
	lasted := time.Since(r.outage.since).Round(time.Second)
	r.outage.since, r.outage.loggedAt = time.Time{}, time.Time{}
	r.deps.Note(audit.System{Event: "shipping_recovered", Detail: fmt.Sprintf("receiver %s: took nothing for %s", r.plan.settings.Name, lasted)})
	r.log().WithField("lasted", lasted.String()).Info("shipping recovered")
}

// finish ships what is durable, as long as ctx lasts. A receiver that is not to be tried again yet is not; one that takes records again
// gets them, though it has not shown yet that it reads them.
func (r *receiver) finish(ctx context.Context) {
	if time.Now().Before(r.outage.retryAt) {
		return
	}
	durable := r.deps.Trail.Durable()
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = r.pump(ctx, durable); err != nil {
			return
		}
		if r.octets >= r.window && r.manner.Receipt {
			break
		}
	}
	if r.link != nil && r.link.Finish(ctx) != nil {
		return
	}
	count := r.count
	for _, m := range r.marks {
		count += m.count
	}
	r.taken(mark{r.sent, count, time.Now()})
}

// skip counts records that the receiver never gets.
func (r *receiver) skip(gap follow.Gap) {
	if gap.Last <= r.skipped {
		return // they come by again behind a failure, and are counted
	}
	r.skipped = gap.Last
	r.cursor.Skipped += gap.Records
	r.cursor.Untold.Add(gap)
}

// save keeps the place, at most once a second unless at is zero.
func (r *receiver) save(at time.Time) {
	if r.cursor == r.saved || !at.IsZero() && at.Before(r.saveAt) {
		return
	}
	r.saveAt = at.Add(r.pace.save)
	if err := r.cursor.save(r.path); err != nil {
		if at.Sub(r.outage.loggedAt) >= r.pace.tell {
			r.outage.loggedAt = at
			r.log().WithError(err).Warn("the place of a receiver in the trail cannot be kept: records are shipped again after a restart")
		}
		return
	}
	r.saved = r.cursor
}

// report says in the trail what was skipped, and gives the numbers out.
func (r *receiver) report(now time.Time, durable uint64) {
	if gap := r.cursor.Untold; gap.Records > 0 && !now.Before(r.tellAt) {
		r.tellAt = now.Add(r.pace.tell)
		r.cursor.Untold = follow.Gap{}
		r.deps.Note(audit.Security{Event: "shipping_skipped", Detail: fmt.Sprintf(
			"receiver %s: %d records, from %d to %d, were not shipped: it is further behind than its spool, or they are gone",
			r.plan.settings.Name, gap.Records, gap.First, gap.Last)})
	}
	if r.cursor.Seq >= durable {
		r.behind, r.oldest = 0, time.Time{}
	}
	s := r.tell(durable)
	if !now.Before(r.debugAt) {
		r.debugAt = now.Add(r.pace.tell)
		r.log().WithFields(logrus.Fields{
			"shipped": s.Shipped, "skipped": s.Skipped, "behind_records": s.Records, "behind_octets": s.Octets, "behind_for": s.Behind.String(),
		}).Debug("shipping")
	}
}

// tell publishes the numbers.
func (r *receiver) tell(durable uint64) Stats {
	s := Stats{
		Receiver: r.plan.settings.Name, Shipped: r.cursor.Shipped, Skipped: r.cursor.Skipped, Cut: r.cut,
		Records: max(durable, r.cursor.Seq) - r.cursor.Seq, Octets: r.behind,
	}
	if !r.oldest.IsZero() {
		s.Behind = max(0, time.Since(r.oldest))
	}
	if !r.outage.since.IsZero() {
		s.Failing = r.outage.why
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = s
	return s
}

// stats are the numbers of the last round.
func (r *receiver) stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.told
}
