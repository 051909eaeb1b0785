package test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

const readmeLines = 150

// unwanted is what no file of the repository may hold, whatever its kind. The patterns are written so that this file does
// not hold what it looks for.
func unwanted() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"a path of one machine":        regexp.MustCompile(`(^|[^\w.~-])/(work|root)/[a-z.]`),
		"a path beside the repository": regexp.MustCompile(`\.\./[s]hared\b`),
		"a package registry's host":    regexp.MustCompile(`(proxy|sum)\.golang\.org|registry\.npmjs|pypi\.[o]rg|deb\.debian\.org`),
		"a private key":                regexp.MustCompile(`-----BEGIN ([A-Z0-9 ]+ )?PRIVATE KEY( BLOCK)?-----|AGE-SECRET-KEY-[0-9A-Z]{20}`),
		"a merge left over":            regexp.MustCompile(`(?m)^(<{7} |>{7} |={7}$)`),
	}
}

func unwantedText(path, text string) []string {
	var found []string
	for name, pattern := range unwanted() {
		if at := pattern.FindStringIndex(text); at != nil {
			line := 1 + strings.Count(text[:at[0]], "\n")
			found = append(found, fmt.Sprintf("%s:%d: %s: %.60q", path, line, name, text[at[0]:at[1]]))
		}
	}
	return found
}

// tracked lists what git knows; a source archive without git is walked instead.
func tracked(t *testing.T) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "-c", "safe.directory=*", "ls-files", "-z")
	list.Dir = root
	out, err := list.Output()
	if err != nil || len(out) == 0 {
		return files(t, "")
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

func TestText(t *testing.T) {
	for _, path := range tracked(t) {
		text, err := os.ReadFile(filepath.Join(root, path))
		if os.IsNotExist(err) {
			continue // deleted and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 || strings.Contains(path, "testdata/fuzz/") {
			continue
		}
		for _, finding := range unwantedText(path, string(text)) {
			t.Error(finding)
		}
	}
}

func TestTextRulesSeeBadText(t *testing.T) {
	// The bad pieces are put together here, so that TestText does not find them in this file.
	join := func(parts ...string) string { return strings.Join(parts, "") }
	cases := []struct {
		name, text string
		bad        bool
	}{
		{"machine path", join("see /", "work/main/x"), true},
		{"home of root", join(`dir := "/`, `root/go"`), true},
		{"path beside", join("../", "shared/vectors"), true},
		{"registry", join("https://proxy.", "golang.org"), true},
		{"private key", join("-----BEGIN EC PRIVATE", " KEY-----"), true},
		{"age key", join("AGE-SECRET-", "KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQ"), true},
		{"merge", join("a\n<<<<", "<<< HEAD\n"), true},

		{"a word with work", join("the network/", "work/ of art"), false},
		{"system path", "/var/lib/ivalt-radius", false},
		{"certificate", "-----BEGIN CERTIFICATE-----", false},
		{"a heading's underline", "Title\n========\n", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := unwantedText("a", c.text); (len(got) > 0) != c.bad {
				t.Errorf("findings %q, want some: %v", got, c.bad)
			}
		})
	}
}

func TestReadmeIsShort(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("\n")); n > readmeLines {
		t.Errorf("README.md has %d lines, at most %d", n, readmeLines)
	}
}
