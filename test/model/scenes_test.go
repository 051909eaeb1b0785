package model

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt"
	"ivalt-radius/ivalt/ivalttest"
)

// The callers of the scenes: ada at home, ada's password in somebody else's hands, and bda, who shares ada's phone.
func home() caller {
	return caller{person: 0, client: "vpn", station: "203.0.113.9", password: "right"}
}
func thief() caller {
	return caller{person: 0, client: "vpn", station: "198.51.100.66", password: "right"}
}
func bda() caller { return caller{person: 1, client: "vpn", station: "203.0.113.7", password: "right"} }

// scene is one interleaving, and the reason with which each of its exchanges must end.
type scene struct {
	name   string
	change func(*world)                                                     // nil: nothing
	play   func(h *house, pass func(seconds float64), log func(who caller)) // log begins an exchange
	want   string
}

// quiet is a world in which nothing happens by itself: one phone, whose person acts by hand alone; logins of twelve seconds.
func quiet() *world {
	return &world{
		way: 50 * time.Millisecond, patience: 12 * time.Second, checked: true,
		people:   []somebody{{name: "ada", listed: true}, {name: "bda"}},
		phones:   []ivalttest.Person{{Mobile: mobileOf(0), Also: []string{"ada@example.com", "bda@example.com"}, Behaviour: ivalttest.Manual}},
		settings: settings{approval: time.Minute, credit: 30 * time.Second, collision: ivalt.DenyBoth, sentinel: ivalt.SentinelAuto},
	}
}

func sticky(w *world)     { w.cloud.Sticky, w.cloud.KeepResults = true, true }
func keepsFirst(w *world) { w.settings.collision = ivalt.KeepFirst }
func always(w *world)     { w.settings.sentinel = ivalt.SentinelAlways }
func uncredited(w *world) { w.settings.credit = 0 }
func consumed(w *world)   { w.settings.result, w.cloud.KeepResults = ivalt.ResultConsumed, true }

// yes and no are the person's hand on the n-th push from the first.
func (h *house) yes(n uint64) { h.sky.ApprovePush(n) }
func (h *house) no(n uint64)  { h.sky.DenyPush(n) }

func TestScenes(t *testing.T) {
	for _, s := range append(lateScenes(), otherScenes()...) {
		t.Run(s.name, func(t *testing.T) { synctest.Test(t, s.run) })
	}
}

func (s *scene) run(t *testing.T) {
	w := quiet()
	if s.change != nil {
		s.change(w)
	}
	h := open(w, t.Errorf)
	<-time.After(10 * time.Minute) // no phone is unknown
	pass := func(seconds float64) {
		<-time.After(time.Duration(seconds * float64(time.Second)))
		synctest.Wait()
	}
	s.play(h, pass, func(who caller) { h.send(who, nil) })
	<-time.After(h.patience + time.Second)
	h.stop()
	h.judge()
	var got []string
	for _, x := range h.exchanges {
		got = append(got, x.verdict.Reason.String())
	}
	if strings.Join(got, " ") != s.want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), s.want)
	}
}

// lateScenes are about an approval that comes behind the answer.
func lateScenes() []scene {
	// Each begins with a login of ada's that nobody answers, and a late approval of its push.
	lapse := func(h *house, pass func(float64), log func(caller)) {
		log(home())
		pass(14)
	}
	return []scene{
		{name: "the very same login gets it", want: "push_timeout approved", play: func(h *house, pass func(float64), log func(caller)) {
			lapse(h, pass, log)
			h.yes(1)
			pass(6)
			log(home())
		}},
		{name: "once", want: "push_timeout approved push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			lapse(h, pass, log)
			h.yes(1)
			pass(6)
			log(home())
			pass(12) // it is no copy any more
			log(home())
		}},
		{name: "not where it is off", change: uncredited, want: "push_timeout push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			lapse(h, pass, log)
			h.yes(1)
			pass(6)
			log(home())
		}},
		{name: "a thief does not", want: "push_timeout push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			lapse(h, pass, log)
			h.yes(1)
			pass(6)
			log(thief())
		}},
		{name: "nor does another person of the same phone", want: "push_timeout push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			lapse(h, pass, log)
			h.yes(1)
			pass(6)
			log(bda())
		}},
		{name: "a thief in between voids it", want: "push_timeout push_timeout push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			lapse(h, pass, log)
			h.yes(1)
			pass(6)
			log(thief())
			pass(12)
			log(home())
		}},
		{name: "a thief who comes first, before anybody has looked, gets nothing either", want: "push_timeout push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			lapse(h, pass, log)
			h.yes(1)
			log(thief())
		}},
		{name: "both at once collide", want: "push_timeout collision collision push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			lapse(h, pass, log)
			log(home())
			log(thief())
			h.yes(1)
			pass(1)
			log(home())
		}},
		{name: "a thief in between, whom the person's own login waits out, gets no credit of theirs", want: "push_timeout push_timeout push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			lapse(h, pass, log)
			log(thief())
			pass(13)
			h.yes(2) // the thief's push
			pass(2)
			log(home())
		}},
		{name: "denied on the phone", want: "push_timeout push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			lapse(h, pass, log)
			h.no(1)
			pass(6)
			log(home())
		}},
		{name: "over after thirty seconds", want: "push_timeout push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			lapse(h, pass, log)
			h.yes(1)
			pass(28)
			log(home())
		}},
		{name: "gone with a restart, whose first login drains", want: "push_timeout push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			lapse(h, pass, log)
			h.yes(1)
			h.restart()
			log(home())
		}},
	}
}

// otherScenes are about everything else that somebody might ride on.
func otherScenes() []scene {
	accepted := func(h *house, pass func(float64), log func(caller)) {
		log(home())
		pass(4)
		h.yes(1)
		pass(4)
	}
	return []scene{
		{name: "sticky: a login right after an accept", change: sticky, want: "approved stale_approval", play: func(h *house, pass func(float64), log func(caller)) {
			accepted(h, pass, log)
			pass(5)
			log(thief())
		}},
		{name: "the same with a copy that joins late", change: sticky, want: "approved approved stale_approval", play: func(h *house, pass func(float64), log func(caller)) {
			accepted(h, pass, log)
			log(home())
			log(thief())
		}},
		{name: "sticky: a restart right after an accept", change: sticky, want: "approved stale_approval", play: func(h *house, pass func(float64), log func(caller)) {
			accepted(h, pass, log)
			h.restart()
			log(thief())
		}},
		{name: "a restart with an open push, approved meanwhile", want: "shutting_down push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			log(home())
			pass(3)
			h.restart()
			h.yes(1)
			log(thief())
		}},
		{name: "the same at an iVALT that keeps everything", change: sticky, want: "shutting_down stale_approval", play: func(h *house, pass func(float64), log func(caller)) {
			log(home())
			pass(3)
			h.restart()
			h.yes(1)
			log(thief())
		}},
		{name: "a collision, and then the first again: an approval before its push is nobody's", want: "collision collision push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			log(home())
			pass(2)
			log(thief())
			h.yes(1)
			pass(1)
			log(home())
		}},
		{name: "the first is kept, and what it approves is its own", change: keepsFirst, want: "approved collision", play: func(h *house, pass func(float64), log func(caller)) {
			log(home())
			pass(2)
			log(thief())
			h.yes(1)
		}},
		{name: "a shared phone: the other one collides", change: always, want: "collision collision", play: func(h *house, pass func(float64), log func(caller)) {
			log(home())
			pass(0.02)
			log(bda())
		}},
		{name: "a second push on the phone is approved too: it is nobody's", change: consumed, want: "push_timeout approved push_timeout", play: func(h *house, pass func(float64), log func(caller)) {
			log(home())
			pass(50)
			log(home())
			pass(4)
			h.yes(2)
			pass(5)
			h.yes(1)
			pass(2)
			log(thief())
		}},
		{name: "a wrong password voids nothing and rings nobody", want: "push_timeout bad_password approved", play: func(h *house, pass func(float64), log func(caller)) {
			log(home())
			pass(14)
			h.yes(1)
			wrong := home()
			wrong.password = "guess"
			log(wrong)
			pass(6)
			log(home())
		}},
	}
}

// TestTheJudgeSees: an Accept for nothing, and two for one approval, are found.
func TestTheJudgeSees(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(h *house)
		want  string
	}{
		"sound":            {func(*house) {}, "[]"},
		"for nothing":      {func(h *house) { h.exchanges[1].verdict.Kind = auth.Accept }, "[attempt %d: let in without an approval after its push; late: %s]"},
		"after its time":   {func(h *house) { h.exchanges[0].at = h.exchanges[0].at.Add(11 * time.Second) }, "[exchange %d: answered after %v exchange %d: let in without a push, or after the answer had to leave]"},
		"two verdicts":     {func(h *house) { h.exchanges[0].ends++ }, "[exchange %d: %d verdicts]"},
		"without factors":  {func(h *house) { h.people[0].barred = true }, "[exchange %d: pushed or let in without first factor or policy exchange %d: pushed or let in without first factor or policy]"},
		"pushed once more": {func(h *house) { h.crossings = append(h.crossings, h.crossings...) }, "[attempt %d: pushed again though iVALT had answered %d attempt %d: pushed again after %v attempt %d: pushed again though iVALT had answered %d attempt %d: pushed again after %v]"},
		"another's verdict": {func(h *house) {
			h.exchanges[1].era++
			h.asks[1].era++
			h.exchanges = append(h.exchanges, &exchange{id: 3, who: thief(), era: 1, received: h.exchanges[1].received, at: h.exchanges[1].at, ends: 1, verdict: h.exchanges[1].verdict})
		}, "[exchange %d: got the verdict of another login]"},
		"a wrong password": {func(h *house) { h.exchanges[1].who.password = "guess" }, "[exchange %d: pushed or let in without first factor or policy]"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var found []string
				h := open(quiet(), func(format string, _ ...any) { found = append(found, format) })
				<-time.After(10 * time.Minute)
				h.send(home(), nil)
				<-time.After(4 * time.Second)
				h.yes(1)
				<-time.After(16 * time.Second) // a copy would join
				h.send(home(), nil)
				<-time.After(h.patience)
				h.stop()
				tt.spoil(h)
				h.judge()
				if fmt.Sprint(found) != tt.want {
					t.Errorf("found %q", found)
				}
			})
		})
	}
	if matches([][]int{{1}, {1}}) || !matches([][]int{{1, 2}, {1}}) {
		t.Error("approvals are shared, or not given out")
	}
}
