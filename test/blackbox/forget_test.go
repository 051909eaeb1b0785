package blackbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ivalt-radius/audit/segment"
	"ivalt-radius/test/blackbox"
)

// Whom the trail forgets: as she types her name, as the server writes it, and where she is.
const (
	oubliette       = "svc-Oubliette"
	oublietteName   = "svc-oubliette"
	oublietteAt     = "198.51.100.201"
	oublietteNobody = "no record of this person"
)

// remembers lets the person log in, and others fill the segment behind her; so many segments in all. It returns the others.
func remembers(t *testing.T, site *blackbox.Site, files int) (others []string) {
	t.Helper()
	nas := site.NAS(t)
	for n := 2; n <= files; n++ {
		for id := range 3 {
			accepted(t, nas.Login(t, blackbox.Login{User: oubliette, Password: password, CallingStation: oublietteAt, ID: byte(n*8 + id)}))
		}
		others = append(others, filling(t, site, fmt.Sprint("other", n), n)...)
	}
	return others
}

// whereNamed are the files of the state directory that name the person, segments as what they hold. Where one is replaced meanwhile it
// looks once more.
func whereNamed(t *testing.T, site *blackbox.Site) []string {
	t.Helper()
	for {
		named, err := lookForNames(t, site)
		if err == nil {
			return named
		}
		if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

func lookForNames(t *testing.T, site *blackbox.Site) (named []string, err error) {
	t.Helper()
	err = fs.WalkDir(os.DirFS(site.State()), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		path := filepath.Join(site.State(), name)
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, ".gz") {
			text = []byte(strings.Join(forger{t: t, files: []segment.File{{Path: path, Compressed: true}}}.read(0), "\n"))
		}
		text = bytes.ToLower(text)
		if bytes.Contains(text, []byte(oublietteName)) || bytes.Contains(text, []byte(oublietteAt)) {
			named = append(named, name)
		}
		return nil
	})
	return named, err
}

// forget runs `audit forget --yes`, which must succeed.
func forget(t *testing.T, site *blackbox.Site) string {
	t.Helper()
	out, code := blackbox.Run(t, "audit", "forget", "--config", site.Config(), "--user", "SVC-oubliette", "--yes")
	if code != 0 {
		t.Errorf("audit forget: exit %d: %s", code, out)
	}
	return out
}

// TestForgettingUnderLoad: a person is forgotten while others log in; nothing in state.directory names her, the trail is sound at each
// moment, and keeps all others.
func TestForgettingUnderLoad(t *testing.T) {
	t.Parallel()
	site := segmented(t)
	site.Start(t)
	others := remembers(t, site, 3)
	if out, code := blackbox.Run(t, "audit", "export", "--config", site.Config(), "--user", oubliette); code != 0 || strings.Count(out, oublietteAt) != 6 {
		t.Errorf("audit export: exit %d: %s", code, out)
	}
	if out, code := blackbox.Run(t, "audit", "forget", "--config", site.Config(), "--user", oubliette); code != 0 || !strings.Contains(out, "7 records in ") || len(whereNamed(t, site)) < 3 {
		t.Errorf("a look: exit %d: %s", code, out)
	}
	stop := loggingIn(t, site)
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		for range 5 {
			sound(t, site)
		}
	}()
	out := forget(t, site)
	<-looked
	stop()
	pseudonym := regexp.MustCompile(`forgotten-[0-9a-f]{16}`).FindString(out)
	if pseudonym == "" || !strings.Contains(out, "7 records in ") {
		t.Errorf("audit forget says %s", out)
	}
	if named := whereNamed(t, site); len(named) > 0 {
		t.Errorf("still named in %v", named)
	}
	forgotten(t, site, pseudonym, others)
	if out := forget(t, site); !strings.Contains(out, oublietteNobody) {
		t.Errorf("a second time: %s", out)
	}
	stopped(t, site)
	if out := sound(t, site); !strings.Contains(out, "7 lines of people who were forgotten, as recorded") {
		t.Errorf("audit verify says %s", out)
	}
	dir := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(site.State())); err != nil {
		t.Fatal(err)
	}
	f := newForger(t, dir)
	f.edit(0, func(lines []string) []string {
		return strings.Split(strings.Replace(strings.Join(lines, "\n"), pseudonym, "forgotten-0000000000000000", 1), "\n")
	})
	if out, code := blackbox.Run(t, "audit", "verify", f.live()); code != 1 || !strings.Contains(out, "changed: the hash of record ") {
		t.Errorf("a forged line: exit %d: %s", code, out)
	}
}

// forgotten looks at what the trail says now: the person's logins under the pseudonym, without salt, and the others as they were.
func forgotten(t *testing.T, site *blackbox.Site, pseudonym string, others []string) {
	t.Helper()
	known := acceptedUsers(t, site)
	for _, user := range others {
		if !known[user] {
			t.Errorf("%s is gone too", user)
		}
	}
	n := 0
	for _, line := range site.TrailLines(t) {
		var r blackbox.Record
		if json.Unmarshal(line, &r) == nil && r.Text("user") == pseudonym {
			n++
			if r.Text("salt") != "" || r.Text("calling_station") != "" || r.Text("verdict") != "accept" {
				t.Errorf("a rewritten line: %s", line)
			}
		}
	}
	if n != 6 {
		t.Errorf("%d logins of the pseudonym, want 6", n)
	}
}

// TestForgettingKilled: kill -9 between the record that says what is forgotten and the end of the rewriting; the trail is sound, and
// forgetting again ends it.
func TestForgettingKilled(t *testing.T) {
	t.Parallel()
	site := segmented(t)
	site.Start(t)
	remembers(t, site, 5)
	command := blackbox.Start(t, nil, "audit", "forget", "--config", site.Config(), "--user", oubliette, "--yes")
	blackbox.Eventually(t, "the record that says who is forgotten", func() bool {
		files, err := filepath.Glob(site.Trail() + "*")
		return err == nil && anyHolds(files, `"action":"forget"`)
	})
	site.Server.Kill()
	if code := command.Exit(t); code == 0 {
		t.Log("the server was faster than the kill")
	}
	sound(t, site)
	site.Start(t)
	sound(t, site)
	forget(t, site)
	if out := forget(t, site); !strings.Contains(out, oublietteNobody) {
		t.Errorf("a second time: %s", out)
	}
	if named := whereNamed(t, site); len(named) > 0 {
		t.Errorf("still named in %v", named)
	}
	stopped(t, site)
	sound(t, site)
}

// anyHolds reports a file, as it stands there, that holds the word. One that is compressed or gone meanwhile holds nothing.
func anyHolds(files []string, word string) bool {
	for _, path := range files {
		if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, []byte(word)) {
			return true
		}
	}
	return false
}
