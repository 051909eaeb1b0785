package voice

import (
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/state/cluster"
)

// Quiet is how long an alarm that was raised, or an outage's warning of one kind, is not raised again.
const Quiet = time.Minute

// Voice says what happened. What it says holds no mobile in full, no e-mail, no key and none of iVALT's own words. But for Call and Probed,
// its methods are called under the lock of whoever made it, and speak by Hooks.Say.
type Voice struct {
	log      logrus.FieldLogger
	recorder auth.Recorder
	debug    func() bool
	hooks    Hooks

	alarms     [gateway.Endpoints]outage
	drifted    time.Duration // when last said
	hasDrifted bool
	outages    [gateway.Whys]outage
	isOut      bool // a warning was the last word
}

// Hooks are what a voice needs of whoever has it.
type Hooks struct {
	Now func() time.Duration // the monotonic clock
	Say func(func())         // calls later, outside the lock, in order
}

// Reset lets every alarm be raised anew: the settings have changed.
func (v *Voice) Reset() { v.alarms = [gateway.Endpoints]outage{} }

// outage is what was said of one kind of trouble.
type outage struct {
	next  time.Duration // no warning before
	calls int           // that met it since the last warning
}

// New makes a voice that has said nothing.
func New(r auth.Recorder, log logrus.FieldLogger, h Hooks) *Voice {
	v := &Voice{log: log, recorder: r, hooks: h, debug: func() bool { return true }}
	switch log := log.(type) {
	case *logrus.Logger:
		v.debug = func() bool { return log.IsLevelEnabled(logrus.DebugLevel) }
	case *logrus.Entry:
		v.debug = func() bool { return log.Logger.IsLevelEnabled(logrus.DebugLevel) }
	}
	return v
}

// made notes one call in the trail. Safe for concurrent use.
func (v *Voice) made(attempt, call string, r gateway.Result) {
	v.recorder.Note(&audit.APICall{
		Attempt: attempt, Call: call, Endpoint: r.Path, Status: r.Status, Class: r.Class.String(), Duration: r.Took, RequestID: r.RequestID,
	})
}

// Call notes one answer, and logs it at debug level. Safe for concurrent use.
func (v *Voice) Call(attempt, call string, m auth.Mobile, r gateway.Result) {
	v.made(attempt, call, r)
	if !v.debug() {
		return
	}
	v.log.WithFields(logrus.Fields{
		"attempt": attempt, "call": call, "class": r.Class.String(), "status": r.Status,
		"mobile": m.String(), "activity_id": r.Activity, "request_id": r.RequestID,
	}).Debug("ivalt answered")
}

// Probed notes one probe, and logs it at debug level. Safe for concurrent use.
func (v *Voice) Probed(e gateway.Endpoint, r gateway.Result) {
	v.made("", "probe", r)
	if !v.debug() {
		return
	}
	v.log.WithFields(logrus.Fields{
		"endpoint": e.String(), "class": r.Class.String(), "status": r.Status, "request_id": r.RequestID,
	}).Debug("ivalt was probed")
}

// Opened says that an endpoint fails, so that nobody is asked until it answers.
func (v *Voice) Opened(e gateway.Endpoint, r gateway.Result) {
	fields := logrus.Fields{"event": "ivalt_unavailable", "endpoint": e.String(), "cause": r.Cause}
	v.hooks.Say(func() {
		v.log.WithFields(fields).Error("ivalt fails: logins are unavailable until it answers again; it is looked at every 10 s")
		v.recorder.Note(audit.System{Event: "ivalt_unavailable", Detail: e.String() + " endpoint: " + r.Why.String()})
	})
}

// Mended says that an endpoint answers again.
func (v *Voice) Mended(e gateway.Endpoint) {
	v.hooks.Say(func() {
		v.log.WithFields(logrus.Fields{"event": "ivalt_available", "endpoint": e.String()}).Info("ivalt works again")
		v.recorder.Note(audit.System{Event: "ivalt_available", Detail: e.String() + " endpoint"})
	})
}

// Alarm says, once in a while, that no call can succeed.
func (v *Voice) Alarm(e gateway.Endpoint) {
	now, alarm := v.hooks.Now(), &v.alarms[e]
	if now < alarm.next {
		return
	}
	alarm.next = now + Quiet
	v.hooks.Say(func() {
		v.log.WithFields(logrus.Fields{"event": "ivalt_misconfigured", "endpoint": e.String()}).
			Error("ivalt refuses the API key or the path: no login can be asked; check ivalt.url, ivalt.dialect and ivalt.api_key")
		v.recorder.Note(audit.System{Event: "ivalt_misconfigured", Detail: "iVALT refuses the API key or the path of the " + e.String() + " endpoint"})
	})
}

// Outage warns of a call that had no usable answer, each kind once in a while, and says when iVALT answers again. host is
// the URL's host; the result's cause holds no header, body, key or person.
func (v *Voice) Outage(host string, r gateway.Result) {
	if r.Why == gateway.GivenUp {
		return
	}
	if r.Why == gateway.Answered {
		if v.isOut {
			v.isOut = false
			v.hooks.Say(func() { v.log.WithField("host", host).Info("iVALT answers again") })
		}
		return
	}
	o, now := &v.outages[r.Why], v.hooks.Now()
	o.calls++
	if now < o.next {
		return
	}
	fields := logrus.Fields{"host": host, "cause": r.Cause, "calls": o.calls}
	*o = outage{next: now + Quiet}
	v.isOut = true
	v.hooks.Say(func() { v.log.WithFields(fields).Warn(r.Why.String()) })
}

// Drift says, once in a while, that iVALT answers in a form that proves nothing.
func (v *Voice) Drift(attempt, call string) {
	now := v.hooks.Now()
	if v.hasDrifted && now-v.drifted < Quiet {
		return
	}
	v.drifted, v.hasDrifted = now, true
	v.hooks.Say(func() {
		v.log.WithFields(logrus.Fields{"attempt": attempt, "call": call}).
			Warn("ivalt answered 200 without the full proof of an approval; it is not counted")
	})
}

// Violation records an answer whose form is wrong.
func (v *Voice) Violation(p *auth.Push, call string, r gateway.Result) {
	if r.Violation == gateway.Sound {
		return
	}
	v.security(p, "odd_answer", "iVALT's answer to a "+call+" is odd, and not counted: "+r.Violation.String())
}

// Collision records that a login wanted the phone that another attempt has.
func (v *Voice) Collision(p *auth.Push, holder string, rule cluster.Collision) {
	detail := "a push was open for attempt " + holder + "; both are denied"
	if rule == cluster.KeepFirst {
		detail = "a push was open for attempt " + holder + "; it goes on"
	}
	v.security(p, "collision", detail)
}

// Outbid records that a login of another node wanted the phone that this one has.
func (v *Voice) Outbid(p *auth.Push) {
	v.security(p, "collision", "another login asked for the phone meanwhile; both are denied")
}

// Stale records an approval that cannot belong to its login.
func (v *Voice) Stale(p *auth.Push) {
	v.security(p, "stale_approval", "an approval was there before the person can have given it")
}

// Late records an approval that came behind its login's answer.
func (v *Voice) Late(p *auth.Push, detail string) { v.security(p, "late_approval", detail) }

func (v *Voice) security(p *auth.Push, event, detail string) {
	e := audit.Security{
		Event: event, Attempt: p.Attempt, Client: p.Client, User: p.User.String(),
		CallingStation: p.CallingStation, Detail: detail,
	}
	v.hooks.Say(func() { v.recorder.Note(e) })
}

// Skew says that iVALT's clock and this machine's differ.
func (v *Voice) Skew(ahead time.Duration) {
	v.hooks.Say(func() {
		v.log.WithFields(logrus.Fields{"event": "clock_skew", "ahead_s": int64(ahead / time.Second)}).
			Warn("iVALT's clock and this machine's differ: check this machine's time service")
		v.recorder.Note(audit.System{Event: "clock_skew", Detail: "iVALT's clock less this machine's: " + ahead.Round(time.Second).String()})
	})
}
