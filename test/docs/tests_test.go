package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// namedTest is a test as the documents name it.
var namedTest = regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9_]*)`")

// declared is a test as the code has it.
var declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9_]*)\(`)

// TestNamedTestsAreThere: what the documents call the proof of something is a test.
func TestNamedTestsAreThere(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // G122: the repository under test
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			known[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for name, text := range documents(t) {
		for _, m := range namedTest.FindAllStringSubmatch(text, -1) {
			if named++; !known[m[1]] {
				t.Errorf("%s names %s, which is no test", name, m[1])
			}
		}
	}
	if named < 50 || len(known) < 1000 {
		t.Errorf("%d named, %d known: the search is broken", named, len(known))
	}
}

// TestEveryThreatHasItsProof: each row of the guide's threats and attack vectors names a test.
func TestEveryThreatHasItsProof(t *testing.T) {
	t.Parallel()
	text := documents(t)["docs/security.md"]
	_, text, _ = strings.Cut(text, "## The threats of the operators' guide")
	text, _, _ = strings.Cut(text, "\n## ")
	rows := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| threat") || strings.HasPrefix(line, "| attack vector") {
			continue
		}
		if rows++; !namedTest.MatchString(line) {
			t.Errorf("no test is named: %.60s", line)
		}
	}
	if rows != 6+12 {
		t.Errorf("%d threats and attack vectors, and the guide has 6 and 12", rows)
	}
}
