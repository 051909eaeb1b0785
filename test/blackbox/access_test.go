package blackbox_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ivalt-radius/test/blackbox"
)

// readers are the commands that show what is in the trail, by the word that the trail has for them.
func readers(site *blackbox.Site) map[string][]string {
	all := map[string][]string{"compliance": {"compliance", "--config", site.Config(), "--framework", "soc2"}}
	for _, word := range []string{"tail", "export", "report"} {
		all[word] = []string{"audit", word, "--config", site.Config()}
	}
	return all
}

// TestReadingIsRecorded: each command that shows the trail leaves who read it, with a server and without.
func TestReadingIsRecorded(t *testing.T) {
	t.Parallel()
	site := segmented(t)
	site.Start(t)
	accepted(t, site.NAS(t).Login(t, blackbox.Login{User: "svc-shown", Password: password}))
	commands := readers(site)
	commands["verify"] = []string{"audit", "verify", "--config", site.Config()}
	recorded := 0
	look := func() {
		t.Helper()
		for word, args := range commands {
			out, code := blackbox.Run(t, args...)
			recorded++
			found := site.Accesses(t)
			last := found[len(found)-1]
			if code != 0 || len(found) != recorded || last.Text("action") != word {
				t.Errorf("%s: exit %d, %d readings are recorded, the last is %v, want %d: %s", word, code, len(found), last, recorded, out)
			}
			if who := fmt.Sprintf(`^uid=%d pid=\d+$`, os.Getuid()); !regexp.MustCompile(who).MatchString(last.Text("actor")) {
				t.Errorf("%s: by %q", word, last.Text("actor"))
			}
		}
	}
	look()
	stopped(t, site)
	look()
	sound(t, site)
}

// TestReadingThatCannotBeRecorded: then nothing is shown; a copy is.
func TestReadingThatCannotBeRecorded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(site *blackbox.Site) error
	}{
		{"key damaged", func(site *blackbox.Site) error {
			return os.WriteFile(filepath.Join(site.State(), "audit.key"), []byte("x"), 0o600)
		}},
		{"no live file", func(site *blackbox.Site) error { return os.Remove(site.Trail()) }},
		{"end that is no trail", func(site *blackbox.Site) error {
			return os.WriteFile(site.Trail(), append(site.TrailText(t), "no record\n"...), 0o600)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			site := segmented(t)
			site.Start(t)
			accepted(t, site.NAS(t).Login(t, blackbox.Login{User: "svc-hidden", Password: password}))
			stopped(t, site)
			copied := filepath.Join(t.TempDir(), "audit.jsonl")
			if err := os.WriteFile(copied, site.TrailText(t), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := c.spoil(site); err != nil {
				t.Fatal(err)
			}
			for word, args := range readers(site) {
				out, code := blackbox.Run(t, args...)
				if (code == 0) != (word == "compliance" && c.name == "no live file") || strings.Contains(out, "svc-hidden") {
					t.Errorf("%s: exit %d: %s", word, code, out)
				}
				if word == "compliance" {
					continue // which reads no copies, and judges what there is of a server without a trail
				}
				args[2], args = copied, args[:3]
				if out, code := blackbox.Run(t, args...); code != 0 || !strings.Contains(out, "gateway") {
					t.Errorf("%s of a copy: exit %d: %s", word, code, out)
				}
			}
		})
	}
}
