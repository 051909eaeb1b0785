package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth/carried"
)

// leave has a house leave its logins, as the next one reads them.
func (h *house) leave(t *testing.T) *carried.Logins {
	t.Helper()
	h.Leave(t.Context())
	synctest.Wait()
	text, err := json.Marshal(h.Carried()) //nolint:gosec // no disk sees it
	if err != nil {
		t.Fatal(err)
	}
	read := &carried.Logins{}
	if err := json.Unmarshal(text, read); err != nil {
		t.Fatal(err)
	}
	return read
}

// heir is the house that takes the place of this one. The phone goes on as it did.
func (h *house) heir(all *carried.Logins) (*house, *keeper) {
	next, k := newHouse(), &keeper{says: map[Stage]Admission{}}
	rules := *h.rules
	rules.Policy = next
	next.rules, next.phone, next.decide = &rules, h.phone, h.decide
	o := next.Options
	o.Carried, o.Gate = all, k
	next.Flow = New(o)
	return next, k
}

// carriedBy gives a request the octets that it came with.
func carriedBy(r *Request) {
	r.Datagram = func() carried.Datagram {
		return carried.Datagram{Source: netip.MustParseAddrPort("192.0.2.1:40000"), Received: r.Received, Octets: []byte{1}}
	}
}

// wantLeft demands that a login has no answer here, nor evidence of one.
func (h *house) wantLeft(t *testing.T, v Verdict) {
	t.Helper()
	if !v.Left || !v.Silent || v.Kind != Reject || len(h.committed)+len(h.concluded) != 0 {
		t.Errorf("%+v, %d and %d are on record", v, len(h.committed), len(h.concluded))
	}
}

// TestAWaitingLoginGoesOn: its answer is the next process's, of the push that rings; the gates are asked and told once, of both processes.
func TestAWaitingLoginGoesOn(t *testing.T) {
	for name, c := range map[string]struct {
		outcome Outcome
		kind    Kind
		reason  Reason
	}{"approved": {Approved, Accept, ApprovedByPerson}, "denied": {Denied, Reject, PushDenied}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, before := kept("")
				h.phone = after(10*time.Second, c.outcome)
				req := ask("bob", "pw")
				one, two := h.start(req), h.start(req)
				pass(2 * time.Second)
				all := h.leave(t)
				h.wantLeft(t, <-one)
				h.wantLeft(t, <-two)
				if len(all.Attempts) != 1 || !all.Attempts[0].Rang || !all.Attempts[0].Owing {
					t.Fatalf("left: %+v", all)
				}
				next, k := h.heir(all)
				one, two = next.start(req), next.start(req)
				last := <-one
				want(t, last, c.kind, c.reason)
				want(t, <-two, c.kind, c.reason)
				next.wantPushes(t, 1)
				if p, was := next.pushes[0], h.pushes[0]; !p.Rings || p.Attempt != was.Attempt || p.Number != was.Number || last.Attempt != was.Attempt || h.pushes[0].Rings {
					t.Errorf("the push was %+v, and is %+v", was, p)
				}
				for _, s := range k.asked {
					if s == Arriving || s == Ringing {
						t.Errorf("the gate is asked again: %v", k.asked)
					}
				}
				if len(before.told()) != 0 || len(k.told()) != 1 {
					t.Errorf("the gates are told %v and %v", before.told(), k.told())
				}
			})
		})
	}
}

// TestAnAnswerThatIsThereStays: what the phone said before its login was left is concluded here.
func TestAnAnswerThatIsThereStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		said := make(chan struct{})
		h.phone = func(context.Context, *Push) Answer {
			<-said
			return Answer{Outcome: Approved, Pushed: true}
		}
		one := h.start(ask("bob", "pw"))
		h.attempts.leave()
		close(said)
		want(t, <-one, Accept, ApprovedByPerson)
		if all := h.leave(t); len(all.Attempts) != 0 {
			t.Errorf("it is left all the same: %+v", all)
		}
	})
}

// TestARecordThatIsNotOnDiskYet: the next process asks for the answer of the very same push, and no phone rings again.
func TestARecordThatIsNotOnDiskYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.commitFor = 30 * time.Second
		req := ask("bob", "pw")
		one := h.start(req)
		pass(7 * time.Second)
		all := h.leave(t)
		if len(all.Attempts) != 1 || !all.Attempts[0].Rang {
			t.Fatalf("left: %+v", all)
		}
		next, _ := h.heir(all)
		want(t, next.run(req), Accept, ApprovedByPerson)
		if p := next.pushes[0]; !p.Rings || p.Attempt != h.pushes[0].Attempt {
			t.Errorf("the push was %+v, and is %+v", h.pushes[0], p)
		}
		<-one // which nobody hears
	})
}

// TestFewerAttemptsThanBefore: who waited goes on also where the settings have no room for as many now; who comes anew finds none.
func TestFewerAttemptsThanBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.phone = after(10*time.Second, Approved)
		users := []string{"bob", "eve", "ann"}
		for _, user := range users {
			h.start(ask(user, "pw"))
		}
		pass(time.Second)
		next, _ := h.heir(h.leave(t))
		next.rules.MaxAttempts = 1
		var all []<-chan Verdict
		for _, user := range users {
			all = append(all, next.start(ask(user, "pw")))
		}
		want(t, next.run(ask("new", "pw")), Reject, Busy)
		for _, v := range all {
			want(t, <-v, Accept, ApprovedByPerson)
		}
	})
}

// TestNobodyIsAdmittedBehindLeave: whoever comes then is judged by the next process.
func TestNobodyIsAdmittedBehindLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.leave(t)
		h.wantLeft(t, h.run(ask("bob", "pw")))
		h.wantPushes(t, 0)
	})
}

// TestALoginThatWaitsForNoPhoneYet is judged anew, and its phone rings once.
func TestALoginThatWaitsForNoPhoneYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		was := carried.Attempt{ID: "a1", Until: time.Now().Add(time.Minute), First: time.Now().Add(-time.Second), Renews: "a0"}
		req := ask("bob", "pw")
		user, err := ParseUsername("bob")
		if err != nil {
			t.Fatal(err)
		}
		k := h.attempts.key(user, &req)
		was.Key = k[:]
		next, gate := h.heir(&carried.Logins{Secret: h.attempts.names.Secret(), Attempts: []carried.Attempt{was, was}})
		v := next.run(req)
		want(t, v, Accept, ApprovedByPerson)
		next.wantPushes(t, 1)
		if p := next.pushes[0]; p.Rings || v.Attempt != "a1" || p.Attempt != "a1" || gate.asked[0] != Ringing {
			t.Errorf("%+v; push %+v; gate %v", v, p, gate.asked)
		}
		pass(11 * time.Second)
		want(t, next.run(req), Accept, ApprovedByPerson)
		if next.wantPushes(t, 2); next.pushes[1].Attempt == "a1" {
			t.Error("an attempt is gone on with twice")
		}
	})
}

// TestAnAcceptIsJoinedInTheNextProcess, for as long as it would have been, by the very same login alone.
func TestAnAcceptIsJoinedInTheNextProcess(t *testing.T) {
	for name, c := range map[string]struct {
		wait   time.Duration
		again  func() Request
		pushes int
	}{
		"the same login": {5 * time.Second, func() Request { return ask("bob", "pw") }, 0},
		"too late":       {10 * time.Second, func() Request { return ask("bob", "pw") }, 1},
		"other password": {0, func() Request { return ask("bob", "pw2") }, 1},
		"other person":   {0, func() Request { return ask("eve", "pw") }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				first := h.run(ask("bob", "pw"))
				want(t, h.run(ask("eve", "other")), Accept, ApprovedByPerson) // several, out of order of nothing
				all := h.leave(t)
				pass(c.wait - 5*time.Second) // eve's took five seconds
				next, _ := h.heir(all)
				v := next.run(c.again())
				want(t, v, Accept, ApprovedByPerson)
				next.wantPushes(t, c.pushes)
				if joined := v.Attempt == first.Attempt; joined != (c.pushes == 0) {
					t.Errorf("attempt %q, it was %q", v.Attempt, first.Attempt)
				}
			})
		})
	}
}

// TestALateApprovalCountsInTheNextProcess: the next push of the very same login renews the one that lapsed.
func TestALateApprovalCountsInTheNextProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.rules.Primaries, h.rules.LateCredit = with(checked{}), 30*time.Second
		h.phone = after(58900*time.Millisecond, TimedOut)
		first := h.run(ask("bob", "pw"))
		next, _ := h.heir(h.leave(t))
		pass(5 * time.Second)
		next.phone = after(0, Denied)
		next.run(ask("bob", "pw"))
		next.run(ask("bob", "pw"))
		if next.wantPushes(t, 2); next.pushes[0].Renews != first.Attempt || next.pushes[1].Renews != "" {
			t.Errorf("renewed: %q, then %q; the first was %q", next.pushes[0].Renews, next.pushes[1].Renews, first.Attempt)
		}
	})
}

// hostile are documents that nobody wrote: each of a login of bob's that was never approved.
func hostile(k key, secret []byte) map[string]carried.Logins {
	now := time.Now()
	accept := carried.Accept{Key: k[:], ID: "a1", First: now, Joinable: now.Add(10 * time.Second), Reason: "approved"}
	with := func(change func(a *carried.Accept)) carried.Logins {
		a := accept
		change(&a)
		return carried.Logins{Secret: secret, Accepts: []carried.Accept{a, a}}
	}
	return map[string]carried.Logins{
		"a short key":       with(func(a *carried.Accept) { a.Key = k[:31] }),
		"a long key":        with(func(a *carried.Accept) { a.Key = append(bytes.Clone(k[:]), 0) }),
		"no key":            with(func(a *carried.Accept) { a.Key = nil }),
		"a wrong key":       with(func(a *carried.Accept) { a.Key = make([]byte, len(k)) }),
		"over":              with(func(a *carried.Accept) { a.Joinable = now }),
		"of no time":        with(func(a *carried.Accept) { a.Joinable = time.Time{} }),
		"a refusal":         with(func(a *carried.Accept) { a.Reason = "push_denied" }),
		"no reason":         with(func(a *carried.Accept) { a.Reason = "" }),
		"another secret":    {Secret: bytes.Repeat([]byte{1}, 32), Accepts: []carried.Accept{accept}},
		"a short secret":    {Secret: secret[:3], Accepts: []carried.Accept{accept}},
		"lapsed for ever":   {Secret: secret, Lapsed: []carried.Lapsed{{Key: k[:], ID: "a1", Until: now.Add(1 << 62)}, {Key: k[:5]}, {Until: now.Add(-1 << 62)}}},
		"a push, and none":  {Secret: secret, Attempts: []carried.Attempt{{Key: k[:], ID: "a1", Push: "a1", Until: now.Add(1 << 62), First: now.Add(1 << 61), Rang: true}}},
		"of long ago":       {Secret: secret, Attempts: []carried.Attempt{{Key: k[:], ID: "a1", Until: now.Add(time.Hour), First: time.Time{}, Rang: true}}},
		"questions, anyhow": {Secret: secret, Questions: []carried.Question{{State: "s", Chosen: -1, Wrong: -1}, {}}},
	}
}

// TestNoDocumentLetsIn: whatever it says, nobody is let in whom no phone approves.
func TestNoDocumentLetsIn(t *testing.T) {
	names := func() []string {
		var all []string
		for name := range hostile(key{}, make([]byte, 32)) {
			all = append(all, name)
		}
		return all
	}
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse()
				h.phone = after(time.Second, Denied)
				user, err := ParseUsername("bob")
				if err != nil {
					t.Fatal(err)
				}
				req := ask("bob", "pw")
				all := hostile(h.attempts.key(user, &req), h.attempts.names.Secret())[name]
				next, _ := h.heir(&all)
				for i := range all.Questions {
					next.resume(t.Context(), req, &all.Questions[i])
				}
				if v := next.run(req); v.Kind != Reject {
					t.Errorf("%+v", v)
				}
				if len(next.committed) > 1 || len(next.pushes) > 1 {
					t.Errorf("%d pushes, on record %+v", len(next.pushes), next.committed)
				}
			})
		})
	}
}

// resume opens a question again, under the rules of now.
func (h *house) resume(ctx context.Context, req Request, q *carried.Question) {
	req.Client.Rules = h.rules
	h.Resume(ctx, &req, q)
	synctest.Wait()
}

// TestANodeLeaves: another node leads what was left, the phone rings once, and the secret of a cluster stays out of the document.
func TestANodeLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCluster()
		a, b, one, two := pair(all)
		left := a.leave(t)
		if v := <-one; !v.Left {
			t.Errorf("%+v", v)
		}
		if len(left.Secret) != 0 || len(left.Attempts) != 1 {
			t.Errorf("left: %+v", left)
		}
		heir := all.join("a2", func(o *Options) { o.Carried = left })
		again := heir.start(ask("bob", "pw", packet(1), id(1)))
		want(t, <-again, Accept, ApprovedByPerson)
		want(t, <-two, Accept, ApprovedByPerson)
		all.wantRings(t, 1)
		b.Stop()
		heir.Stop()
	})
}
