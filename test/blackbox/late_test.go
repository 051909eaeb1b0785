package blackbox_test

import (
	"bytes"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// impatient is a gateway that gives up after six seconds, so that the last poll leaves after three.
const impatient = `
  - name: gateway
    networks: [127.0.0.21/32]
    secrets: ["` + blackbox.Secret + `"]
    answer_within: 6s`

// TestALateApprovalServesTheNextRetry: the person approves a moment after the gateway gave up; its next try comes in without another push, and
// a try from another place does not.
func TestALateApprovalServesTheNextRetry(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Clients = impatient
	site.Settings.IVALT = "insecure_late_credit: 30s"
	site.Start(t)
	const own, other = "198.51.100.7", "198.51.100.8"
	for _, c := range []struct {
		user, station string
		lets          bool
	}{{"late-own", own, true}, {"late-other", other, false}} {
		t.Run(c.user, func(t *testing.T) {
			t.Parallel()
			site.Cloud.Set(ivalttest.Person{
				Email: blackbox.Email(c.user), Behaviour: ivalttest.Ignore, Next: []ivalttest.Step{{Behaviour: ivalttest.Approve, After: 7 * time.Second}},
			})
			login := blackbox.Login{User: c.user, Password: password, CallingStation: own, ID: 1}
			rejected(t, site.NAS(t).Login(t, login), "Not approved in time.")
			awaitTrail(t, site, "late_approval", c.user)
			login.CallingStation, login.ID = c.station, 2
			reply := site.NAS(t).Login(t, login)
			if !c.lets {
				rejected(t, reply, "Not approved in time.")
				if n := site.Pushes(c.user); n != 2 {
					t.Errorf("%d pushes, want 2", n)
				}
				return
			}
			accepted(t, reply)
			if n := site.Pushes(c.user); n != 1 {
				t.Errorf("%d pushes, want 1", n)
			}
			awaitTrail(t, site, "had to leave", c.user)
		})
	}
}

// awaitTrail waits for a line of the trail that holds a word and a user.
func awaitTrail(t *testing.T, site *blackbox.Site, word, user string) {
	t.Helper()
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(blackbox.Patience); time.Now().Before(end); <-look.C {
		for _, line := range site.TrailLines(t) {
			if bytes.Contains(line, []byte(word)) && bytes.Contains(line, []byte(`"user":"`+user+`"`)) {
				return
			}
		}
	}
	t.Fatalf("no line of the trail says %q of %s", word, user)
}

// TestRecoveryWithoutALogin: iVALT fails, three logins find out, the fourth is refused at once; once it works again the server notices
// by itself, and the next login comes in.
func TestRecoveryWithoutALogin(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Start(t)
	site.Enrol("recovers", ivalttest.Approve, 2*time.Second)
	if err := site.Cloud.Inject(ivalttest.Fault{Kind: ivalttest.ServerError}); err != nil {
		t.Fatal(err)
	}
	login := func() blackbox.Reply {
		return site.NAS(t).Login(t, blackbox.Login{User: "recovers", Password: password, CallingStation: "198.51.100.7"})
	}
	rejected(t, login(), "Try again later.") // three look-ups fail, or drains
	before := site.Cloud.Counters().Requests
	rejected(t, login(), "Try again later.")
	if n := site.Cloud.Counters().Requests - before; n > 1 {
		t.Errorf("%d calls for a login while iVALT fails", n)
	}
	site.Cloud.ClearFaults()
	site.Server.AwaitLines(t, "ivalt works again", 1)
	accepted(t, login())
}
