//go:build interop

package interop_test

import (
	"fmt"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// TestChallenges plays "approve on your phone, then press Enter", and "which phone?", at clients that show a question to the person.
func TestChallenges(t *testing.T) {
	vpn := []string{"CERTS=" + certificates(t)}
	with := func(more ...string) []string { return append(more, vpn...) }
	second := 3 * time.Second // when the person answers
	for _, c := range []struct {
		login

		challenge string
	}{
		{login{"PAM, approved, Enter", "pam.sh", []string{"THINK=12"}, ivalttest.Approve, second, letIn, 12 * time.Second, 1}, "approve"},
		{login{"PAM, Enter, approved", "pam.sh", nil, ivalttest.Approve, 2 * second, letIn, 2 * second, 1}, "approve"},
		{login{"PAM, denied, Enter", "pam.sh", []string{"THINK=12"}, ivalttest.Deny, second, refusedBy, 12 * time.Second, 1}, "approve"},
		{login{"PAM, second phone", "pam.sh", []string{"ANSWER=2", "THINK=1"}, ivalttest.Approve, second, letIn, second, 1}, "choose"},
		{login{"PAM, no such phone", "pam.sh", []string{"ANSWER=7", "THINK=1"}, ivalttest.Approve, second, refusedBy, 0, 0}, "choose"},
		{login{"ocserv, approved, Enter", "ocserv.sh", with("THINK=12"), ivalttest.Approve, second, letIn, 12 * time.Second, 1}, "approve"},
		{login{"ocserv, Enter, approved", "ocserv.sh", with(), ivalttest.Approve, 2 * second, letIn, 2 * second, 1}, "approve"},
		{login{"ocserv, denied, Enter", "ocserv.sh", with("THINK=12"), ivalttest.Deny, second, refusedBy, 12 * time.Second, 1}, "approve"},
		{login{"ocserv, second phone", "ocserv.sh", with("ANSWER=2", "THINK=1"), ivalttest.Approve, second, letIn, second, 1}, "choose"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.answer(t, c.challenge)
		})
	}
}

// answer plays the login at a client of that kind. Where there are phones to choose from alice has two.
func (l login) answer(t *testing.T, challenge string) {
	t.Helper()
	const first, second = "+4917055500001", "+4917055500002"
	site := blackbox.NewSite(t)
	site.Settings.Clients = fmt.Sprintf(`
  - name: asking
    networks: [127.0.0.0/8]
    secrets: [%q]
    answer_within: 45s
    challenge: %s`, blackbox.Secret, challenge)
	site.Settings.More = "primary: {method: file}"
	mobiles := first
	if challenge == "choose" {
		mobiles += `", "` + second
	}
	site.List(t, fmt.Sprintf("alice: {mobile: [\"%s\"], password: %q}\n", mobiles, blackbox.Hashed))
	site.Start(t)
	for _, mobile := range []string{first, second} {
		site.Cloud.Set(ivalttest.Person{Mobile: mobile, Behaviour: l.does, After: l.after})
	}

	began := time.Now()
	output, ended := l.run(t, site)
	took := time.Since(began)
	if ended != l.ends || took < l.atLeast {
		t.Errorf("%s ended with %d after %v, want %d after %v or more:\n%s", l.script, ended, took, l.ends, l.atLeast, output)
	}
	rings, silent := first, second
	if challenge == "choose" {
		rings, silent = second, first
	}
	if n := site.Cloud.Pushes(rings); n != l.pushes || site.Cloud.Pushes(silent) != 0 {
		t.Errorf("%d pushes, want %d; %d to another phone", n, l.pushes, site.Cloud.Pushes(silent))
	}
	if ends := site.AwaitAttempts(t, "alice", 2); ends[0].Text("verdict") != "challenge" {
		t.Errorf("no question was put: %v", ends)
	}
}
