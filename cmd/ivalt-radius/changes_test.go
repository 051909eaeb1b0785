package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/config"
	"ivalt-radius/radius/radiustest"
)

// TestReloadRecordsWhatChanged: the record names each key and counts people, and holds no value.
func TestReloadRecordsWhatChanged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.policy = "{default: deny}"
	s.more = fmt.Sprintf("users: {file: %q}", filepath.Join(s.dir, "users.yaml"))
	s.write(t)
	s.file(t, "users.yaml", "grace: {mobile: \"+15550100\"}\nheidi: {}\n")
	r := s.start(t)
	digests := map[string]bool{}
	for _, c := range []struct {
		people, policy, want, changes string
	}{
		{"grace: {mobile: \"+15550100\"}\nheidi: {}\n", "{default: deny}", "no setting changed", ""},
		{"grace: {mobile: \"+15550101\"}\nheidi: {}\n", "{default: deny}", "users.file", "PEOPLE1"},
		{
			"grace: {mobile: \"+15550101\"}\nivan: {}\n", "{default: exempt}", "policy.default, users.file",
			`{"key":"policy.default","before":"deny","after":"exempt"},PEOPLE2`,
		},
	} {
		s.policy = c.policy
		s.write(t)
		s.file(t, "users.yaml", c.people)
		line := r.reload(t)
		_, digest, _ := strings.Cut(line, `"settings":"`)
		digest, _, _ = strings.Cut(digest, `"`)
		if !strings.Contains(line, `"msg":"reloaded"`) || digests[digest] {
			t.Error(line)
		}
		digests[digest] = true
		defer func() {
			users := filepath.Join(s.dir, "users.yaml")
			people := fmt.Sprintf(`{"key":"users.file","before":%q,"after":"%s (people changed: `, users, users)
			c.changes = strings.ReplaceAll(c.changes, "PEOPLE1", people+`1)"}`)
			c.changes = strings.ReplaceAll(c.changes, "PEOPLE2", people+`2)"}`)
			part := fmt.Sprintf(`"event":"reloaded","digest":%q,"detail":%q,"changes":[%s]`, digest, c.want, c.changes)
			if n := len(s.trailLines(t, part)); n != 1 {
				t.Errorf("%d records with %s", n, part)
			}
		}()
	}
	r.stop(t)
	if found := s.trailLines(t, "155501"); len(found) > 0 {
		t.Errorf("a mobile is in the trail: %s", found)
	}
}

// TestReloadNeedsItsRecord: a trail that cannot keep the record keeps the settings from changing.
func TestReloadNeedsItsRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.write(t)
	r := s.start(t)
	s.policy = "{default: deny}"
	s.write(t)
	aside := s.audit + ".aside"
	if err := errors.Join(os.Rename(s.audit, aside), os.WriteFile(s.audit, []byte("in the way\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if line := r.reload(t); !strings.Contains(line, `"msg":"reload refused"`) || !strings.Contains(line, "cannot be recorded") {
		t.Error(line)
	}
	if err := os.Rename(aside, s.audit); err != nil {
		t.Fatal(err)
	}
	if code := r.login(t, "frank"); code != radiustest.AccessAccept {
		t.Errorf("the rules have changed: %v", code)
	}
	if line := r.reload(t); !strings.Contains(line, `"msg":"reloaded"`) {
		t.Error(line)
	}
	r.stop(t)
	if n := len(s.trailLines(t, `"type":"configuration_change","event":"reloaded"`)); n != 1 {
		t.Errorf("%d reloads recorded, want the one that took place", n)
	}
}

func TestChangesAreBounded(t *testing.T) {
	t.Parallel()
	var changes []config.Change
	for i := range 500 {
		changes = append(changes, config.Change{Key: fmt.Sprintf("policy.rules[%d].name", i), After: strings.Repeat("ä", 2000)})
	}
	c := change("reloaded", "ab", changes)
	if len(c.Changes) != changesMost || !strings.HasSuffix(c.Detail, " and 400 more") {
		t.Errorf("%d changes, %s", len(c.Changes), c.Detail)
	}
	if n := len(c.AppendFields(nil)); n > 32<<10 {
		t.Errorf("%d octets", n)
	}
}

// TestAStartTellsWhatChangedBefore: settings that were changed while no server ran are in the trail.
func TestAStartTellsWhatChangedBefore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, policy := range []string{"{default: deny}", "{default: deny}", "{default: exempt}"} {
		s.policy = policy
		s.write(t)
		s.start(t).stop(t)
	}
	if n := len(s.trailLines(t, `"type":"configuration_change","event":"in_force"`)); n != 2 {
		t.Errorf("%d starts with the settings of the last run", n)
	}
	lines := s.trailLines(t, `"type":"configuration_change","event":"changed_before_start"`)
	want := `"detail":"policy.default","changes":[{"key":"policy.default","before":"deny","after":"exempt"}]`
	if len(lines) != 1 || !strings.Contains(lines[0], want) {
		t.Errorf("%s", lines)
	}
}
