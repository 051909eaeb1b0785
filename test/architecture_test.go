package test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// architecture is the page that says what there is.
func architecture(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unnamed are the packages that a page leaves out. What stands below a command or the page is named by its last word.
func unnamed(page string, packages []string) (left []string) {
	for _, p := range packages {
		name := p
		for _, below := range []string{"cmd/ivalt-radius/", "admin/page/", "audit/report/", "audit/ship/"} {
			if strings.HasPrefix(p, below) {
				name = path.Base(p)
			}
		}
		if !strings.Contains(page, "`"+p+"`") && !strings.Contains(page, "`"+name+"`") {
			left = append(left, p)
		}
	}
	return left
}

// TestArchitectureNamesEveryPackage, but for those of tests, whose room has one line.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	var packages []string
	for _, s := range sources(t) {
		if !slices.Contains(packages, s.dir()) {
			packages = append(packages, s.dir())
		}
	}
	page := architecture(t)
	if left := unnamed(page, packages); len(left) > 0 {
		t.Errorf("docs/architecture.md does not name %q: say in one sentence what each does", left)
	}
	if len(packages) < 100 || !slices.Equal(unnamed(page, []string{"auth", "auth/other", "cmd/ivalt-radius/other"}), []string{"auth/other", "cmd/ivalt-radius/other"}) {
		t.Error("a package that is not named is not found")
	}
}

// imports are the rooms that the page's table says a room may import, by room.
func imports(page string) map[string][]string {
	out := map[string][]string{}
	row := regexp.MustCompile("(?m)^\\| `([a-z]+)` \\|[^|]*\\|([^|]*)\\|[^|]*\\|$")
	for _, m := range row.FindAllStringSubmatch(page, -1) {
		may := []string{}
		for word := range strings.SplitSeq(m[2], ",") {
			if word, _, _ = strings.Cut(strings.TrimSpace(word), " "); word != "" {
				may = append(may, word)
			}
		}
		slices.Sort(may)
		out[m[1]] = may
	}
	return out
}

// TestArchitectureSaysWhoMayImport: its table is that of the rule.
func TestArchitectureSaysWhoMayImport(t *testing.T) {
	said := imports(architecture(t))
	for room, may := range directions() {
		if room == "cmd" || room == "test" {
			continue // all
		}
		if may = slices.Sorted(slices.Values(may)); !slices.Equal(said[room], may) {
			t.Errorf("docs/architecture.md says that %s may import %q, and the rule %q", room, said[room], may)
		}
	}
}

// goFile is a Go file as a comment names it.
var goFile = regexp.MustCompile(`\b[a-z0-9_]+\.go\b`)

// gone are the files that a package's doc.go names and that lie neither beside it nor one folder above.
func gone(doc source, there []string) (names []string) {
	for _, name := range goFile.FindAllString(doc.text, -1) {
		if !slices.Contains(there, path.Join(doc.dir(), name)) && !slices.Contains(there, path.Join(path.Dir(doc.dir()), name)) {
			names = append(names, name)
		}
	}
	return names
}

// TestDocNamesFilesThatAreThere: a package's story tells of the files that it has.
func TestDocNamesFilesThatAreThere(t *testing.T) {
	there := files(t, ".go")
	for _, s := range sources(t) {
		if names := gone(s, there); path.Base(s.path) == "doc.go" && len(names) > 0 {
			t.Errorf("%s names %q, which are not there", s.path, names)
		}
	}
	if names := gone(parse(t, "auth/doc.go", "// Package auth: flow.go, other.go.\npackage auth\n"), []string{"auth/flow.go"}); !slices.Equal(names, []string{"other.go"}) {
		t.Errorf("a file that is not there is not found: %q", names)
	}
}
