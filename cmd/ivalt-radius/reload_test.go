package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

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
	for part, want := range map[string]int{`"event":"reloaded"`: 1, `"event":"reload_refused"`: refusals, `"type":"configuration_change"`: 1 + refusals} {
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
