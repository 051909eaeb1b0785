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
		people, policy, want string
	}{
		{"grace: {mobile: \"+15550100\"}\nheidi: {}\n", "{default: deny}", "no setting changed"},
		{"grace: {mobile: \"+15550101\"}\nheidi: {}\n", "{default: deny}", "users.file: 1 person changed"},
		{"grace: {mobile: \"+15550101\"}\nivan: {}\n", "{default: exempt}", "policy.default, users.file: 2 people changed"},
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
			part := fmt.Sprintf(`"event":"reloaded","digest":%q,"detail":%q`, digest, c.want)
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
	if n := len(s.trailLines(t, `"event":"reloaded"`)); n != 1 {
		t.Errorf("%d reloads recorded, want the one that took place", n)
	}
}

func TestChangesAreBounded(t *testing.T) {
	t.Parallel()
	before, after := &config.Settings{}, &config.Settings{}
	for range 500 {
		after.Policy.Rules = append(after.Policy.Rules, config.Rule{Name: "a"})
	}
	total := len(config.Changed(before, after))
	text := changes(before, after)
	shown := strings.Count(text, ", ") + 1
	if len(text) > changesMost+len(" and 99999 more") || !strings.HasSuffix(text, fmt.Sprintf(" and %d more", total-shown)) || shown < 10 {
		t.Errorf("%d octets for %d keys: %s", len(text), total, text)
	}
}
