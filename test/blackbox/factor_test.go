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

// byFile has users.file's passwords checked.
const byFile = "primary: {method: file}"

// listed is an entry of users.file with the password of the tests.
func listed(user string) string {
	return fmt.Sprintf("%q: {password: %q}\n", user, blackbox.Hashed)
}

// factors are the first factor and the push of a record, as one word.
func factors(r blackbox.Record) string { return fmt.Sprint(r["factors"]) }

// TestFileFactor: only the right password rings the phone, and whoever knows none cannot tell what is wrong.
func TestFileFactor(t *testing.T) {
	t.Parallel()
	const delay = 700 * time.Millisecond
	site := blackbox.NewSite(t)
	site.Settings.More, site.Settings.Reject = byFile, delay.String()
	hash := blackbox.Pipe(t, password+"\n", "hash-password")
	site.List(t, fmt.Sprintf("alice: {password: %q}\nempty: {password: %q}\nnone: {groups: [staff]}\n", hash, hash))
	site.Start(t)
	var first []byte
	for _, c := range []struct{ name, user, password, detail string }{
		{"wrong password", "alice", password + ".", "password refused: wrong password"},
		{"unknown person", "nobody", password, "password refused: users.file does not list the person"},
		{"person without a password", "none", password, "password refused: the person has no password in users.file"},
		{"empty password", "empty", "", "password refused: empty"},
	} {
		site.Enrol(c.user, ivalttest.Approve, time.Second)
		nas := site.NAS(t)
		began := time.Now()
		reply := nas.Login(t, blackbox.Login{User: c.user, Password: c.password, CallingStation: "198.51.100.7", ID: 7})
		if took := time.Since(began); took < delay {
			t.Errorf("%s: rejected after %v, and reject_delay is %v", c.name, took, delay)
		}
		rejected(t, reply, "Access denied.")
		if rest := withoutAuthenticators(reply); first == nil {
			first = rest
		} else if !bytes.Equal(rest, first) {
			t.Errorf("%s: another answer than to a wrong password:\n%x\n%x", c.name, rest, first)
		}
		end := site.AwaitAttempts(t, c.user, 1)[0]
		if end.Text("reason") != "bad_password" || end.Text("detail") != c.detail || factors(end) != "[]" {
			t.Errorf("%s: the trail says %s, %q, %s", c.name, end.Text("reason"), end.Text("detail"), factors(end))
		}
	}
	if c := site.Cloud.Counters(); c.Requests != 0 {
		t.Errorf("%d calls of iVALT for logins whose first factor is wrong", c.Requests)
	}

	accepted(t, site.NAS(t).Login(t, blackbox.Login{User: "alice", Password: password, CallingStation: "198.51.100.7", ID: 7}))
	if n := site.Cloud.Counters().Pushes; n != 1 || site.Pushes("alice") != 1 {
		t.Errorf("%d pushes, want the one of the right password", n)
	}
	ends := site.AwaitAttempts(t, "alice", 2)
	logged := site.Server.AwaitLines(t, "attempt concluded", 5)
	for where, end := range map[string]blackbox.Record{"trail": ends[1], "log": logged[4]} {
		if end.Text("verdict") != "accept" || factors(end) != "[password push]" {
			t.Errorf("the %s says %s, %s", where, end.Text("verdict"), factors(end))
		}
	}
}

// withoutAuthenticators is a reply without what depends on the request's authenticator.
func withoutAuthenticators(reply blackbox.Reply) []byte {
	rest := bytes.Clone(reply.Bytes)
	clear(rest[4:20])
	clear(rest[22:38])
	return rest
}

// TestWhoseFactor: the rule's word over the client's, the client's over primary.method; and no phone rings for a guessed name but
// where the operator asks for no first factor.
func TestWhoseFactor(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Clients = fmt.Sprintf(`
  - {name: gateway, networks: [%s/32], secrets: [%q], answer_within: 30s}
  - {name: lobby, networks: [%s/32], secrets: [%q], answer_within: 30s, primary: none}`,
		blackbox.Source, blackbox.Secret, blackbox.Second, blackbox.Secret)
	site.Settings.Policy = `
  default: require_push
  rules:
    - {name: devices, match: {users: ["dev-*"]}, primary: none}
    - {name: admins, match: {users: ["adm-*"]}, primary: file}
    - {name: machines, match: {users: ["svc-*"]}, primary: file, decision: exempt}`
	site.Settings.More = byFile
	cases := []struct {
		name, user, from, password, factors string // no factors: it is rejected
	}{
		{"primary.method, wrong", "alice", blackbox.Source, "guess", "[]"},
		{"primary.method, right", "bob", blackbox.Source, password, "[password push]"},
		{"the client's none", "carol", blackbox.Second, "guess", "[push]"},
		{"the client's none, no password", "dave", blackbox.Second, "", "[]"},
		{"the rule's none", "dev-a", blackbox.Source, "guess", "[push]"},
		{"the rule's file through the client's none, wrong", "adm-a", blackbox.Second, "guess", "[]"},
		{"the rule's file through the client's none, right", "adm-b", blackbox.Second, password, "[password push]"},
		{"exempt, wrong", "svc-a", blackbox.Source, "guess", "[]"},
		{"exempt, right", "svc-b", blackbox.Source, password, "[password]"},
	}
	people := ""
	for _, c := range cases {
		people += listed(c.user)
	}
	site.List(t, people)
	site.Start(t)
	t.Run("logins", func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				site.Enrol(c.user, ivalttest.Approve, time.Second)
				nas := blackbox.NewNAS(t, c.from, site.Authentication(), blackbox.Secret)
				reply := nas.Login(t, blackbox.Login{User: c.user, Password: c.password, CallingStation: "198.51.100.7"})
				if c.factors == "[]" {
					rejected(t, reply, "Access denied.")
				} else {
					accepted(t, reply)
				}
				if got := factors(site.AwaitAttempts(t, c.user, 1)[0]); got != c.factors {
					t.Errorf("the trail says %s, want %s", got, c.factors)
				}
				if n := site.Pushes(c.user); n != strings.Count(c.factors, "push") {
					t.Errorf("%d pushes", n)
				}
			})
		}
	})
	if n := site.Cloud.Counters().Pushes; n != 4 {
		t.Errorf("%d pushes over all, want 4", n)
	}
}

// TestSpellings: however a name is written, it is one subject: the copies of a login join, and the phone rings once.
func TestSpellings(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.More = byFile + "\nguard: {lockout: {after: 0}}" // more copies at once than there may be guesses
	site.Settings.Users = `rewrite: [{from: 'corp\\(.+)', to: '$1'}, {from: '(.+)@corp\.example', to: '$1'}]`
	site.List(t, listed("bob"))
	site.Start(t)
	mobile := manual(site, "bob")
	type copied struct {
		nas *blackbox.NAS
		r   blackbox.Request
	}
	var copies []copied
	for i, name := range []string{`CORP\bob`, "BOB", "bob@Corp.example", "bob", `corp\Bob@corp.example`} {
		nas := site.NAS(t)
		r := nas.Request(blackbox.Login{User: name, Password: password, CallingStation: "198.51.100.7", ID: byte(i)})
		copies = append(copies, copied{nas, r})
		nas.Send(r)
	}
	site.Approve(t, mobile)
	for _, c := range copies {
		accepted(t, c.nas.Answer(t, c.r))
	}
	if n := site.Cloud.Counters().Pushes; n != 1 {
		t.Errorf("%d pushes for one person", n)
	}
	for _, line := range site.Server.AwaitLines(t, "attempt concluded", 1) {
		if line.Text("user") != "bob" || line.Text("verdict") != "accept" {
			t.Errorf("the log says %s of %q", line.Text("verdict"), line.Text("user"))
		}
	}
	rejected(t, site.NAS(t).Login(t, blackbox.Login{User: `OTHER\bob`, Password: "guess", CallingStation: "198.51.100.7"}), "Access denied.")
}

// manual gives a user a phone that the test answers; its mobile.
func manual(site *blackbox.Site, user string) string {
	site.Enrol(user, ivalttest.Manual, 0)
	return ivalttest.DerivedMobile(blackbox.Email(user))
}
