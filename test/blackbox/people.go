package blackbox

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
)

// Hashed is the hash of "correct horse battery staple", as cheap as users.file takes one, so that a crowd's logins do not wait for the
// processor.
const Hashed = "$argon2id$v=19$m=7168,t=1,p=1$YmxhY2tib3gtc2FsdC0xNg$Bv+tb+mfcXWTnEmyj/N6HEguJQ93jH6tvpeq/xy9WtM"

// People is users.file, once List has written it.
func (s *Site) People() string { return filepath.Join(s.Dir, "listed.yaml") }

// users are the keys below `users:`.
func (s *Site) users() string {
	if _, err := os.Stat(s.People()); err != nil {
		return s.Settings.Users
	}
	return "file: " + s.People() + "\n  " + s.Settings.Users
}

// List writes users.file, beside the old one and in its place.
func (s *Site) List(t *testing.T, people string) {
	t.Helper()
	fresh := s.People() + ".new"
	if err := os.WriteFile(fresh, []byte(people), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(fresh, s.People()); err != nil {
		t.Fatal(err)
	}
}

// StopCloud ends iVALT: from now on nothing listens there.
func (s *Site) StopCloud() {
	s.cloud.CloseClientConnections()
	s.cloud.Close()
}

// Attempts are the trail's ends of a user's logins, in order.
func (s *Site) Attempts(t *testing.T, user string) []Record {
	t.Helper()
	return s.kept(t, "authentication_attempt", func(r Record) bool { return r.Text("user") == user })
}

// Events are the trail's security events of that name, in order.
func (s *Site) Events(t *testing.T, event string) []Record {
	t.Helper()
	return s.kept(t, "security_event", func(r Record) bool { return r.Text("event") == event })
}

// Said are the trail's system events of that name, in order.
func (s *Site) Said(t *testing.T, event string) []Record {
	t.Helper()
	return s.kept(t, "system_event", func(r Record) bool { return r.Text("event") == event })
}

// Actions are what was done by hand and is called so, in order.
func (s *Site) Actions(t *testing.T, action string) []Record {
	t.Helper()
	return s.kept(t, "user_action", func(r Record) bool { return r.Text("action") == action })
}

// Accesses are the trail's records of its own readings, in order.
func (s *Site) Accesses(t *testing.T) []Record {
	t.Helper()
	return s.kept(t, "data_access", func(Record) bool { return true })
}

func (s *Site) kept(t *testing.T, kind string, is func(Record) bool) (found []Record) {
	t.Helper()
	for _, line := range s.TrailLines(t) {
		var r Record
		if json.Unmarshal(line, &r) == nil && r.Text("type") == kind && is(r) {
			found = append(found, r)
		}
	}
	return found
}

// AwaitAttempts waits until the trail holds n ends of a user's logins.
func (s *Site) AwaitAttempts(t *testing.T, user string, n int) []Record {
	t.Helper()
	return await(t, n, "logins of "+user, func() []Record { return s.Attempts(t, user) })
}

// AwaitEvents waits until the trail holds n security events of that name.
func (s *Site) AwaitEvents(t *testing.T, event string, n int) []Record {
	t.Helper()
	return await(t, n, event, func() []Record { return s.Events(t, event) })
}

func await(t *testing.T, n int, what string, look func() []Record) []Record {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(Patience); time.Now().Before(end); <-tick.C {
		if found := look(); len(found) >= n {
			return found
		}
	}
	t.Fatalf("the trail does not hold %d: %s", n, what)
	return nil
}

// Pipe runs a command of the binary, which reads the text, and returns what it writes to standard output without the line's end. It
// must succeed.
func Pipe(t *testing.T, text string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), Binary(), args...)
	command.Stdin = strings.NewReader(text)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// Approve answers a push as a person does: once it rings, and iVALT was asked about it a first time. What is there before that is taken
// for the answer to an older push.
func (s *Site) Approve(t *testing.T, mobile string) {
	t.Helper()
	s.answer(t, mobile, s.Cloud.Approve)
}

// Deny is Approve, with a no.
func (s *Site) Deny(t *testing.T, mobile string) {
	t.Helper()
	s.answer(t, mobile, s.Cloud.Deny)
}

func (s *Site) answer(t *testing.T, mobile string, say func(mobile string) bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(Patience); time.Now().Before(end); <-tick.C {
		if s.polled(mobile) && say(mobile) {
			return
		}
	}
	t.Fatal("no push rings")
}

// polled reports that iVALT was asked about the mobile's last push, after that was sent.
func (s *Site) polled(mobile string) bool {
	pushes, polled := 0, false
	for _, r := range s.Cloud.Requests() { // newest first
		switch {
		case r.Mobile != mobile:
		case r.Endpoint == ivalttest.ResultEndpoint:
			polled = polled || pushes == 0
		case r.Endpoint == ivalttest.PushEndpoint:
			pushes++
		}
	}
	return polled && pushes > 0 && pushes == s.Cloud.Pushes(mobile)
}
