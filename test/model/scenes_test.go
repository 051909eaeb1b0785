package model

import (
	"fmt"
	"slices"
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
	change func(*world) // nil: nothing
	play   func(*cast)
	want   string
}

// quiet is a world in which nothing happens by itself: one phone, whose person acts by hand alone; logins of twelve seconds.
func quiet() *world {
	return &world{
		way: 50 * time.Millisecond, patience: 12 * time.Second, checked: true,
		people:   []somebody{{name: "ada", phones: []int{0}, listed: true}, {name: "bda", phones: []int{0}}},
		phones:   []ivalttest.Person{{Mobile: mobileOf(0), Also: []string{"ada@example.com", "bda@example.com"}, Behaviour: ivalttest.Manual}},
		settings: settings{approval: time.Minute, credit: 30 * time.Second, collision: ivalt.DenyBoth, sentinel: ivalt.SentinelAuto},
	}
}

func sticky(w *world)       { w.cloud.Sticky, w.cloud.KeepResults = true, true }
func keepsResults(w *world) { w.cloud.KeepResults = true }
func keepsFirst(w *world)   { w.settings.collision = ivalt.KeepFirst }
func always(w *world)       { w.settings.sentinel = ivalt.SentinelAlways }
func uncredited(w *world)   { w.settings.credit = 0 }
func consumed(w *world)     { w.settings.result, w.cloud.KeepResults = ivalt.ResultConsumed, true }

// cast is a scene's world while it is played.
type cast struct{ *house }

// pass lets time go on.
func (c *cast) pass(seconds float64) {
	<-time.After(time.Duration(seconds * float64(time.Second)))
	synctest.Wait()
}

// log begins an exchange.
func (c *cast) log(who caller) { c.send(packet{who: who, nas: "nas-1"}, nil) }

// lapse is a login of ada's that nobody answers in time.
func (c *cast) lapse() {
	c.log(home())
	c.pass(14)
}

// accepted is a login of ada's that was let in.
func (c *cast) accepted() {
	c.log(home())
	c.pass(4)
	c.yes(1)
	c.pass(4)
}

// yes and no are the person's hand on the n-th push from the first.
func (h *house) yes(n uint64) { h.sky.ApprovePush(n) }
func (h *house) no(n uint64)  { h.sky.DenyPush(n) }

func TestScenes(t *testing.T) {
	for _, s := range slices.Concat(lateScenes(), voidScenes(), restScenes(), sharedScenes(), questionScenes(), memoryScenes(), goneScenes(), outageScenes()) {
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
	s.play(&cast{h})
	h.close()
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
	return []scene{
		{name: "the very same login gets it", want: "push_timeout approved", play: func(c *cast) {
			c.lapse()
			c.yes(1)
			c.pass(6)
			c.log(home())
		}},
		{name: "once", want: "push_timeout approved push_timeout", play: func(c *cast) {
			c.lapse()
			c.yes(1)
			c.pass(6)
			c.log(home())
			c.pass(12) // it is no copy any more
			c.log(home())
		}},
		{name: "not where it is off", change: uncredited, want: "push_timeout push_timeout", play: func(c *cast) {
			c.lapse()
			c.yes(1)
			c.pass(6)
			c.log(home())
		}},
		{name: "a thief does not", want: "push_timeout push_timeout", play: func(c *cast) {
			c.lapse()
			c.yes(1)
			c.pass(6)
			c.log(thief())
		}},
		{name: "nor does another person of the same phone", want: "push_timeout push_timeout", play: func(c *cast) {
			c.lapse()
			c.yes(1)
			c.pass(6)
			c.log(bda())
		}},
	}
}

// voidScenes are about what takes a late approval away.
func voidScenes() []scene {
	return []scene{
		{name: "a thief in between voids it", want: "push_timeout push_timeout push_timeout", play: func(c *cast) {
			c.lapse()
			c.yes(1)
			c.pass(6)
			c.log(thief())
			c.pass(12)
			c.log(home())
		}},
		{name: "a thief who comes first, before anybody has looked, gets nothing either", want: "push_timeout push_timeout", play: func(c *cast) {
			c.lapse()
			c.yes(1)
			c.log(thief())
		}},
		{name: "both at once collide", want: "push_timeout collision collision push_timeout", play: func(c *cast) {
			c.lapse()
			c.log(home())
			c.log(thief())
			c.yes(1)
			c.pass(1)
			c.log(home())
		}},
		{name: "a thief in between, whom the person's own login waits out, gets no credit of theirs", want: "push_timeout push_timeout push_timeout", play: func(c *cast) {
			c.lapse()
			c.log(thief())
			c.pass(13)
			c.yes(2) // the thief's push
			c.pass(2)
			c.log(home())
		}},
		{name: "denied on the phone", want: "push_timeout push_timeout", play: func(c *cast) {
			c.lapse()
			c.no(1)
			c.pass(6)
			c.log(home())
		}},
		{name: "denied while the renewal drains, and then an older push is approved", change: keepsResults, want: "push_timeout push_timeout push_timeout", play: func(c *cast) {
			c.lapse()
			c.log(home())
			c.pass(14)
			c.log(home())
			c.no(2)
			c.pass(0.06) // the drain has read it
			c.yes(1)
		}},
		{name: "over after thirty seconds", want: "push_timeout push_timeout", play: func(c *cast) {
			c.lapse()
			c.yes(1)
			c.pass(28)
			c.log(home())
		}},
		{name: "gone with a restart, whose first login drains", want: "push_timeout push_timeout", play: func(c *cast) {
			c.lapse()
			c.yes(1)
			c.restart()
			c.log(home())
		}},
	}
}

// restScenes are about what lies at iVALT after an accept or a restart.
func restScenes() []scene {
	return []scene{
		{name: "sticky: a login right after an accept", change: sticky, want: "approved stale_approval", play: func(c *cast) {
			c.accepted()
			c.pass(5)
			c.log(thief())
		}},
		{name: "the same with a copy that joins late", change: sticky, want: "approved approved stale_approval", play: func(c *cast) {
			c.accepted()
			c.log(home())
			c.log(thief())
		}},
		{name: "sticky: a restart right after an accept", change: sticky, want: "approved stale_approval", play: func(c *cast) {
			c.accepted()
			c.restart()
			c.log(thief())
		}},
		{name: "a restart with an open push, approved meanwhile", want: "shutting_down push_timeout", play: func(c *cast) {
			c.log(home())
			c.pass(3)
			c.restart()
			c.yes(1)
			c.log(thief())
		}},
		{name: "the same at an iVALT that keeps everything", change: sticky, want: "shutting_down stale_approval", play: func(c *cast) {
			c.log(home())
			c.pass(3)
			c.restart()
			c.yes(1)
			c.log(thief())
		}},
	}
}

// sharedScenes are about two who want one phone.
func sharedScenes() []scene {
	return []scene{
		{name: "the person's renewal is open when a thief comes, who is refused alone", change: keepsFirst, want: "push_timeout approved collision", play: func(c *cast) {
			c.lapse()
			c.log(home())
			c.pass(2)
			c.log(thief())
			c.yes(1)
		}},
		{name: "a thief's login is open when the person's renewal comes, which is refused alone", change: keepsFirst, want: "push_timeout push_timeout collision push_timeout", play: func(c *cast) {
			c.lapse()
			c.yes(1)
			c.log(thief())
			c.log(home())
			c.pass(13)
			c.log(home())
		}},
		{name: "a collision, and then the first again: an approval before its push is nobody's", want: "collision collision push_timeout", play: func(c *cast) {
			c.log(home())
			c.pass(2)
			c.log(thief())
			c.yes(1)
			c.pass(1)
			c.log(home())
		}},
		{name: "the first is kept, and what it approves is its own", change: keepsFirst, want: "approved collision", play: func(c *cast) {
			c.log(home())
			c.pass(2)
			c.log(thief())
			c.yes(1)
		}},
		{name: "a shared phone: the other one collides", change: always, want: "collision collision", play: func(c *cast) {
			c.log(home())
			c.pass(0.02)
			c.log(bda())
		}},
		{name: "a second push on the phone is approved too: it is nobody's", change: consumed, want: "push_timeout approved push_timeout", play: func(c *cast) {
			c.log(home())
			c.pass(50)
			c.log(home())
			c.pass(4)
			c.yes(2)
			c.pass(5)
			c.yes(1)
			c.pass(2)
			c.log(thief())
		}},
		{name: "a wrong password voids nothing and rings nobody", want: "push_timeout bad_password approved", play: func(c *cast) {
			c.log(home())
			c.pass(14)
			c.yes(1)
			wrong := home()
			wrong.password = "guess"
			c.log(wrong)
			c.pass(6)
			c.log(home())
		}},
	}
}

// spoiler is what is done to a world in which one login was approved and the next one was not, and what the judge says of it.
type spoiler struct {
	spoil func(h *house)
	want  string
}

func spoilers() map[string]spoiler {
	return map[string]spoiler{
		"sound": {func(*house) {}, "[]"},
		"for nothing": {func(h *house) {
			h.exchanges[1].verdict.Kind, h.exchanges[1].verdict.Reason = auth.Accept, auth.ApprovedByPerson
		}, "[attempt %d: let in without an approval after its push; late: %s]"},
		"after its time":   {func(h *house) { h.exchanges[0].at = h.exchanges[0].at.Add(11 * time.Second) }, "[exchange %d: answered after %v exchange %d: let in after the answer had to leave]"},
		"two verdicts":     {func(h *house) { h.exchanges[0].ends++ }, "[exchange %d: %d verdicts]"},
		"without factors":  {func(h *house) { h.people[0].barred = true }, "[exchange %d: let in or asked on against the policy attempt %d: pushed without first factor or policy, or to a phone that nobody asked for attempt %d: pushed without first factor or policy, or to a phone that nobody asked for]"},
		"pushed once more": {func(h *house) { h.crossings = append(h.crossings, h.crossings...) }, "[attempt %d: pushed again though iVALT had answered %d attempt %d: pushed again after %v attempt %d: pushed again though iVALT had answered %d attempt %d: pushed again after %v]"},
		"another's verdict": {func(h *house) {
			h.exchanges[1].era++
			h.asks[1].era++
			other := *h.exchanges[1]
			other.who = thief()
			h.exchanges = append(h.exchanges, &other)
		}, "[exchange %d: got the verdict of another login]"},
		"a wrong password": {func(h *house) { h.exchanges[1].checks[0].right = false }, "[attempt %d: pushed without first factor or policy, or to a phone that nobody asked for]"},
	}
}

// TestTheJudgeSees: an Accept for nothing, and two for one approval, are found.
func TestTheJudgeSees(t *testing.T) {
	for name, tt := range spoilers() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var found []string
				h := open(quiet(), func(format string, _ ...any) { found = append(found, format) })
				<-time.After(10 * time.Minute)
				h.send(packet{who: home(), nas: "nas-1"}, nil)
				<-time.After(4 * time.Second)
				h.yes(1)
				<-time.After(16 * time.Second) // a copy would join
				h.send(packet{who: home(), nas: "nas-1"}, nil)
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
