package model

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"ivalt-radius/auth"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// somebody is a login name. Several may have one phone.
type somebody struct {
	name   string
	phones []int // at first; none: a stranger, whom iVALT does not know
	listed bool  // the directory knows the mobiles
	barred bool  // by policy
}

// old is the ending of another spelling of a name, which the directory knows as the same person's.
const old = "@old.example"

func (s somebody) email() string { return s.name + "@example.com" }

// caller is who logs in, from where, with what: what makes two logins the same.
type caller struct {
	person   int
	old      bool // by the other spelling
	client   string
	station  string // empty: the NAS names none
	password string
}

// written is a User-Name of the caller's: some in capitals, some with the domain that is rewritten away.
func (h *house) written(who caller, nth uint64) string {
	name := h.people[who.person].name
	if who.old {
		name += old
	}
	if nth%3 == 0 {
		name = strings.ToUpper(name)
	}
	if nth%5 == 0 {
		name = `CORP\` + name
	}
	return name
}

// rewritten takes the domain off.
func rewritten(u auth.Username) (auth.Username, error) {
	return auth.ParseUsername(strings.TrimPrefix(u.String(), `corp\`))
}

// memory are those settings that let people in without a push of their own, or ask them to come back.
type memory struct {
	prompts  auth.Prompting // of the client vpn
	remember time.Duration
	fail     policy.FailMode
	failFor  time.Duration
	failEnds time.Duration // from the world's beginning
}

func (w *world) drawMemory(t *rapid.T) memory {
	m := memory{prompts: auth.NeverAsk}
	switch w.kind {
	case questioning:
		m.prompts = oneOf(t, "prompts", auth.ConfirmPhone, auth.ConfirmPhone, auth.ChoosePhone, auth.NeverAsk)
	case hurried:
		return m
	case wild, remembering:
	}
	if w.kind == remembering || !mostly(t, "remembers nothing") {
		m.remember = oneOf(t, "remember", seconds(0, 0, 0, 40, 300)...)
		m.fail = oneOf(t, "fail", policy.FailRemembered, policy.FailRemembered, policy.FailRemembered, policy.FailOpen, policy.FailOpen, policy.FailDeny, 9)
		m.failFor, m.failEnds = oneOf(t, "fail for", seconds(20, 100, 900, 900)...), oneOf(t, "fail ends", seconds(60, 200, 500, 2000)...)
	}
	return m
}

func (w *world) drawSomebody(t *rapid.T, i, phones int) somebody {
	s := somebody{
		name: "abcd"[i:i+1] + "da", phones: []int{oneOf(t, "phone", 0, phones-1)}, listed: oneOf(t, "listed", true, false),
		barred: !mostly(t, "welcome") && i > 0,
	}
	if w.kind == questioning && mostly(t, "several phones") {
		s.listed = true
		s.phones = [][]int{{0, 1}, {1, 0, 2}, {0, 2}}[i%3]
	}
	return s
}

// factor is how the first factor is.
type factor uint8

const (
	sound factor = iota
	slow
	busy
	down
)

var errDown = errors.New("the first factor is down")

// check is one look at a password, as the world saw it.
type check struct {
	at    time.Time
	right bool
}

// exchangeOf says which exchange a directory or a first factor is asked for.
type exchangeOf struct{}

// rulebook is a policy of the settings of its day.
type rulebook struct {
	*house
	memory
}

// Decide implements auth.Decider.
func (b rulebook) Decide(f policy.Facts) policy.Decision {
	i := b.named(f.User)
	if i < 0 || b.people[i].barred {
		return policy.Decision{Rule: "barred"}
	}
	return policy.Decision{
		Action: policy.RequirePush, Rule: "all", Remember: b.remember,
		Fail: policy.Fail{Mode: b.fail, For: b.failFor, Until: b.began.Add(b.failEnds), Why: "ticket 7"},
	}
}

// named is whose name it is; -1: nobody's.
func (h *house) named(name string) int {
	name = strings.TrimSuffix(name, old)
	return slices.IndexFunc(h.people, func(s somebody) bool { return s.name == name })
}

// Person implements auth.Directory.
func (h *house) Person(ctx context.Context, user auth.Username) (auth.Person, error) {
	i := h.named(user.String())
	if i < 0 {
		return auth.Person{}, nil
	}
	var p auth.Person
	p.Name, _ = auth.ParseUsername(h.people[i].name) // a good one
	p.Email = secret.New(h.people[i].email())
	h.mu.Lock()
	defer h.mu.Unlock()
	shown := h.seats[i]
	if h.people[i].listed {
		for _, n := range shown {
			m, _ := auth.ParseMobile(mobileOf(n)) // a good one
			p.Phones = append(p.Phones, m)
		}
		p.Mobile = p.Phones[0]
	}
	ctx.Value(exchangeOf{}).(*exchange).shown = shown
	return p, nil
}

// Verify implements auth.Primary: a real one in its state of today, or none.
func (h *house) Verify(ctx context.Context, s auth.Subject, req *auth.Request) (auth.Checked, error) {
	x, _ := ctx.Value(exchangeOf{}).(*exchange)
	if !h.checked {
		checked, err := auth.NoPrimary{}.Verify(ctx, s, req)
		h.saw(x, err == nil)
		return checked, err
	}
	h.mu.Lock()
	now, delay := h.factor, h.delay
	h.mu.Unlock()
	switch now {
	case busy:
		return auth.Checked{}, auth.ErrBusy
	case down:
		return auth.Checked{}, errDown
	case slow:
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return auth.Checked{}, ctx.Err()
		}
	case sound:
	}
	if !h.saw(x, req.Password.Reveal() == h.passwordOf(h.named(s.User.String()))) {
		return auth.Checked{}, auth.ErrBadPassword
	}
	return auth.Checked{Password: true}, nil
}

func (h *house) passwordOf(person int) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if person < 0 {
		return ""
	}
	return h.passwords[person]
}

// saw notes a check for the judge.
func (h *house) saw(x *exchange, right bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	x.checks = append(x.checks, check{time.Now(), right})
	return right
}
