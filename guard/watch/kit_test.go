package watch

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
)

// defaults are the settings' own.
func defaults() Settings {
	all := map[guard.Rule]Threshold{}
	for _, t := range []struct {
		rule   guard.Rule
		count  int
		window time.Duration
	}{
		{guard.BruteForce, 5, 5 * time.Minute},
		{guard.PasswordSpray, 5, 10 * time.Minute},
		{guard.APIAbuse, 3, time.Minute},
		{guard.SuspiciousSource, 1, time.Hour},
		{guard.PushBombing, 3, 10 * time.Minute},
		{guard.BombedApproval, 2, 10 * time.Minute},
		{guard.PushRefused, 1, time.Hour},
		{guard.Collisions, 1, time.Hour},
		{guard.UnknownClient, 10, time.Minute},
		{guard.SpoofedClient, 3, 5 * time.Minute},
		{guard.MessageAuthenticator, 5, 5 * time.Minute},
		{guard.GeofenceProbing, 3, time.Hour},
		{guard.TimeProbing, 3, time.Hour},
		{guard.ClockJump, 1, time.Hour},
		{guard.TrailTampered, 1, time.Hour},
		{guard.FailedLogins, 10, time.Minute},
		{guard.APIErrors, 5, 5 * time.Minute},
		{guard.APISlow, 10, 5 * time.Minute},
	} {
		all[t.rule] = Threshold{Count: t.count, Window: t.window}
	}
	return Settings{Thresholds: all, SlowFrom: 5 * time.Second}
}

// stage plays a watch under a clock that only the test moves.
type stage struct {
	*Watch

	now    time.Time
	alerts []guard.Alert
	notes  []audit.Event
	log    bytes.Buffer
}

func newStage(s Settings) *stage {
	st := &stage{now: time.Now()}
	log := logrus.New()
	log.SetOutput(&st.log)
	st.Watch = New(s, Deps{
		Alert: func(a guard.Alert) { st.alerts = append(st.alerts, a) },
		Note:  func(e audit.Event) { st.notes = append(st.notes, e) },
		Now:   func() time.Time { return st.now },
		Log:   log,
	})
	return st
}

// pass lets time pass.
func (s *stage) pass(d time.Duration) {
	for ; d >= time.Second; d -= time.Second {
		s.now = s.now.Add(time.Second)
		s.work()
		s.settle()
	}
	s.now = s.now.Add(d)
}

// sees shows an event at once.
func (s *stage) sees(e audit.Event) {
	s.See(e)
	s.work()
}

// throws shows a dropped packet at once.
func (s *stage) throws(cause, client, from string) {
	s.Dropped(cause, client, netip.MustParseAddr(from))
	s.work()
}

// said are the alerts in words: rule, severity, count, subject.
func (s *stage) said() []string {
	out := []string{}
	for _, a := range s.alerts {
		out = append(out, fmt.Sprintf("%s %s %d %s", a.Rule, a.Severity, a.Count, a.Subject))
	}
	return out
}

// of are those of one rule, without its name.
func (s *stage) of(r guard.Rule) []string {
	out := []string{}
	for _, line := range s.said() {
		if rest, ok := strings.CutPrefix(line, string(r)+" "); ok {
			out = append(out, rest)
		}
	}
	return out
}

// wrong is a login with a wrong password.
func wrong(user, station string) audit.Attempt {
	return audit.Attempt{Client: "office", User: user, CallingStation: station, Verdict: "reject", Reason: "bad_password", Detail: "wrong password"}
}

// only is the defaults of one rule alone.
func only(r guard.Rule, t Threshold) Settings {
	return Settings{Thresholds: map[guard.Rule]Threshold{r: t}, SlowFrom: time.Second}
}
