package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/radius/radiustest"
)

// TestReload: new settings hold for the logins that begin from now on; faulty ones change nothing, in no room.
func TestReload(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.policy = "{default: deny}"
	s.write(t)
	r := s.start(t)
	expect := func(step string, want radiustest.Code) {
		t.Helper()
		if code := r.login(t, "frank"); code != want {
			t.Errorf("%s: %v", step, code)
		}
	}
	expect("at the start", radiustest.AccessReject)

	s.policy = "{default: exempt}"
	s.write(t)
	if line := r.reload(t); !strings.Contains(line, `"msg":"reloaded"`) {
		t.Fatal(line)
	}
	expect("reloaded", radiustest.AccessAccept)

	sound := *s
	refusals := 0
	for name, c := range map[string]struct {
		spoil func(*site)
		says  []string
	}{
		"no settings at all": {func(s *site) {
			s.policy, s.more = "{default: deny}", "\t: ["
		}, []string{"line"}},
		"a fault of ivalt": {func(s *site) { s.policy, s.url = "{default: deny}", "http://ivalt.example" }, []string{"ivalt.url"}},
		"a fault of radius": {func(s *site) {
			s.policy, s.more = "{default: deny}", "max_attempts: -5"
		}, []string{"max_attempts"}},
		"state.directory":       {func(s *site) { s.policy, s.state = "{default: deny}", s.dir }, []string{"state.directory", "restart"}},
		"audit.file":            {func(s *site) { s.policy, s.audit = "{default: deny}", s.audit+"2" }, []string{"audit.file", "restart"}},
		"listen.authentication": {func(s *site) { s.policy, s.listen = "{default: deny}", "127.0.0.2:0" }, []string{"listen.authentication", "restart"}},
		"listen.accounting":     {func(s *site) { s.policy, s.accounting = "{default: deny}", "127.0.0.2:0" }, []string{"listen.accounting", "restart"}},
	} {
		faulty := sound
		c.spoil(&faulty)
		faulty.write(t)
		line := r.reload(t)
		refusals++
		for _, part := range append(c.says, `"msg":"reload refused"`, `"level":"error"`) {
			if !strings.Contains(line, part) {
				t.Errorf("%s: no %s in %s", name, part, line)
			}
		}
		expect(name, radiustest.AccessAccept)
	}
	r.stop(t)
	for part, want := range map[string]int{
		`"type":"configuration_change","event":"reloaded"`: 1, `"type":"configuration_change","event":"reload_refused"`: refusals,
		`"type":"system_event","event":"reloaded"`: 1, `"type":"system_event","event":"reload_refused"`: refusals,
	} {
		if n := len(s.trailLines(t, part)); n != want {
			t.Errorf("%d records with %s, want %d", n, part, want)
		}
	}
}

// TestReloadReadsPeopleAnew: users.file counts as settings, though its name has not changed.
func TestReloadReadsPeopleAnew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.policy = "{default: deny, rules: [{name: staff, match: {groups: [staff]}, decision: exempt}]}"
	s.more = fmt.Sprintf("users: {file: %q}", filepath.Join(s.dir, "users.yaml"))
	s.write(t)
	s.file(t, "users.yaml", "grace: {groups: [staff]}\n")
	r := s.start(t)
	if code := r.login(t, "grace"); code != radiustest.AccessAccept {
		t.Error(code)
	}
	s.file(t, "users.yaml", "heidi: {groups: [staff]}\n")
	if line := r.reload(t); !strings.Contains(line, `"msg":"reloaded"`) {
		t.Fatal(line)
	}
	if code := r.login(t, "grace"); code != radiustest.AccessReject {
		t.Error(code)
	}
	s.file(t, "users.yaml", "heidi: [staff]\n")
	if line := r.reload(t); !strings.Contains(line, `users.yaml`) {
		t.Error(line)
	}
	// The message alone is the fault: where it is stands in fields of its own.
	said, _ := r.log.with(`"fault":"must be a map of keys`)
	if len(said) != 1 || !strings.Contains(said[0], `users.yaml","key":"users.file: \"heidi\"","line":1`) {
		t.Errorf("%q", said)
	}
	if code := r.login(t, "heidi"); code != radiustest.AccessAccept {
		t.Error(code)
	}
}

// TestUsersFileIsReloadedWhenItChanges, once it has stayed as it is; a faulty one changes nothing, and is told once.
func TestUsersFileIsReloadedWhenItChanges(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.policy = "{default: deny, rules: [{name: staff, match: {groups: [staff]}, decision: exempt}]}"
	s.more = fmt.Sprintf("users: {file: %q}", filepath.Join(s.dir, "users.yaml"))
	s.write(t)
	s.file(t, "users.yaml", "grace: {groups: [staff]}\n")
	r := s.start(t)
	looks := func(n int) {
		for range n {
			r.look <- time.Time{}
		}
	}
	count := func(word string) int {
		said, _ := r.log.with(word)
		return len(said)
	}
	s.file(t, "users.yaml", "heidi: {groups: [staff], mobile: [+4917012345, +4917012346]}\n")
	looks(1)
	if code := r.login(t, "grace"); code != radiustest.AccessAccept {
		t.Errorf("a file that may be half written counts: %v", code)
	}
	looks(5)
	if code := r.login(t, "heidi"); code != radiustest.AccessAccept || count(`"msg":"reloaded"`) != 1 || count(`"msg":"users.file has changed"`) != 1 {
		t.Errorf("the new file does not count, or more than once: %v\n%s", code, r.log)
	}
	if code := r.login(t, "grace"); code != radiustest.AccessReject {
		t.Error(code)
	}
	s.file(t, "users.yaml", "grace: {groups: [staff], password: cAnArY}\n")
	looks(8)
	if code := r.login(t, "heidi"); code != radiustest.AccessAccept || count(`"msg":"reload refused"`) != 1 || count(`\"grace\".password`) == 0 || count("cAnArY") > 0 {
		t.Errorf("a faulty file: %v\n%s", code, r.log)
	}
	s.file(t, "users.yaml", "grace: {groups: [staff]}\n")
	looks(4)
	if code := r.login(t, "grace"); code != radiustest.AccessAccept {
		t.Error(code)
	}
	// What else lies there, half written perhaps, does not come into force with it.
	more := s.more
	s.more += "\nmax_attempts: 7"
	s.write(t)
	s.file(t, "users.yaml", "heidi: {groups: [staff]}\n")
	looks(4)
	if code := r.login(t, "heidi"); code != radiustest.AccessReject || count("users.file alone comes into force by itself") == 0 {
		t.Errorf("the whole configuration was taken: %v\n%s", code, r.log)
	}
	s.more = more
	s.write(t)
	// A reload by hand reads it too: then it has not changed since.
	s.file(t, "users.yaml", "heidi: {groups: [staff]}\n")
	eventually(t, "the file is older than the reload", func() bool { return fileAge(t, filepath.Join(s.dir, "users.yaml")) > 50*time.Millisecond })
	r.reload(t)
	before := count(`"msg":"reload`)
	looks(4)
	if code := r.login(t, "heidi"); code != radiustest.AccessAccept || count(`"msg":"reload`) != before {
		t.Errorf("read twice: %v\n%s", code, r.log)
	}
}

func fileAge(t *testing.T, path string) time.Duration {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return time.Since(info.ModTime())
}
