package auth

import (
	"context"
	"fmt"

	"ivalt-radius/audit"
	"ivalt-radius/auth/conclusion"
	"ivalt-radius/policy"
)

// settle concludes, makes the evidence durable before an Accept, and looks at the clock once more after that.
func (f *Flow) settle(ctx context.Context, l *login, d policy.Decision, p Proof, err error) Verdict {
	if l.id == "" {
		l.id = f.attempts.names.ID()
	}
	p = f.still(p)
	v := conclusion.Conclude(d, p, err, f.moment(l))
	if v.Kind == Accept {
		err = f.admit(l, Entering)
		v = conclusion.Conclude(d, p, err, f.moment(l))
	}
	if v.Kind == Accept {
		if l.attempt == nil {
			f.attempts.withdraw(l.req.Replaces)
		}
		err = f.commit(ctx, l, f.event(l, d, p, v, nil))
		p = f.still(p)
		if v = conclusion.Conclude(d, p, err, f.moment(l)); v.Kind == Accept {
			f.Concluded(f.event(l, d, p, v, nil))
			f.shout(l, d, p, v)
			f.depart(l, endOf(p, v.Reason, nil))
			return f.finished(l, p, v)
		}
	}
	f.depart(l, endOf(p, v.Reason, err))
	f.tell(f.event(l, d, p, v, err))
	return f.finished(l, p, v)
}

// shout leaves a security event of a login that a fail mode let in.
func (f *Flow) shout(l *login, d policy.Decision, p Proof, v Verdict) {
	if !v.FailMode {
		return
	}
	f.Recorder.Note(audit.Security{
		Event: "fail_mode_used", Attempt: l.id, Client: l.req.Client.Name, User: l.user, CallingStation: l.req.CallingStation,
		Detail: conclusion.FailDetail(d, p),
	})
}

// tell keeps and logs an end that no Accept depends on.
func (f *Flow) tell(e audit.Attempt) {
	f.Recorder.Note(e)
	f.Concluded(e)
}

func (f *Flow) moment(l *login) moment { return moment{Now: f.Now(), LeaveBy: l.leaveBy()} }

// finished fills in what the wire needs to know.
func (f *Flow) finished(l *login, p Proof, v Verdict) Verdict {
	v.Attempt = l.id
	if v.Reason == UnknownUser && p.Password {
		v.Message = l.rules.Enrolment // a stranger without the password is not told who is enrolled
	}
	v.Silent = v.Kind == Reject && (v.Reason == PushTimeout || l.asleep) && l.req.Client.SilentTimeout
	return v
}

// commit makes the record durable, within the time that the NAS still waits.
func (f *Flow) commit(ctx context.Context, l *login, e audit.Event) error {
	ctx, cancel := context.WithDeadline(ctx, l.leaveBy())
	defer cancel()
	if err := f.Recorder.Commit(ctx, e); err != nil {
		return fmt.Errorf("%w: %w", conclusion.ErrTrail, err)
	}
	return nil
}

// event is the evidence of the attempt's end.
func (f *Flow) event(l *login, d policy.Decision, p Proof, v Verdict, err error) audit.Attempt {
	e := audit.Attempt{
		Attempt: l.id, Client: l.req.Client.Name, NAS: l.req.NAS, User: l.user, CallingStation: l.req.CallingStation,
		Rule: d.Rule, Factors: p.Factors(), Verdict: v.Kind.String(), Reason: v.Reason.String(),
		Duration: f.Now().Sub(l.first), Exchanges: 1, Mobile: p.Answer.Mobile.String(), Detail: conclusion.Detail(d, p, v, l.note, err),
	}
	e.Packets, e.LastPacket = l.req.Heard.Since(l.first)
	if d.Rule != "" {
		e.Decision = d.Action.String()
	}
	if l.attempt != nil {
		e.Exchanges = f.attempts.exchanges(l.attempt)
	}
	return e
}
