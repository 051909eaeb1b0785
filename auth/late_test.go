package auth

import (
	"context"
	"net/netip"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// checked is a first factor: it knows one password.
type checked struct{}

func (checked) Verify(_ context.Context, _ Subject, req *Request) (Checked, error) {
	if !req.Password.Equal(secret.New("pw")) {
		return Checked{}, ErrBadPassword
	}
	return Checked{Password: true}, nil
}

// renewals are a login that nobody answered in time, what comes between, and whether the next one may use its late approval.
type renewal struct {
	name    string
	rules   func(*Rules)
	first   func(*Request)
	answer  Outcome
	between func(*house)
	wait    time.Duration
	next    func(*Request)
	want    bool
	credit  time.Duration // of the first push
}

func renewals() []renewal {
	noStation := func(r *Request) { r.CallingStation, r.From, r.JoinScope = "", netip.Addr{}, "" }
	elsewhere := func(r *Request) { r.CallingStation, r.From = "203.0.113.10", netip.MustParseAddr("203.0.113.10") }
	insecure := func(r *Rules) { r.Primaries, r.InsecureLateCredit = with(NoPrimary{}), 20*time.Second }
	const usual = 30 * time.Second
	return []renewal{
		{name: "the very same login", answer: TimedOut, wait: 5 * time.Second, want: true, credit: usual},
		{name: "whose last poll failed", answer: NoAnswer, wait: 5 * time.Second, want: true, credit: usual},
		{name: "at the end of the credit", answer: TimedOut, wait: 29 * time.Second, want: true, credit: usual},
		{name: "behind it", answer: TimedOut, wait: 31 * time.Second, credit: usual},
		{name: "another client", answer: TimedOut, next: func(r *Request) { r.Client.Name = "other" }, credit: usual},
		{name: "another person", answer: TimedOut, next: func(r *Request) { r.Username = "eve" }, credit: usual},
		{name: "another place", answer: TimedOut, next: elsewhere, credit: usual},
		{name: "no place", answer: TimedOut, next: noStation, credit: usual},
		{name: "denied on the phone", answer: Denied, credit: usual},
		{name: "a collision", answer: Collided, credit: usual},
		{name: "stale", answer: Stale, credit: usual},
		{name: "approved: the next one joins or asks anew", answer: Approved, wait: 11 * time.Second, credit: usual},
		{name: "turned off", rules: func(r *Rules) { r.LateCredit = 0 }, answer: TimedOut},
		{name: "no calling station", first: noStation, next: noStation, answer: TimedOut},
		{name: "no first factor", rules: func(r *Rules) { r.Primaries = with(NoPrimary{}) }, answer: TimedOut},
		{name: "no first factor, by the operator's word", rules: insecure, answer: TimedOut, want: true, credit: 20 * time.Second},
		{name: "no calling station, by the operator's word", rules: func(r *Rules) { r.InsecureLateCredit = 20 * time.Second }, first: noStation, next: noStation, answer: TimedOut, want: true, credit: 20 * time.Second},
		{name: "that is shorter", rules: insecure, answer: TimedOut, wait: 21 * time.Second, credit: 20 * time.Second},
		{name: "another password where none is checked", rules: insecure, answer: TimedOut, next: func(r *Request) { r.Password = secret.New("other") }, credit: 20 * time.Second},
		{name: "CHAP never joins", rules: insecure, answer: TimedOut, first: func(r *Request) { r.Method = CHAP }, next: func(r *Request) { r.Method = CHAP }},
		{name: "policy denied it meanwhile", answer: TimedOut, credit: usual, between: func(h *house) {
			h.decide = func(policy.Facts) policy.Decision { return policy.Decision{Rule: "blocked"} }
			h.run(ask("bob", "pw"))
			h.decide = push
		}},
		{name: "a wrong password meanwhile takes nothing", answer: TimedOut, want: true, credit: usual, between: func(h *house) { h.run(ask("bob", "guess")) }},
		{name: "turned off meanwhile", answer: TimedOut, credit: usual, between: func(h *house) {
			r := *h.rules
			r.LateCredit = 0
			h.rules = &r
		}},
		{name: "used already", answer: TimedOut, credit: usual, between: func(h *house) {
			h.phone = after(0, Denied)
			h.run(ask("bob", "pw"))
		}},
	}
}

func TestLateCreditIsForTheVerySameLogin(t *testing.T) {
	for _, c := range renewals() {
		t.Run(c.name, func(t *testing.T) { synctest.Test(t, c.run) })
	}
}

func (c *renewal) run(t *testing.T) {
	h := newHouse()
	h.rules.Primaries, h.rules.LateCredit = with(checked{}), 30*time.Second
	if c.rules != nil {
		c.rules(h.rules)
	}
	changes := func(change func(*Request)) []func(*Request) {
		if change == nil {
			return nil
		}
		return []func(*Request){change}
	}
	h.phone = after(58900*time.Millisecond, c.answer) // just before the deadline
	first := h.run(ask("bob", "pw", changes(c.first)...))
	pass(100*time.Millisecond + c.wait)
	if c.between != nil {
		c.between(h)
	}
	h.phone = after(0, Denied)
	h.run(ask("bob", "pw", changes(c.next)...))
	if len(h.pushes) == 0 {
		if c.credit != 0 {
			t.Error("nobody was asked")
		}
		return
	}
	if got := h.pushes[0].LateCredit; got != c.credit || h.pushes[0].Renews != "" {
		t.Errorf("the first push: credit %v, renews %q; want %v", got, h.pushes[0].Renews, c.credit)
	}
	last := h.pushes[len(h.pushes)-1]
	if renews := last.Renews == first.Attempt && last.Renews != ""; renews != c.want {
		t.Errorf("the next push renews %q, the first was %q", last.Renews, first.Attempt)
	}
}

// TestPushesCarryANumber: two digits, and not always the same.
func TestPushesCarryANumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse()
		h.phone = after(0, Denied)
		seen := map[string]bool{}
		for range 40 {
			h.run(ask("bob", "pw"))
		}
		for _, p := range h.pushes {
			n, err := strconv.Atoi(p.Number)
			if err != nil || n < 10 || n > 99 {
				t.Errorf("number %q", p.Number)
			}
			seen[p.Number] = true
		}
		if len(seen) < 10 {
			t.Errorf("%d different numbers of 40", len(seen))
		}
	})
}

func TestOutcomesHaveWords(t *testing.T) {
	seen := map[string]bool{}
	for o := NoAnswer; o <= NoTime; o++ {
		if word := o.String(); word == "" || seen[word] {
			t.Errorf("outcome %d is %q", o, word)
		}
		seen[o.String()] = true
	}
	if Outcome(200).String() != NoAnswer.String() {
		t.Error("an unknown outcome sounds like an answer")
	}
}
