package ivalt

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/state"
)

// pocket is a phone whose person may approve at a moment: iVALT keeps one result, and a read takes it where it is not sticky.
type pocket struct {
	approves time.Duration // from the first push; 0: never
	denies   time.Duration
	sticky   bool

	rang []time.Duration
	read bool
}

func (p *pocket) answer(r request) reply {
	switch {
	case r.mobile == "":
		return wait()
	case r.path == pushPath:
		p.rang = append(p.rang, r.at)
		return sent()
	case len(p.rang) == 0 || p.read:
		return wait()
	}
	since := r.at - p.rang[0]
	switch {
	case p.approves > 0 && since >= p.approves:
		p.read = !p.sticky
		return said()
	case p.denies > 0 && since >= p.denies:
		p.read = !p.sticky
		return no()
	}
	return wait()
}

// lateLogin is a login of ten seconds, and what comes behind its time-out.
type lateLogin struct {
	name   string
	pocket pocket
	credit time.Duration
	before func(*house)  // the next login; nil: nothing
	after  time.Duration // from the first login's answer to the next login
	renews string
	mobile string // of the next one; empty: the same
	want   auth.Outcome
	pushes int // in all
	events []string
}

func lateLogins() []lateLogin {
	const credit = 30 * time.Second
	return []lateLogin{
		{name: "approved in time for the next one", pocket: pocket{approves: 15 * time.Second}, credit: credit, after: 12 * time.Second, renews: "a1", want: auth.Approved, pushes: 1, events: []string{"late_approval"}},
		{name: "and sticky", pocket: pocket{approves: 15 * time.Second, sticky: true}, credit: credit, after: 12 * time.Second, renews: "a1", want: auth.Approved, pushes: 1, events: []string{"late_approval"}},
		{name: "approved, and nobody has looked yet: the drain finds it", pocket: pocket{approves: 10500 * time.Millisecond}, credit: credit, after: 800 * time.Millisecond, renews: "a1", want: auth.Approved, pushes: 1, events: []string{"late_approval"}},
		{name: "the next one differs", pocket: pocket{approves: 15 * time.Second}, credit: credit, after: 12 * time.Second, want: auth.TimedOut, pushes: 2, events: []string{"late_approval"}},
		{name: "the next one renews another", pocket: pocket{approves: 15 * time.Second}, credit: credit, after: 12 * time.Second, renews: "a0", want: auth.TimedOut, pushes: 2, events: []string{"late_approval"}},
		{name: "another phone", pocket: pocket{approves: 15 * time.Second}, credit: credit, after: 12 * time.Second, renews: "a1", mobile: otherPhone, want: auth.TimedOut, pushes: 2, events: []string{"late_approval"}},
		{name: "no credit: the approval is drained", pocket: pocket{approves: 15 * time.Second}, after: 12 * time.Second, renews: "a1", want: auth.TimedOut, pushes: 2},
		{name: "no credit, sticky: denied as stale", pocket: pocket{approves: 15 * time.Second, sticky: true}, after: 12 * time.Second, renews: "a1", want: auth.Stale, pushes: 2, events: []string{"stale_approval"}},
		{name: "the credit is over", pocket: pocket{approves: 15 * time.Second}, credit: credit, after: 33 * time.Second, renews: "a1", want: auth.TimedOut, pushes: 2, events: []string{"late_approval"}},
		{name: "approved behind the credit", pocket: pocket{approves: 45 * time.Second}, credit: credit, after: 40 * time.Second, renews: "a1", want: auth.TimedOut, pushes: 2},
		{name: "denied instead", pocket: pocket{denies: 15 * time.Second}, credit: credit, after: 12 * time.Second, renews: "a1", want: auth.TimedOut, pushes: 2},
		{
			name: "a different login came between", pocket: pocket{approves: 15 * time.Second}, credit: credit, after: 12 * time.Second, renews: "a1", want: auth.TimedOut, pushes: 3, events: []string{"late_approval"},
			before: func(h *house) {
				other := h.Begin(h.short("b1", ""))
				synctest.Wait()
				other.Withdraw()
			},
		},
		{
			name: "two different logins collided between", pocket: pocket{approves: 15 * time.Second}, credit: credit, after: 12 * time.Second, renews: "a1", want: auth.TimedOut, pushes: 3, events: []string{"late_approval", "collision"},
			before: func(h *house) {
				h.Begin(h.short("b1", ""))
				synctest.Wait()
				h.Begin(h.short("b2", ""))
				synctest.Wait()
			},
		},
	}
}

// short is a login whose final poll leaves after ten seconds.
func (h *house) short(attempt, renews string) *auth.Push {
	p := pushTo(h.t, attempt, testMobile)
	p.Deadline, p.Renews = time.Now().Add(12*time.Second), renews
	return p
}

func TestLateApprovals(t *testing.T) {
	for _, tc := range lateLogins() {
		t.Run(tc.name, func(t *testing.T) { synctest.Test(t, tc.run) })
	}
}

func (tc *lateLogin) run(t *testing.T) {
	h := newHouse(t, settings(), tc.pocket.answer)
	h.age()
	first := h.short("a1", "")
	first.LateCredit = tc.credit
	if a := h.push(t.Context(), first); a.Outcome != auth.TimedOut {
		t.Fatalf("the first login: %s", a.Outcome.String())
	}
	<-time.After(tc.after)
	synctest.Wait()
	if tc.before != nil {
		tc.before(h)
		synctest.Wait()
		<-time.After(2 * holdFor)
	}
	next := h.short("a2", tc.renews)
	if tc.mobile != "" {
		next.Person.Mobile = mobile(t, tc.mobile)
	}
	a := h.push(t.Context(), next)
	if a.Outcome != tc.want {
		t.Errorf("%s (%s), want %s", a.Outcome.String(), a.Detail, tc.want.String())
	}
	if n := len(tc.pocket.rang); n != tc.pushes {
		t.Errorf("%d pushes, want %d", n, tc.pushes)
	}
	if diff := cmp.Diff(tc.events, h.notes.security()); diff != "" {
		t.Errorf("security events (-want +got):\n%s", diff)
	}
	if tc.want != auth.Approved {
		return
	}
	if !strings.Contains(a.Detail, "a1 had to leave") || a.Mobile != mobile(t, testMobile) {
		t.Errorf("the evidence does not say that it was late: %+v", a)
	}
	// Once, and never again.
	again := h.push(t.Context(), h.short("a3", "a1"))
	if want := tc.pocket.next(); again.Outcome != want || len(tc.pocket.rang) != tc.pushes+1 {
		t.Errorf("a second time: %s after %d pushes", again.Outcome.String(), len(tc.pocket.rang))
	}
}

// next is what another login comes to once the approval was counted.
func (p *pocket) next() auth.Outcome {
	if p.sticky {
		return auth.Stale
	}
	return auth.TimedOut
}

// TestALatePollThatIsUnderWayFindsItsHeir: a poll of the lapsed login reads the approval, and iVALT forgets it; the very same login
// that waits meanwhile gets it, a different one does not.
func TestALatePollThatIsUnderWayFindsItsHeir(t *testing.T) {
	for _, tc := range []struct {
		renews string
		want   auth.Outcome
		pushes int
	}{{"a1", auth.Approved, 1}, {"", auth.TimedOut, 2}} {
		t.Run(fmt.Sprintf("renews %q", tc.renews), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := pocket{approves: 11 * time.Second}
				h := underWay(t, &p)
				if a := h.push(t.Context(), h.short("a2", tc.renews)); a.Outcome != tc.want || len(p.rang) != tc.pushes {
					t.Errorf("%s (%s) after %d pushes", a.Outcome.String(), a.Detail, len(p.rang))
				}
			})
		})
	}
}

// TestALateFinalPoll: the final poll's answer is slower than the NAS's patience, and holds the approval.
func TestALateFinalPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pocket{approves: 9900 * time.Millisecond}
		h := newHouse(t, settings(), func(r request) reply {
			a := p.answer(r)
			if r.at >= 10*time.Second && r.at < 11*time.Second {
				a.after = 5 * time.Second
			}
			return a
		})
		h.age()
		first := h.short("a1", "")
		first.LateCredit = 30 * time.Second
		if a := h.push(t.Context(), first); a.Outcome != auth.NoAnswer {
			t.Fatalf("%+v", a)
		}
		<-time.After(5 * time.Second)
		if a := h.push(t.Context(), h.short("a2", "a1")); a.Outcome != auth.Approved || len(p.rang) != 1 {
			t.Errorf("%+v after %d pushes", a, len(p.rang))
		}
	})
}

// TestLatePollsComeLast: who waits is asked for before who was answered.
func TestLatePollsComeLast(t *testing.T) {
	ranks := []uint8{course.RankPush, course.RankLast, course.RankPoll, course.RankLookUp, course.RankLate}
	for i := 1; i < len(ranks); i++ {
		if ranks[i-1] >= ranks[i] {
			t.Error("the order of calls is not that of docs/ivalt.md")
		}
	}
	synctest.Test(t, func(t *testing.T) {
		p := pocket{}
		h := newHouse(t, settings(), p.answer)
		h.age()
		first := h.short("a1", "")
		first.LateCredit = 30 * time.Second
		h.push(t.Context(), first)
		h.scheduler.mu.Lock()
		l := h.scheduler.phones.of(mobile(t, testMobile)).lapsed
		h.scheduler.mu.Unlock()
		if l == nil || l.reserved != 0 {
			t.Fatal("a lapsed login keeps places in the budget, or is not looked after")
		}
		<-time.After(time.Minute)
		if n := h.fake.count(resultPath); n < 6 || n > 14 {
			t.Errorf("%d polls in all", n)
		}
		for _, at := range h.fake.times(resultPath) {
			if at > 12*time.Second+30*time.Second {
				t.Errorf("a poll at %v, behind the credit", at)
			}
		}
	})
}

// underWay is a house in which the login a1 has timed out, and a late poll has read its approval: the answer takes three seconds.
func underWay(t *testing.T, p *pocket) *house {
	t.Helper()
	h := newHouse(t, settings(), func(r request) reply {
		a := p.answer(r)
		if a.status == http.StatusOK && r.path == resultPath {
			a.after = 3 * time.Second
		}
		return a
	})
	h.age()
	first := h.short("a1", "")
	first.LateCredit = 30 * time.Second
	h.push(t.Context(), first)
	h.taken(p)
	return h
}

// taken waits until a poll has read the approval, whose answer may still be under way.
func (h *house) taken(p *pocket) {
	for taken := false; !taken; {
		<-time.After(10 * time.Millisecond)
		h.fake.mu.Lock()
		taken = p.read
		h.fake.mu.Unlock()
	}
}

// TestAnHeirThatIsGoneInheritsNothing: the very same login came, and ended, while a late poll with the approval was under way. Nobody
// gets it then.
func TestAnHeirThatIsGoneInheritsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pocket{approves: 11 * time.Second}
		h := underWay(t, &p)
		heir := h.Begin(h.short("a2", "a1"))
		synctest.Wait()
		heir.Withdraw()
		<-time.After(4 * time.Second)
		for _, renews := range []string{"a2", "a1"} {
			if a := h.push(t.Context(), h.short("b"+renews, renews)); a.Outcome == auth.Approved {
				t.Errorf("renewing %s: %s", renews, a.Detail)
			}
		}
	})
}

// TestAVoidedLoginIsNotPolledFor: once a different login has the phone, nothing is asked for the lapsed one any more, not even behind
// a poll that was under way.
func TestAVoidedLoginIsNotPolledFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pocket{}
		slow := time.Duration(0)
		h := newHouse(t, settings(), func(r request) reply {
			a := p.answer(r)
			a.after = slow
			return a
		})
		h.age()
		first := h.short("a1", "")
		first.LateCredit = 30 * time.Second
		h.push(t.Context(), first)
		h.fake.mu.Lock()
		slow = 2 * time.Second
		h.fake.mu.Unlock()
		before := h.fake.count(resultPath)
		for h.fake.count(resultPath) == before { // a late poll leaves
			<-time.After(10 * time.Millisecond)
		}
		other := h.Begin(h.short("b1", ""))
		synctest.Wait()
		other.Withdraw()
		before = h.fake.count(resultPath)
		<-time.After(40 * time.Second)
		if n := h.fake.count(resultPath) - before; n != 0 {
			t.Errorf("%d polls for a login that is void", n)
		}
	})
}

// TestNoCreditWithoutASentinel: while no look has found the phone without an approval, none that comes late can be told from an old one.
func TestNoCreditWithoutASentinel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(r request) reply {
			if r.path == pushPath {
				return sent()
			}
			return tooMany() // no answer at all, and no failure
		})
		h.age()
		first := h.short("a1", "")
		first.LateCredit = 30 * time.Second
		h.push(t.Context(), first)
		before := h.fake.count(resultPath)
		<-time.After(40 * time.Second)
		if n := h.fake.count(resultPath) - before; n != 0 {
			t.Errorf("%d late polls", n)
		}
	})
}

// TestALatePollWaitsBehindALookUp is the lowest place in the queue.
func TestALatePollWaitsBehindALookUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pocket{}
		h := newHouse(t, settings(), p.answer)
		h.age()
		first := h.short("a1", "")
		first.LateCredit = 30 * time.Second
		h.push(t.Context(), first)
		sch := h.scheduler
		sch.mu.Lock()
		defer sch.mu.Unlock()
		now := sch.now()
		late := sch.phones.of(mobile(t, testMobile)).lapsed
		newcomer := newLogin(byEmail(t, "a2", "ada@example.com"))
		newcomer.id, newcomer.plan, newcomer.next = late.id+1, sch.plan, step{Do: course.Ask, Call: course.LookUp, At: now}
		sch.queue(late, now)
		sch.queue(newcomer, now)
		if l, _ := sch.head(now); l != newcomer {
			t.Error("a late poll goes before a look-up")
		}
		sch.forget(newcomer)
	})
}

// TestLatePollsTakeNothingFromOthers: while the budget is short nobody is polled for who was answered.
func TestLatePollsTakeNothingFromOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pocket{}
		s := settings()
		s.Limits = state.Limits{PerMinute: 100}
		h := newHouse(t, s, p.answer)
		h.age()
		first := h.short("a1", "")
		first.LateCredit = 30 * time.Second
		h.push(t.Context(), first)
		if !h.scheduler.budget.Reserve(60) {
			t.Fatal("no room")
		}
		before := h.fake.count(resultPath)
		<-time.After(12 * time.Second)
		if n := h.fake.count(resultPath) - before; n != 0 {
			t.Errorf("%d late polls while the budget is short", n)
		}
		h.scheduler.budget.Release(60)
		<-time.After(12 * time.Second)
		if n := h.fake.count(resultPath) - before; n == 0 {
			t.Error("none while it is idle")
		}
	})
}
