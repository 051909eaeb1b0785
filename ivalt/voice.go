package ivalt

import (
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/state/shared"
)

// quiet is how long an alarm that was raised, or an outage's warning of one kind, is not raised again.
const quiet = time.Minute

// voice says what happened. What it says holds no mobile in full, no e-mail, no key and none of iVALT's own words. The
// methods that take the scheduler are called under its lock, and speak after it is let go.
type voice struct {
	log      logrus.FieldLogger
	recorder auth.Recorder
	debug    func() bool

	alarms     [gateway.Endpoints]outage // guarded by the scheduler's lock, as all below
	drifted    instant                   // when last said
	hasDrifted bool
	outages    [gateway.Whys]outage
	isOut      bool // a warning was the last word
}

// reset lets every alarm be raised anew: the settings have changed.
func (v *voice) reset() { v.alarms = [gateway.Endpoints]outage{} }

// outage is what was said of one kind of trouble.
type outage struct {
	next  instant // no warning before
	calls int     // that met it since the last warning
}

func newVoice(d Deps) *voice {
	v := &voice{log: d.Log, recorder: d.Recorder, debug: func() bool { return true }}
	switch log := d.Log.(type) {
	case *logrus.Logger:
		v.debug = func() bool { return log.IsLevelEnabled(logrus.DebugLevel) }
	case *logrus.Entry:
		v.debug = func() bool { return log.Logger.IsLevelEnabled(logrus.DebugLevel) }
	}
	return v
}

// made notes one call in the trail. Safe for concurrent use.
func (v *voice) made(attempt, call string, r gateway.Result) {
	v.recorder.Note(&audit.APICall{
		Attempt: attempt, Call: call, Endpoint: r.Path, Status: r.Status, Class: r.Class.String(), Duration: r.Took, RequestID: r.RequestID,
	})
}

// call notes one answer, and logs it at debug level. Safe for concurrent use.
func (v *voice) call(j *job, r gateway.Result) {
	v.made(j.login.push.Attempt, j.call.String(), r)
	if !v.debug() {
		return
	}
	v.log.WithFields(logrus.Fields{
		"attempt": j.login.push.Attempt, "call": j.call.String(), "class": r.Class.String(), "status": r.Status,
		"mobile": j.mobile.String(), "activity_id": r.Activity, "request_id": r.RequestID,
	}).Debug("ivalt answered")
}

// probed notes one probe, and logs it at debug level. Safe for concurrent use.
func (v *voice) probed(e gateway.Endpoint, r gateway.Result) {
	v.made("", "probe", r)
	if !v.debug() {
		return
	}
	v.log.WithFields(logrus.Fields{
		"endpoint": e.String(), "class": r.Class.String(), "status": r.Status, "request_id": r.RequestID,
	}).Debug("ivalt was probed")
}

// opened says that an endpoint fails, so that nobody is asked until it answers.
func (v *voice) opened(s *scheduler, e gateway.Endpoint, r gateway.Result) {
	fields := logrus.Fields{"event": "ivalt_unavailable", "endpoint": e.String(), "cause": r.Cause}
	s.said = append(s.said, func() {
		v.log.WithFields(fields).Error("ivalt fails: logins are unavailable until it answers again; it is looked at every 10 s")
		v.recorder.Note(audit.System{Event: "ivalt_unavailable", Detail: e.String() + " endpoint: " + r.Why.String()})
	})
}

// mended says that an endpoint answers again.
func (v *voice) mended(s *scheduler, e gateway.Endpoint) {
	s.said = append(s.said, func() {
		v.log.WithFields(logrus.Fields{"event": "ivalt_available", "endpoint": e.String()}).Info("ivalt works again")
		v.recorder.Note(audit.System{Event: "ivalt_available", Detail: e.String() + " endpoint"})
	})
}

// alarm says, once in a while, that no call can succeed.
func (v *voice) alarm(s *scheduler, e gateway.Endpoint) {
	now, alarm := s.now(), &v.alarms[e]
	if now < alarm.next {
		return
	}
	alarm.next = now + quiet
	s.said = append(s.said, func() {
		v.log.WithFields(logrus.Fields{"event": "ivalt_misconfigured", "endpoint": e.String()}).
			Error("ivalt refuses the API key or the path: no login can be asked; check ivalt.url, ivalt.dialect and ivalt.api_key")
		v.recorder.Note(audit.System{Event: "ivalt_misconfigured", Detail: "iVALT refuses the API key or the path of the " + e.String() + " endpoint"})
	})
}

// outage warns of a call that had no usable answer, each kind once in a while, and says when iVALT answers again. host is
// the URL's host; the result's cause holds no header, body, key or person.
func (v *voice) outage(s *scheduler, host string, r gateway.Result) {
	if r.Why == gateway.GivenUp {
		return
	}
	if r.Why == gateway.Answered {
		if v.isOut {
			v.isOut = false
			s.said = append(s.said, func() { v.log.WithField("host", host).Info("iVALT answers again") })
		}
		return
	}
	o, now := &v.outages[r.Why], s.now()
	o.calls++
	if now < o.next {
		return
	}
	fields := logrus.Fields{"host": host, "cause": r.Cause, "calls": o.calls}
	*o = outage{next: now + quiet}
	v.isOut = true
	s.said = append(s.said, func() { v.log.WithFields(fields).Warn(r.Why.String()) })
}

// drift says, once in a while, that iVALT answers in a form that proves nothing.
func (v *voice) drift(s *scheduler, j *job) {
	now := s.now()
	if v.hasDrifted && now-v.drifted < quiet {
		return
	}
	v.drifted, v.hasDrifted = now, true
	attempt, call := j.login.push.Attempt, j.call.String()
	s.said = append(s.said, func() {
		v.log.WithFields(logrus.Fields{"attempt": attempt, "call": call}).
			Warn("ivalt answered 200 without the full proof of an approval; it is not counted")
	})
}

// violation records an answer whose form is wrong.
func (v *voice) violation(s *scheduler, l *login, call string, r gateway.Result) {
	if r.Violation == gateway.Sound {
		return
	}
	v.security(s, l, "odd_answer", "iVALT's answer to a "+call+" is odd, and not counted: "+r.Violation.String())
}

// collision records that a login wanted the phone that another attempt has.
func (v *voice) collision(s *scheduler, l *login, holder string, rule shared.Collision) {
	detail := "a push was open for attempt " + holder + "; both are denied"
	if rule == shared.KeepFirst {
		detail = "a push was open for attempt " + holder + "; it goes on"
	}
	v.security(s, l, "collision", detail)
}

// outbid records that a login of another node wanted the phone that this one has.
func (v *voice) outbid(s *scheduler, l *login) {
	v.security(s, l, "collision", "another login asked for the phone meanwhile; both are denied")
}

// stale records an approval that cannot belong to its login.
func (v *voice) stale(s *scheduler, l *login) {
	v.security(s, l, "stale_approval", "an approval was there before the person can have given it")
}

func (v *voice) security(s *scheduler, l *login, event, detail string) {
	e := audit.Security{
		Event: event, Attempt: l.push.Attempt, Client: l.push.Client, User: l.push.User.String(),
		CallingStation: l.push.CallingStation, Detail: detail,
	}
	s.said = append(s.said, func() { v.recorder.Note(e) })
}
