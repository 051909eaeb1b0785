package ship

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"ivalt-radius/audit/format"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/ship/follow"
	"ivalt-radius/audit/ship/link"
	"ivalt-radius/audit/ship/syslog"
)

// receiver ships to one receiver. run owns all of it but told.
type receiver struct {
	plan   plan
	deps   Deps
	pace   pace
	manner link.Manner
	format format.Format
	path   string // of the cursor

	follower *follow.Follower
	fresh    bool // there is no cursor yet: what is not there, or does not fit the spool, is not missed
	link     link.Link
	held     *syslog.Message // rendered, not yet sent
	text     []byte          // held's

	sent   uint64    // the last record that was sent, or is not wanted
	first  time.Time // when the first record was sent that has no receipt; zero: none has none
	last   time.Time // when the last one was
	octets int64     // of those without a receipt
	window int64     // how many octets may be: fewer for one that does not read them in time
	count  uint64    // of those without a receipt
	marks  []mark    // what has a receipt, and must settle; oldest first

	cursor  cursor
	saved   cursor
	saveAt  time.Time
	skipped uint64 // the highest record that was counted as skipped
	outage  outage

	checkAt time.Time
	tellAt  time.Time // of skipped records
	debugAt time.Time
	oldest  time.Time // of the records that do not count as taken; zero: there is none
	cut     uint64
	behind  int64

	mu   sync.Mutex
	told Stats
}

// mark is records that count as taken where the link is sound until then.
type mark struct {
	seq   uint64
	count uint64
	at    time.Time // of the last of them
}

const (
	// widest is how many octets a receiver may have without a receipt: what is sent again after a failure.
	widest = 16 << 20
	// mostMarks bounds marks; a further one joins the last.
	mostMarks = 8
	// unsaved is the place of no cursor.
	unsaved = 1<<64 - 1
	// mostPassed bounds how many records that are not wanted are passed over at a stretch.
	mostPassed = 10000
)

func newReceiver(p plan, d Deps, pace pace) *receiver {
	form, _ := format.New(p.settings.Format, d.Version) // Understand has checked it
	r := &receiver{
		plan: p, deps: d, pace: pace, manner: p.target.Manner(), format: form, path: filepath.Join(d.Directory, p.settings.Name+".json"),
		outage: outage{pace: pace}, window: widest,
	}
	c, found, err := loadCursor(r.path)
	if err != nil {
		r.log().WithError(err).Warn("the place of a receiver in the trail is lost: records are shipped again")
	}
	r.cursor, r.saved, r.fresh, r.sent = c, c, !found, c.Seq
	if !found {
		r.saved.Seq = unsaved // so that the first place is kept, from which on records are missed
	}
	r.follower = follow.New(d.Live, p.archive, c.Seq)
	r.tell(0)
	return r
}

// run ships until ctx ends, or quit is closed and what is durable then is shipped.
func (r *receiver) run(ctx context.Context, quit <-chan struct{}) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	defer r.end()
	for {
		select {
		case <-ctx.Done():
			return
		case <-quit:
			r.finish(ctx)
			return
		case <-timer.C:
			timer.Reset(r.round(ctx))
		}
	}
}

// end keeps the place and gives all up.
func (r *receiver) end() {
	r.dropLink()
	r.follower.Close()
	r.save(time.Time{})
}

// round does what is due, and says when to come again.
func (r *receiver) round(ctx context.Context) time.Duration {
	durable := r.deps.Trail.Durable()
	if durable > 0 && r.cursor.Seq > durable {
		r.begin()
	}
	now := time.Now()
	if r.fresh || !now.Before(r.checkAt) {
		r.checkAt = now.Add(r.pace.check)
		r.bound(durable)
	}
	wait := r.pace.poll
	if !now.Before(r.outage.retryAt) {
		more, err := r.pump(ctx, durable)
		if err == nil {
			err = r.confirm(ctx)
		}
		switch {
		case ctx.Err() != nil: // the link was closed under us; that is no fault of the receiver's
		case err != nil:
			r.fail(err)
		case more:
			wait = r.manner.Rest
		}
	}
	now = time.Now()
	r.save(now)
	r.report(now, durable)
	return wait
}

// begin follows a trail that begins anew: the one in which the cursor lies is gone.
func (r *receiver) begin() {
	r.rewind()
	r.cursor.Seq, r.sent, r.skipped, r.fresh, r.held = 0, 0, 0, true, nil
	r.follower.Seek(0)
	r.checkAt = time.Time{}
}

// bound skips what does not fit the spool.
func (r *receiver) bound(durable uint64) {
	behind, err := r.follower.Skip(r.plan.settings.Spool, durable)
	if err == nil && r.fresh {
		err = r.follower.Begin(durable)
	}
	r.behind = behind
	if err != nil {
		r.fail(&link.Error{What: "the trail cannot be read", Cause: err})
		return
	}
	gap := r.follower.Gap()
	if r.fresh {
		r.fresh, r.sent = durable == 0, r.follower.Last()
		r.advance()
		return
	}
	if gap.Records == 0 {
		return
	}
	if r.held != nil { // older than all of them
		var older follow.Gap
		older.Add(follow.Gap{First: r.held.Seq, Last: r.held.Seq, Records: 1})
		older.Add(gap)
		gap, r.held = older, nil
	}
	r.skip(gap)
	r.sent = r.follower.Last()
	r.advance()
}

// advance moves the cursor over what needs no receipt, where nothing before it waits for one.
func (r *receiver) advance() {
	if r.first.IsZero() && len(r.marks) == 0 && r.sent > r.cursor.Seq {
		r.cursor.Seq = r.sent
	}
}

// pump sends a burst. more: there is more to send.
func (r *receiver) pump(ctx context.Context, durable uint64) (more bool, err error) {
	if r.link != nil {
		if err := r.link.Trouble(); err != nil {
			return false, err
		}
	}
	for range r.manner.Burst {
		if r.held == nil {
			if more, err := r.fetch(durable); err != nil || r.held == nil {
				return more, err
			}
		}
		if err := r.send(ctx); err != nil {
			return false, err
		}
		if r.octets >= r.window {
			break
		}
	}
	return true, nil
}

// fetch holds the next record that is wanted. more: it stopped for breath.
func (r *receiver) fetch(durable uint64) (more bool, err error) {
	for range mostPassed {
		line, err := r.follower.Next(durable)
		if gap := r.follower.Gap(); gap.Records > 0 {
			r.skip(gap)
		}
		if err != nil {
			return false, &link.Error{What: "the trail cannot be read", Cause: err}
		}
		if line == nil {
			return false, nil
		}
		record, err := query.Parse(line)
		if err != nil { // a line that was tampered with; verify names it
			r.skip(follow.Gap{First: r.follower.Last(), Last: r.follower.Last(), Records: 1})
		} else if r.hold(record) {
			return false, nil
		}
		r.sent = r.follower.Last()
		r.advance()
	}
	return true, nil
}

// hold renders a record that is wanted.
func (r *receiver) hold(record *query.Record) bool {
	if !r.plan.wants(record.Type) {
		return false
	}
	at, kind, seq := record.Time, record.Type, record.Seq
	if r.plan.settings.Mask {
		if record = r.deps.Mask(record); record == nil {
			return false
		}
		record.Line = nil // whatever it holds, it is not the line without names
	}
	r.text = r.format.Append(r.text[:0], record)
	r.held = &syslog.Message{Severity: severity(record), Time: at, ID: kind, Seq: seq, Text: r.text}
	if r.oldest.IsZero() {
		r.oldest = at
	}
	return true
}

// severity is syslog's of a record.
func severity(r *query.Record) syslog.Severity {
	switch n := format.Severity(r); {
	case n >= 7:
		return syslog.Warning
	case n >= 4:
		return syslog.Notice
	}
	return syslog.Info
}

// send sends what is held.
func (r *receiver) send(ctx context.Context) error {
	if r.link == nil {
		l, err := r.plan.target.Open(ctx)
		if err != nil {
			return err
		}
		r.link = l
	}
	cut, err := r.link.Send(*r.held)
	if err != nil {
		return err
	}
	if cut {
		r.cut++
	}
	now := time.Now()
	if r.first.IsZero() {
		r.first = now
	}
	r.sent, r.last, r.held = r.held.Seq, now, nil
	r.octets += int64(len(r.text))
	r.count++
	return nil
}

// dropLink gives the link up.
func (r *receiver) dropLink() {
	if r.link != nil {
		_ = r.link.Close() // what it would say is known, or does not matter any more
		r.link = nil
	}
}
