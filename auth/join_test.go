package auth

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/policy"
)

func TestJoining(t *testing.T) {
	station := func(s string) func(*Request) { return func(r *Request) { r.CallingStation = s } }
	scope := func(s string) func(*Request) {
		return func(r *Request) { r.CallingStation, r.JoinScope = "", s }
	}
	cases := []struct {
		name          string
		first, second Request
		pushes        int
	}{
		{"the same login", ask("bob", "pw"), ask("bob", "pw"), 1},
		{"another spelling of the name", ask("bob", "pw"), ask("BOB", "pw"), 1},
		{"another password", ask("bob", "pw"), ask("bob", "pw2"), 2},
		{"another person", ask("bob", "pw"), ask("eve", "pw"), 2},
		{"another calling station", ask("bob", "pw"), ask("bob", "pw", station("203.0.113.10")), 2},
		{"another client", ask("bob", "pw"), ask("bob", "pw", func(r *Request) { r.Client.Name = "vpn2" }), 2},
		{"name and password cut elsewhere", ask("bob", "pw"), ask("bo", "bpw"), 2},
		{"no calling station, another source", ask("bob", "pw", scope("a:1#7")), ask("bob", "pw", scope("a:2#7")), 2},
		{"no calling station, the same source and identifier", ask("bob", "pw", scope("a:1#7")), ask("bob", "pw", scope("a:1#7")), 1},
		{"no calling station, opted in", ask("bob", "pw", scope("")), ask("bob", "pw", scope("")), 1},
		{"a scope that looks like a station", ask("bob", "pw", station("x")), ask("bob", "pw", scope("x")), 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				c.first.Received, c.second.Received = time.Now(), time.Now()
				one := h.start(c.first)
				pass(2 * time.Second)
				two := h.start(c.second)
				v1, v2 := <-one, <-two
				want(t, v1, Accept, ApprovedByPerson)
				want(t, v2, Accept, ApprovedByPerson)
				h.wantPushes(t, c.pushes)
				if (v1.Attempt == v2.Attempt) != (c.pushes == 1) {
					t.Errorf("attempts %q and %q", v1.Attempt, v2.Attempt)
				}
				if len(h.concluded) != c.pushes {
					t.Errorf("%d lines for %d attempts", len(h.concluded), c.pushes)
				}
			})
		})
	}
}

// TestEvidenceOfWhatWasHeard: the record counts the datagrams of every exchange of the attempt, and of no other one.
func TestEvidenceOfWhatWasHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		hears := func() (*audit.Heard, func(*Request)) {
			heard := &audit.Heard{}
			heard.Note(time.Now())
			return heard, func(r *Request) { r.Heard, r.Received = heard, time.Now() }
		}
		first, at := hears()
		one := h.start(ask("bob", "pw", at))
		pass(time.Second)
		first.Note(time.Now())
		second, at := hears()
		two := h.start(ask("bob", "pw", at))
		pass(time.Second)
		second.Note(time.Now())
		want(t, <-one, Accept, ApprovedByPerson)
		want(t, <-two, Accept, ApprovedByPerson)
		second.Note(time.Now())
		h.run(ask("eve", "pw"))
		if e := h.concluded[0]; e.Packets != 4 || e.LastPacket != 2*time.Second || e.Exchanges != 2 {
			t.Errorf("%d packets of %d exchanges, the last after %v", e.Packets, e.Exchanges, e.LastPacket)
		}
		if e := h.concluded[1]; e.Packets != 0 || e.LastPacket != 0 {
			t.Errorf("where nobody listens, %d packets, the last after %v", e.Packets, e.LastPacket)
		}
	})
}

func TestJoiningIsForThoseWhoPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.decide = func(f policy.Facts) policy.Decision {
			if !f.CallingStation.IsValid() {
				return policy.Decision{Rule: "closed"}
			}
			return push(f)
		}
		one := h.start(ask("bob", "pw"))
		nowhere := func(r *Request) { r.From = netip.Addr{} }
		want(t, h.run(ask("bob", "pw", nowhere)), Reject, PolicyDenied)
		want(t, h.run(ask("bob", "pw", func(r *Request) { r.State = []byte("captured") })), Reject, BadRequest)
		want(t, <-one, Accept, ApprovedByPerson)
		h.wantPushes(t, 1)
	})
}

func TestConcludedAttempts(t *testing.T) {
	cases := []struct {
		name   string
		phone  Outcome
		wait   time.Duration
		pushes int
	}{
		{"an Accept joins for ten seconds", Approved, 9 * time.Second, 1},
		{"and no longer", Approved, 10 * time.Second, 2},
		{"a Reject does not join", Denied, time.Second, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				h.phone = after(5*time.Second, c.phone)
				first := h.run(ask("bob", "pw"))
				pass(c.wait)
				second := h.run(ask("bob", "pw"))
				h.wantPushes(t, c.pushes)
				if second.Kind != first.Kind || (c.pushes == 1) != (first.Attempt == second.Attempt) {
					t.Errorf("got %+v after %+v", second, first)
				}
				joined := slices.ContainsFunc(h.noted, func(e audit.Event) bool {
					s, ok := e.(audit.Security)
					return ok && s.Event == "accept_joined"
				})
				if joined != (c.pushes == 1) {
					t.Errorf("the joined Accept left evidence: %v", joined)
				}
			})
		})
	}
}

func TestAnAcceptIsNotJoinedPastAnswerWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.phone = after(55*time.Second, Approved)
		want(t, h.run(ask("bob", "pw")), Accept, ApprovedByPerson)
		pass(5 * time.Second) // 60 s after the first packet: its NAS has given up
		h.phone = after(time.Second, Denied)
		want(t, h.run(ask("bob", "pw")), Reject, PushDenied)
		h.wantPushes(t, 2)
	})
}

func TestAnAcceptIsNotJoinedOutsideTheHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		want(t, h.run(ask("bob", "pw")), Accept, ApprovedByPerson)
		h.decide = func(policy.Facts) policy.Decision { return policy.Decision{Rule: "office", Denial: policy.ByHours} }
		want(t, h.run(ask("bob", "pw")), Reject, OutsideHours)
		h.wantPushes(t, 1)
		if last := h.concluded[len(h.concluded)-1]; last.Verdict != "reject" || last.Reason != "outside_hours" {
			t.Errorf("the refusal leaves no evidence: %+v", last)
		}
	})
}

func TestALateCopyIsJudgedAndRecordedLikeAnAccept(t *testing.T) {
	t.Run("with less than a second left of the hours", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			until := time.Now().Add(8 * time.Second)
			h.decide = func(policy.Facts) policy.Decision {
				return policy.Decision{Action: policy.RequirePush, Rule: "office", Until: until}
			}
			want(t, h.run(ask("bob", "pw")), Accept, ApprovedByPerson)
			pass(2500 * time.Millisecond)
			want(t, h.run(ask("bob", "pw")), Reject, OutsideHours)
			if last := h.concluded[len(h.concluded)-1]; last.Reason != "outside_hours" {
				t.Errorf("the refusal leaves no evidence: %+v", last)
			}
		})
	})
	t.Run("past answer_within of the attempt", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			h.phone = after(50*time.Second, Approved)
			want(t, h.run(ask("bob", "pw")), Accept, ApprovedByPerson)
			pass(5 * time.Second)
			h.commitFor = 20 * time.Second
			want(t, h.run(ask("bob", "pw")), Reject, PushTimeout)
		})
	})
	t.Run("while the trail cannot be written", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			want(t, h.run(ask("bob", "pw")), Accept, ApprovedByPerson)
			h.commitErr = errors.New("disk full")
			want(t, h.run(ask("bob", "pw")), Reject, Unavailable)
		})
	})
}

// id tells an exchange from the others, and names those whose identifier it reuses.
func id(id uint64, replaces ...uint64) func(*Request) {
	return func(r *Request) { r.ID, r.Replaces = id, replaces }
}

func TestReplacedExchanges(t *testing.T) {
	t.Run("another login with the same identifier ends the older one", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			old := h.start(ask("bob", "wrong", id(1)))
			fresh := h.start(ask("bob", "right", id(2, 1)))
			v := <-old
			want(t, v, Reject, PushTimeout)
			if !v.Silent {
				t.Error("the late answer is not dropped")
			}
			want(t, <-fresh, Accept, ApprovedByPerson)
		})
	})
	t.Run("a copy of the same login joins first, and both are answered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			old, fresh := h.start(ask("bob", "pw", id(1))), h.start(ask("bob", "pw", id(2, 1)))
			for _, v := range []Verdict{<-old, <-fresh} {
				want(t, v, Accept, ApprovedByPerson)
				if v.Silent {
					t.Error("a copy is not answered")
				}
			}
			h.wantPushes(t, 1)
		})
	})
	t.Run("a login that policy refuses disturbs nobody", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			h.decide = only("eve", policy.Decision{})
			old := h.start(ask("bob", "pw", id(1)))
			want(t, h.run(ask("eve", "pw", id(2, 1))), Reject, PolicyDenied)
			want(t, h.run(ask("carol", "", id(3, 1))), Reject, BadPassword)
			want(t, <-old, Accept, ApprovedByPerson)
		})
	})
}

func TestReplacedLeaders(t *testing.T) {
	t.Run("the attempt goes on while another exchange waits for it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			lead, joined := h.start(ask("bob", "pw", id(1))), h.start(ask("bob", "pw", id(2)))
			other := h.start(ask("eve", "pw", id(3, 1)))
			v := <-lead
			if !v.Silent {
				t.Error("the withdrawn exchange is answered")
			}
			want(t, <-joined, Accept, ApprovedByPerson)
			want(t, <-other, Accept, ApprovedByPerson)
			if len(h.attempts.waiters) != 0 {
				t.Errorf("waiters left: %d", len(h.attempts.waiters))
			}
		})
	})
	t.Run("DUP-5: every older exchange with the same identifier is withdrawn", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			lead, joined := h.start(ask("bob", "pw", id(1))), h.start(ask("bob", "pw", id(2, 1)))
			other := h.start(ask("eve", "pw", id(3, 2, 1)))
			for _, v := range []Verdict{<-lead, <-joined} {
				want(t, v, Reject, PushTimeout)
				if !v.Silent {
					t.Error("a withdrawn exchange is answered")
				}
			}
			want(t, <-other, Accept, ApprovedByPerson)
			if len(h.attempts.waiters) != 0 {
				t.Errorf("waiters left: %d", len(h.attempts.waiters))
			}
		})
	})
	t.Run("an exempt login ends the older one too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse()
			h.decide = only("svc", policy.Decision{Action: policy.Exempt, Rule: "r"})
			old := h.start(ask("bob", "pw", id(1)))
			want(t, h.run(ask("svc", "pw", id(2, 1))), Accept, ExemptByRule)
			want(t, <-old, Reject, PushTimeout)
		})
	})
}
