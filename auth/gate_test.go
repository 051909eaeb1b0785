package auth

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth/copies"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// keeper is a gate that says what the test has it say, and writes down what it is asked and told.
type keeper struct {
	mu    sync.Mutex
	says  map[Stage]Admission // where nothing is said it is open
	asked []Stage
	saw   []Visit
	ends  []End
}

func endAs(why Reason, guess, passed, pushed bool) End {
	return End{Reason: why, Guess: guess, Passed: passed, Pushed: pushed}
}

func (k *keeper) Admit(v Visit, s Stage) Admission {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked, k.saw = append(k.asked, s), append(k.saw, v)
	if a, ok := k.says[s]; ok {
		return a
	}
	return Admission{Open: true}
}

func (k *keeper) Ended(_ Visit, e End) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ends = append(k.ends, e)
}

func (k *keeper) told() []End {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.ends)
}

// kept is a house with a keeper, whose people are listed under another name where one is given.
func kept(listed string) (*house, *keeper) {
	h, k := newHouse(), &keeper{says: map[Stage]Admission{}}
	h.Gate = k
	h.rules.Primaries = with(passwords{"pw"})
	if listed != "" {
		name, err := ParseUsername(listed)
		if err != nil {
			panic(err)
		}
		h.rules.Directory = DirectoryFunc(func(context.Context, Username) (Person, error) { return Person{Name: name}, nil })
	}
	return h, k
}

// TestTheGateIsAskedInOrder: once for each stage that a login reaches, and told once how it ended.
func TestTheGateIsAskedInOrder(t *testing.T) {
	exempt := func(policy.Facts) policy.Decision { return policy.Decision{Action: policy.Exempt, Rule: "r"} }
	deny := func(policy.Facts) policy.Decision { return policy.Decision{Rule: "r"} }
	cases := []struct {
		name   string
		listed string
		decide func(policy.Facts) policy.Decision
		phone  Outcome
		change func(*Request)
		asked  []Stage
		end    End
	}{
		{"approved", "", push, Approved, nil, []Stage{Arriving, Ringing, Entering}, endAs(ApprovedByPerson, false, true, true)},
		{"listed under another name", "robert", push, Approved, nil, []Stage{Arriving, Recognised, Ringing, Entering}, endAs(ApprovedByPerson, false, true, true)},
		{"listed under the same name", "bob", push, Approved, nil, []Stage{Arriving, Ringing, Entering}, endAs(ApprovedByPerson, false, true, true)},
		{"refused on the phone", "", push, Denied, nil, []Stage{Arriving, Ringing}, endAs(PushDenied, false, true, true)},
		{"nobody answers", "", push, TimedOut, nil, []Stage{Arriving, Ringing}, endAs(PushTimeout, false, true, true)},
		{"exempt", "", exempt, NoAnswer, nil, []Stage{Arriving, Entering}, endAs(ExemptByRule, false, true, false)},
		{"denied by policy", "", deny, NoAnswer, nil, []Stage{Arriving}, endAs(PolicyDenied, false, false, false)},
		{"wrong password", "", push, Approved, func(r *Request) { r.Password = secret.New("guess") }, []Stage{Arriving}, endAs(BadPassword, true, false, false)},
		{"no name", "", push, Approved, func(r *Request) { r.Username = "" }, nil, End{}},
		{"foreign State", "", push, Approved, func(r *Request) { r.State = []byte("x") }, nil, End{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, k := kept(c.listed)
				h.decide, h.phone = c.decide, after(time.Second, c.phone)
				r := ask("bob", "pw")
				if c.change != nil {
					c.change(&r)
				}
				h.run(r)
				if !slices.Equal(k.asked, c.asked) {
					t.Errorf("asked at %v, want %v", k.asked, c.asked)
				}
				var ends []End
				if c.asked != nil {
					ends = []End{c.end}
				}
				if !slices.Equal(k.ends, ends) {
					t.Errorf("told of %+v, want %+v", k.ends, ends)
				}
			})
		})
	}
}

// TestImplausiblePasswordsAreNoGuess: what a differing shared secret makes of a password locks nobody out.
func TestImplausiblePasswordsAreNoGuess(t *testing.T) {
	for _, password := range []string{"", "a\xff", "a\x01"} {
		h, k := kept("")
		h.rules.Primaries = with(NoPrimary{})
		want(t, h.run(ask("bob", password)), Reject, BadPassword)
		if len(k.ends) != 1 || k.ends[0].Guess {
			t.Errorf("%q: %+v", password, k.ends)
		}
	}
}

// TestAClosedGate: whatever stage it is closed at, the login is rejected with the gate's reason, and nothing behind it happens.
func TestAClosedGate(t *testing.T) {
	cases := []struct {
		stage    Stage
		says     Admission
		reason   Reason
		directed int // asks of the directory
		pushes   int
	}{
		{Arriving, Admission{Reason: LockedOut, Detail: "until noon"}, LockedOut, 0, 0},
		{Arriving, Admission{}, Unavailable, 0, 0},
		{Arriving, Admission{Reason: ApprovedByPerson}, ApprovedByPerson, 0, 0},
		{Recognised, Admission{Reason: LockedOut, Detail: "until noon"}, LockedOut, 1, 0},
		{Ringing, Admission{Reason: RateLimited, Detail: "until noon"}, RateLimited, 1, 0},
		{Entering, Admission{Reason: Blocked, Detail: "until noon"}, Blocked, 1, 1},
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.stage, c.says), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, k := kept("robert")
				directed, people := 0, h.rules.Directory
				h.rules.Directory = DirectoryFunc(func(ctx context.Context, u Username) (Person, error) {
					directed++
					return people.Person(ctx, u)
				})
				k.says[c.stage] = c.says
				v := h.run(ask("bob", "pw"))
				want(t, v, Reject, c.reason)
				h.wantPushes(t, c.pushes)
				if directed != c.directed || v.Silent {
					t.Errorf("the directory was asked %d times, want %d; silent: %t", directed, c.directed, v.Silent)
				}
				if len(h.concluded) != 1 || h.concluded[0].Detail != c.says.Detail || len(h.committed) != 0 {
					t.Errorf("evidence: %+v, committed %+v", h.concluded, h.committed)
				}
				if told := c.stage != Arriving; told != (len(k.ends) == 1) {
					t.Errorf("told of %+v", k.ends)
				}
			})
		})
	}
}

// TestTheGateClosesBeforeAnExempt: a block holds for whom no phone rings, too.
func TestTheGateClosesBeforeAnExempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, k := kept("")
		h.decide = only("bob", policy.Decision{Action: policy.Exempt, Rule: "r"})
		k.says[Entering] = Admission{Reason: Blocked}
		want(t, h.run(ask("bob", "pw")), Reject, Blocked)
	})
}

// TestARetryIsNoSecondLogin: a copy that joins is asked about at no stage, and the login ends once.
func TestARetryIsNoSecondLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, k := kept("")
		first := h.start(ask("bob", "pw"))
		second := h.start(ask("bob", "pw"))
		want(t, <-first, Accept, ApprovedByPerson)
		want(t, <-second, Accept, ApprovedByPerson)
		if !slices.Equal(k.asked, []Stage{Arriving, Ringing, Entering}) || len(k.ends) != 1 {
			t.Errorf("asked at %v, told of %+v", k.asked, k.ends)
		}
		want(t, h.run(ask("bob", "pw")), Accept, ApprovedByPerson) // a late copy: blocked since?
		k.says[Entering] = Admission{Reason: Blocked}
		want(t, h.run(ask("bob", "pw")), Reject, Blocked)
		if !slices.Equal(k.asked[3:], []Stage{Entering, Entering}) {
			t.Errorf("a late copy was asked about at %v", k.asked[3:])
		}
	})
}

// TestCopiesThatCross: copies that come while the first factor is being checked are no logins of their own, and whichever of them is checked
// first, the gate is told once how it ended.
func TestCopiesThatCross(t *testing.T) {
	for _, first := range []time.Duration{time.Second, 5 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			h, k := kept("")
			h.rules.Waits = true
			takes := first
			h.rules.Primaries = with(PrimaryFunc(func() {
				d := takes
				takes = 2 * time.Second // all others
				pass(d)
			}))
			var all []<-chan Verdict
			for range 4 {
				all = append(all, h.start(ask("bob", "pw")))
			}
			for _, v := range all {
				want(t, <-v, Accept, ApprovedByPerson)
			}
			if !slices.Equal(k.asked, []Stage{Arriving, Ringing, Entering}) || !slices.Equal(k.told(), []End{endAs(ApprovedByPerson, false, true, true)}) {
				t.Errorf("asked at %v, told of %+v", k.asked, k.told())
			}
			h.wantPushes(t, 1)
		})
	}
}

// TestTooManyCopies: who sends one login over and over while it is being checked comes to the gate again; what it lets in that then joins is
// taken back.
func TestTooManyCopies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, k := kept("")
		h.rules.Waits = true
		h.rules.Primaries = with(PrimaryFunc(func() { pass(time.Second) }))
		var all []<-chan Verdict
		for range copies.Most + 2 {
			all = append(all, h.start(ask("bob", "pw")))
		}
		for _, v := range all {
			want(t, <-v, Accept, ApprovedByPerson)
		}
		ends := k.told()
		slices.SortFunc(ends, func(a, b End) int { return int(a.Reason) - int(b.Reason) })
		if !slices.Equal(ends, []End{{}, endAs(ApprovedByPerson, false, true, true)}) {
			t.Errorf("told of %+v", ends)
		}
	})
}

// PrimaryFunc is a first factor that everybody passes once the function returns.
type PrimaryFunc func()

// Verify implements Primary.
func (f PrimaryFunc) Verify(context.Context, Subject, *Request) (Checked, error) {
	f()
	return Checked{Password: true}, nil
}

// TestAnUnansweredPhoneIsSilence: where the NAS gets silence for a push that nobody answered, it gets it too where none is sent for that.
func TestAnUnansweredPhoneIsSilence(t *testing.T) {
	for _, c := range []struct{ asleep, silent, want bool }{{true, true, true}, {true, false, false}, {false, true, false}} {
		synctest.Test(t, func(t *testing.T) {
			h, k := kept("")
			k.says[Ringing] = Admission{Reason: RateLimited, Asleep: c.asleep}
			v := h.run(ask("bob", "pw", func(r *Request) { r.Client.SilentTimeout = c.silent }))
			want(t, v, Reject, RateLimited)
			if v.Silent != c.want {
				t.Errorf("%+v: silent %t", c, v.Silent)
			}
		})
	}
}

// TestTheGateIsToldOfEveryEnd: also where a question is abandoned, and where a login panics.
func TestTheGateIsToldOfEveryEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, k := kept("")
		h.rules.ChallengeFor, h.phone = time.Minute, after(time.Hour, Approved)
		want(t, h.run(ask("bob", "pw", asks(ConfirmPhone))), Challenge, Challenged)
		if ends := k.told(); len(ends) != 0 {
			t.Errorf("told of %+v while the question is open", ends)
		}
		pass(2 * time.Minute)
		synctest.Wait()
		if ends := k.told(); !slices.Equal(ends, []End{endAs(PushTimeout, false, true, true)}) {
			t.Errorf("told of %+v", ends)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		h, k := kept("")
		h.Pusher = fragile{}
		func() {
			defer func() { _ = recover() }()
			h.run(ask("bob", "pw"))
		}()
		if !slices.Equal(k.ends, []End{endAs(Unavailable, false, true, false)}) {
			t.Errorf("told of %+v", k.ends)
		}
	})
}

// TestAQuestionEndsOnce: a login over several exchanges is let in once, and ends once.
func TestAQuestionEndsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, k := kept("")
		h.rules.ChallengeFor, h.phone = time.Minute, after(5*time.Second, Approved)
		v := h.run(ask("bob", "pw", asks(ConfirmPhone)))
		challenged(t, v, confirm(h.pushes[0].Number))
		want(t, h.run(ask("bob", "", asks(ConfirmPhone), answer(v, ""))), Accept, ApprovedByPerson)
		want(t, h.run(ask("bob", "", asks(ConfirmPhone), answer(v, ""))), Accept, ApprovedByPerson) // a copy of the answer
		if !slices.Equal(k.asked, []Stage{Arriving, Ringing, Entering, Entering}) || len(k.ends) != 1 || k.ends[0].Reason != ApprovedByPerson {
			t.Errorf("asked at %v, told of %+v", k.asked, k.ends)
		}
	})
}

// TestAFamiliarPlaceReachesTheFirstFactor: who comes as always does not stand in the strangers' line.
func TestAFamiliarPlaceReachesTheFirstFactor(t *testing.T) {
	for _, familiar := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			h, k := kept("")
			k.says[Arriving] = Admission{Open: true, Familiar: familiar}
			var saw Subject
			h.rules.Primaries = with(seer{&saw})
			want(t, h.run(ask("bob", "pw")), Accept, ApprovedByPerson)
			if saw.Familiar != familiar {
				t.Errorf("familiar %t, and the first factor sees %t", familiar, saw.Familiar)
			}
		})
	}
}

// seer writes down whom it checks.
type seer struct{ saw *Subject }

// Verify implements Primary.
func (s seer) Verify(_ context.Context, who Subject, _ *Request) (Checked, error) {
	*s.saw = who
	return Checked{Password: true}, nil
}

// TestWhatTheGateSees: the names, the place and the client.
func TestWhatTheGateSees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, k := kept("robert")
		h.run(ask("Bob", "pw"))
		r := ask("Bob", "pw")
		for i, v := range k.saw {
			person := "robert"
			if k.asked[i] == Arriving {
				person = "" // nobody was asked yet
			}
			if v.Client != "vpn" || v.User.String() != "bob" || v.Person != person || v.Station != r.CallingStation || v.From != r.From {
				t.Errorf("at %v: %+v", k.asked[i], v)
			}
		}
	})
}
