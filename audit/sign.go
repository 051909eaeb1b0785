package audit

import (
	"time"

	"ivalt-radius/audit/checkpoint"
)

// signs reports that a checkpoint is due behind a position: there are records that none covers, and the last one is long enough ago,
// or this group is to end with one.
func (w *writer) signs(p *position) bool {
	if w.key.Zero() || p.seq <= p.signed {
		return false
	}
	every := time.Duration(w.pace.checkpoint.Load())
	return w.final || every > 0 && w.now().Sub(p.signedAt) >= every
}

// vouches reports an event whose word counts for nothing until a signature covers it, and which is needed at once: that a segment goes.
func vouches(e Event) bool {
	_, ok := e.(Segment)
	return ok
}

// sign appends a checkpoint over the record right before it.
func (w *writer) sign(p *position) {
	c := Checkpoint{Key: w.key.Public().Fingerprint(), Covers: p.seq, Hash: string(p.hash[:])}
	c.Signature = w.key.Sign(c.Covers, c.Hash)
	w.line(p, SystemEvent, c.AppendFields(nil))
	p.signed, p.signedAt = p.seq, w.now()
	p.head = &checkpoint.Head{
		Seq: p.seq, Hash: string(p.hash[:]), Covers: c.Covers, CoversHash: c.Hash, Key: c.Key, Signature: c.Signature, Time: p.signedAt.UTC(),
	}
}

// seal makes the last line of the file a checkpoint, on disk.
func (w *writer) seal() error {
	if w.key.Zero() || w.current.seq == w.current.signed {
		return nil
	}
	was := w.final
	w.final = true
	defer func() { w.final = was }()
	if err := w.append(&group{}); err != nil {
		return err
	}
	return w.sync()
}

// keepHead keeps the last durable checkpoint in the state directory and in the log, where there is a newer one. Where that cannot
// be done the log says so, once a minute at most, and the next checkpoint tries again: the trail itself is sound.
func (t *Trail) keepHead() {
	head := t.writer.durable.head
	if head == nil || head == t.head {
		return
	}
	t.head = head
	t.opt.Logger.WithField("seq", head.Seq).WithField("hash", head.Hash).Info(Checkpoint{}.Message())
	if t.opt.StateDir == "" {
		return
	}
	if err := checkpoint.WriteHead(t.opt.StateDir, *head); err != nil {
		t.headLog.error(t, err, "audit checkpoint cannot be kept beside the trail")
	}
}
