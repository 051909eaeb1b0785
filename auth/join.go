package auth

import (
	"context"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/auth/conclusion"
)

// oneMoment is how far apart two copies may come, so that both get the verdict that the later one's time allows.
const oneMoment = 100 * time.Millisecond

// follow waits for the verdict of the attempt that the exchange joined. One that came before the attempt's own, and whose first factor took longer,
// waits no longer than its NAS does.
func (f *Flow) follow(ctx context.Context, p *pending) Verdict {
	var over <-chan time.Time
	if p.first.Before(p.attempt.led) {
		timer := time.NewTimer(p.leaveBy().Add(oneMoment).Sub(f.Now()))
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-p.attempt.done:
		return f.released(p, p.attempt.verdict)
	case <-over:
		return f.released(p, Verdict{Silent: true, Reason: PushTimeout, Attempt: f.attempts.nameOf(p.attempt)})
	case <-ctx.Done():
		return Verdict{Silent: true, Reason: ShuttingDown, Attempt: f.attempts.nameOf(p.attempt)}
	}
}

// released ends an exchange's wait. One that was withdrawn meanwhile is not answered: its NAS listens for a newer one.
func (f *Flow) released(p *pending, v Verdict) Verdict {
	withdrawn := f.attempts.release(p.req.ID)
	v.Silent, v.Left = v.Silent || withdrawn, v.Left && !withdrawn
	return v
}

// late gives a concluded Accept, or the open challenge, to a further copy of its login. An Accept's copy is judged by the hours once
// more, and its own evidence is durable before it leaves.
func (f *Flow) late(ctx context.Context, p *pending) Verdict {
	if p.attempt.verdict.Kind == Challenge {
		return f.released(p, p.attempt.verdict)
	}
	p.first = p.attempt.first // answer_within counts from there
	e := audit.Security{
		Event: "accept_joined", Attempt: p.attempt.id, Client: p.req.Client.Name, User: p.user,
		CallingStation: p.req.CallingStation, Detail: "a further copy of the login got its Accept",
	}
	d := f.again(&p.login, p.decision)
	v := conclusion.Rejoin(d, p.proof, p.attempt.verdict, f.moment(&p.login))
	var err error
	if v.Kind == Accept {
		if err = f.admit(&p.login, Entering); err == nil {
			err = f.commit(ctx, &p.login, e)
		}
		if err != nil {
			v = Verdict{Reason: conclusion.ReasonOf(err)}
		} else {
			v = conclusion.Rejoin(d, p.proof, p.attempt.verdict, f.moment(&p.login))
		}
	}
	p.id, v.Attempt = p.attempt.id, p.attempt.id
	if v.Kind != Accept {
		f.tell(f.event(&p.login, d, p.proof, v, err))
	}
	return f.released(p, v)
}
