package blackbox_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

const station = "198.51.100.7"

// asking is a gateway that puts questions, and a second one that only asks which phone.
func asking(site *blackbox.Site) {
	site.Settings.Clients = fmt.Sprintf(`
  - {name: gateway, networks: [%s/32], secrets: [%q], answer_within: 7s, challenge: approve}
  - {name: chooser, networks: [%s/32], secrets: [%q], answer_within: 30s, challenge: choose}`,
		blackbox.Source, blackbox.Secret, blackbox.Second, blackbox.Secret)
}

// sitting is a person before a gateway that asks back.
type sitting struct {
	site   *blackbox.Site
	nas    *blackbox.NAS
	user   string
	mobile string
	id     byte
}

// sit logs somebody with a phone in.
func sit(t *testing.T, site *blackbox.Site, user string) (*sitting, blackbox.Reply) {
	t.Helper()
	p := &sitting{site: site, nas: site.NAS(t), user: user, mobile: manual(site, user)}
	return p, p.types(t, password, "")
}

// request is the next packet: what is typed, and the State that it answers.
func (p *sitting) request(typed, state string) blackbox.Request {
	p.id++
	return p.nas.Request(blackbox.Login{User: p.user, Password: typed, CallingStation: station, ID: p.id, State: state})
}

// types sends it and waits for what comes of it.
func (p *sitting) types(t *testing.T, typed, state string) blackbox.Reply {
	t.Helper()
	r := p.request(typed, state)
	p.nas.Send(r)
	return p.nas.Answer(t, r)
}

// asked checks a question about the push that rings, and gives its State. before stands in front of it.
func (p *sitting) asked(t *testing.T, reply blackbox.Reply, before string) string {
	t.Helper()
	if reply.Code != blackbox.AccessChallenge || len(reply.State) < 22 {
		t.Fatalf("code %d, %q, a State of %d octets; want an Access-Challenge", reply.Code, reply.Message, len(reply.State))
	}
	shows := ""
	for _, push := range p.site.Cloud.PushLog(1024) {
		if push.Mobile == p.mobile {
			_, shows, _ = strings.Cut(push.RequestFrom, "#")
			break
		}
	}
	if want := before + "Approve request " + shows + " on your phone, then press Enter."; len(shows) != 2 || reply.Message != want {
		t.Errorf("asked %q, and the phone shows %q", reply.Message, shows)
	}
	return reply.State
}

// rang fails the test where the person's phone rang other than once.
func (p *sitting) rang(t *testing.T) {
	t.Helper()
	if n := p.site.Cloud.Pushes(p.mobile); n != 1 {
		t.Errorf("%d pushes, want 1", n)
	}
}

// ended compares the ends of the person's logins in the trail, as "verdict reason".
func (p *sitting) ended(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, end := range p.site.AwaitAttempts(t, p.user, len(want)) {
		got = append(got, end.Text("verdict")+" "+end.Text("reason"))
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("the trail says %q, want %q", got, want)
	}
}

// TestPressEnter: "approve on your phone, then press Enter", in every order in which people and gateways do it.
func TestPressEnter(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	asking(site)
	site.Start(t)
	for name, play := range map[string]func(t *testing.T, site *blackbox.Site, user string){
		"late": pressedLate, "while-waiting": pressedEarly, "twice": pressedTwice, "denied": deniedBetween,
		"wrong-state": wrongState, "foreign-state": foreignState, "used-state": usedState, "copies": copiesOfEach,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, site, name)
		})
	}
}

func pressedLate(t *testing.T, site *blackbox.Site, user string) {
	t.Helper()
	p, reply := sit(t, site, user)
	state := p.asked(t, reply, "")
	site.Approve(t, p.mobile)
	accepted(t, p.types(t, "", state))
	p.rang(t)
	p.ended(t, "challenge challenged", "accept approved")
}

// pressedEarly: who presses Enter first is let in as soon as the phone says so.
func pressedEarly(t *testing.T, site *blackbox.Site, user string) {
	t.Helper()
	p, reply := sit(t, site, user)
	accepted(t, p.approves(t, p.request("ok", p.asked(t, reply, ""))))
	p.rang(t)
}

// pressedTwice: who presses it too early is asked again, by a new State.
func pressedTwice(t *testing.T, site *blackbox.Site, user string) {
	t.Helper()
	p, reply := sit(t, site, user)
	first := p.asked(t, reply, "")
	second := p.asked(t, p.types(t, "", first), "Not approved yet. ")
	if first == second {
		t.Error("both questions have one State")
	}
	site.Approve(t, p.mobile)
	accepted(t, p.types(t, "", second))
	p.rang(t)
	p.ended(t, "challenge challenged", "challenge challenged", "accept approved")
}

func deniedBetween(t *testing.T, site *blackbox.Site, user string) {
	t.Helper()
	p, reply := sit(t, site, user)
	state := p.asked(t, reply, "")
	site.Deny(t, p.mobile)
	rejected(t, p.types(t, "", state), "Access denied.")
	p.rang(t)
	p.ended(t, "challenge challenged", "reject push_denied")
}

// wrongState: a State that nobody drew opens nothing and disturbs nobody.
func wrongState(t *testing.T, site *blackbox.Site, user string) {
	t.Helper()
	p, reply := sit(t, site, user)
	state := p.asked(t, reply, "")
	rejected(t, p.types(t, "", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "Access denied.")
	rejected(t, p.types(t, password, state[:len(state)-1]), "Access denied.")
	site.Approve(t, p.mobile)
	accepted(t, p.types(t, "", state))
	p.rang(t)
}

// foreignState: a State answers for its own login alone. Who brings it from elsewhere is refused, and so is its login from then on.
func foreignState(t *testing.T, site *blackbox.Site, user string) {
	t.Helper()
	victim, reply := sit(t, site, user+"-victim")
	state := victim.asked(t, reply, "")
	thief, reply := sit(t, site, user+"-thief")
	own := thief.asked(t, reply, "")
	site.Approve(t, thief.mobile)
	site.Approve(t, victim.mobile)
	rejected(t, thief.types(t, "", state), "Access denied.")
	rejected(t, victim.types(t, "", state), "Access denied.")
	accepted(t, thief.types(t, "", own))
	for _, event := range site.AwaitEvents(t, "challenge_abandoned", 1) {
		if event.Text("user") == thief.user {
			t.Errorf("the thief's own login was abandoned: %s", event.Text("detail"))
		}
	}

	moved, reply := sit(t, site, user+"-moved")
	state = moved.asked(t, reply, "")
	site.Approve(t, moved.mobile)
	elsewhere := site.NAS(t)
	rejected(t, elsewhere.Login(t, blackbox.Login{User: moved.user, CallingStation: "203.0.113.9", State: state}), "Access denied.")
	rejected(t, moved.types(t, "", state), "Access denied.")
	victim.rang(t)
	thief.rang(t)
	moved.rang(t)
}

// usedState: a State is good once. The copy of its packet gets the same answer; another packet with it gets none that lets in.
func usedState(t *testing.T, site *blackbox.Site, user string) {
	t.Helper()
	p, reply := sit(t, site, user)
	state := p.asked(t, reply, "")
	site.Approve(t, p.mobile)
	accepted(t, p.types(t, "", state))
	rejected(t, p.types(t, password, state), "Access denied.")
	rejected(t, p.types(t, "again", state), "Access denied.")
	rejected(t, site.NAS(t).Login(t, blackbox.Login{User: user, CallingStation: "203.0.113.9", State: state}), "Access denied.")
	p.rang(t)
}

// copiesOfEach: a packet that is sent again, before its answer or behind it, gets the same octets.
func copiesOfEach(t *testing.T, site *blackbox.Site, user string) {
	t.Helper()
	p := &sitting{site: site, nas: site.NAS(t), user: user, mobile: manual(site, user)}
	again := func(r blackbox.Request) blackbox.Reply {
		p.nas.Send(r)
		p.nas.Send(r)
		first := p.nas.Answer(t, r)
		p.nas.Send(r)
		if copied := p.nas.Answer(t, r); !bytes.Equal(copied.Bytes, first.Bytes) {
			t.Errorf("a copy has another answer:\n%x\n%x", first.Bytes, copied.Bytes)
		}
		return first
	}
	login := p.request(password, "")
	state := p.asked(t, again(login), "")
	anew := p.types(t, password, "") // the gateway begins again, in a packet of its own: the same question
	if p.asked(t, anew, "") != state {
		t.Error("a copy of the login opened a question of its own")
	}
	site.Approve(t, p.mobile)
	accepted(t, again(p.request("", state)))
	p.rang(t)
	p.ended(t, "challenge challenged", "accept approved")
}

// TestWhichPhone: of several phones the one rings that the person chooses, and nobody is told of phones without a password.
func TestWhichPhone(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	asking(site)
	site.Settings.More = byFile
	site.Settings.Policy = `
  default: require_push
  rules: [{name: devices, match: {users: ["dev-*"]}, primary: none}]`
	people := ""
	cases := []struct {
		user, from string
		phone      string // that rings; empty: none
		play       func(t *testing.T, p *sitting)
	}{
		{"chooses", blackbox.Second, "02", choosesSecond},
		{"chooses-then-approves", blackbox.Source, "02", choosesThenApproves},
		{"undecided", blackbox.Second, "", undecided},
		{"guesses", blackbox.Second, "", func(t *testing.T, p *sitting) {
			t.Helper()
			rejected(t, p.types(t, "guess", ""), "Access denied.")
		}},
		{"dev-a", blackbox.Second, "01", func(t *testing.T, p *sitting) {
			t.Helper()
			accepted(t, p.approves(t, p.request("anything", "")))
		}},
	}
	for i, c := range cases {
		for _, last := range []string{"01", "02"} {
			site.Cloud.Set(ivalttest.Person{Mobile: phone(i, last), Behaviour: ivalttest.Manual})
		}
		people += fmt.Sprintf("%s: {mobile: [\"%s\", \"%s\"], password: %q}\n", c.user, phone(i, "01"), phone(i, "02"), blackbox.Hashed)
	}
	site.List(t, people)
	site.Start(t)
	for i, c := range cases {
		t.Run(c.user, func(t *testing.T) {
			t.Parallel()
			nas := blackbox.NewNAS(t, c.from, site.Authentication(), blackbox.Secret)
			c.play(t, &sitting{site: site, nas: nas, user: c.user, mobile: phone(i, c.phone)})
			for _, last := range []string{"01", "02"} {
				if n := site.Cloud.Pushes(phone(i, last)); (n == 1) != (last == c.phone) || n > 1 {
					t.Errorf("%d pushes to phone %s", n, last)
				}
			}
		})
	}
}

// which checks the question for the phone, and gives its State.
func which(t *testing.T, reply blackbox.Reply) string {
	t.Helper()
	const question = "Which phone? Type its number. 1: **********01, 2: **********02"
	if reply.Code != blackbox.AccessChallenge || reply.Message != question {
		t.Fatalf("code %d, %q; want %q", reply.Code, reply.Message, question)
	}
	return reply.State
}

// approves sends a request, approves on the phone and waits for the answer.
func (p *sitting) approves(t *testing.T, r blackbox.Request) blackbox.Reply {
	t.Helper()
	p.nas.Send(r)
	p.site.Approve(t, p.mobile)
	return p.nas.Answer(t, r)
}

func choosesSecond(t *testing.T, p *sitting) {
	t.Helper()
	accepted(t, p.approves(t, p.request(" 2", which(t, p.types(t, password, "")))))
}

func choosesThenApproves(t *testing.T, p *sitting) {
	t.Helper()
	state := p.asked(t, p.types(t, "2", which(t, p.types(t, password, ""))), "")
	p.site.Approve(t, p.mobile)
	accepted(t, p.types(t, "", state))
}

// undecided types three times what is no phone.
func undecided(t *testing.T, p *sitting) {
	t.Helper()
	state := which(t, p.types(t, password, ""))
	for _, typed := range []string{"3", "0"} {
		state = which(t, p.types(t, typed, state))
	}
	rejected(t, p.types(t, password, state), "Access denied.")
}

// phone is one of a person's.
func phone(person int, last string) string { return fmt.Sprintf("+49170555%02d%s", person, last) }

// TestAnswerOnTheCommandLine: `login --answer` goes on where it was challenged, and its exit code tells how it ended.
func TestAnswerOnTheCommandLine(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	asking(site)
	site.Start(t)
	for _, c := range []struct {
		user   string
		does   ivalttest.Behaviour
		after  time.Duration
		answer []string
		code   int
		says   string
	}{
		{"comes-in", ivalttest.Approve, 3 * time.Second, []string{"--answer", ""}, 0, "Access-Accept"},
		{"denies", ivalttest.Deny, 3 * time.Second, []string{"--answer", ""}, 1, "Access-Reject"},
		{"says-nothing", ivalttest.Ignore, 0, nil, 3, "Access-Challenge"},
		{"gives-up", ivalttest.Ignore, 0, []string{"--answer", "first"}, 3, "Not approved yet."},
	} {
		t.Run(c.user, func(t *testing.T) {
			t.Parallel()
			site.Enrol(c.user, c.does, c.after)
			output, code := blackbox.Run(t, append([]string{
				"login", "--server", site.Authentication(), "--secret", blackbox.Secret, "--from", blackbox.Source,
				"--user", c.user, "--password", password, "--calling-station", station, "--timeout", "30s", "--tries", "1",
			}, c.answer...)...)
			if code != c.code || !strings.Contains(output, c.says) || !strings.Contains(output, "then press Enter") {
				t.Errorf("exit code %d, want %d with %q:\n%s", code, c.code, c.says, output)
			}
			if n := site.Pushes(c.user); n != 1 {
				t.Errorf("%d pushes, want 1", n)
			}
		})
	}
}
