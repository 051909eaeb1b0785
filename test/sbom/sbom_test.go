package main

import (
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// faulty are the ways in which a document is not one of SPDX 2.3, or leaves a module of the binary out.
func faulty(doc *document, info *debug.BuildInfo) (wrong []string) {
	if doc.SPDXVersion != "SPDX-2.3" || doc.DataLicense != "CC0-1.0" || doc.SPDXID != "SPDXRef-DOCUMENT" || doc.Name == "" || !strings.HasPrefix(doc.Namespace, "https://") || strings.Contains(doc.Namespace, "#") {
		wrong = append(wrong, "the document's own fields")
	}
	if _, err := time.Parse("2006-01-02T15:04:05Z", doc.Creation.Created); err != nil || len(doc.Creation.Creators) == 0 || !strings.HasPrefix(doc.Creation.Creators[0], "Tool: ") {
		wrong = append(wrong, "creationInfo")
	}
	ids, named := map[string]bool{"SPDXRef-DOCUMENT": true}, map[string]part{}
	for _, p := range doc.Packages {
		if ids[p.SPDXID] || !regexp.MustCompile(`^SPDXRef-[A-Za-z0-9.-]+$`).MatchString(p.SPDXID) {
			wrong = append(wrong, "the identifier "+p.SPDXID)
		}
		ids[p.SPDXID], named[p.Name] = true, p
		if p.Name == "" || p.Version == "" || p.Location == "" || p.FilesAnalyzed || !regexp.MustCompile(`^[A-Za-z0-9.-]+( AND [A-Za-z0-9.-]+)*$`).MatchString(p.LicenseDeclared) || p.Copyright == "" ||
			len(p.Refs) != 1 || p.Refs[0].Category != "PACKAGE-MANAGER" || p.Refs[0].Type != "purl" || !strings.HasPrefix(p.Refs[0].Locator, "pkg:") || !strings.Contains(p.Refs[0].Locator, "@") {
			wrong = append(wrong, "the package "+p.Name)
		}
		for _, c := range p.Checksums {
			if c.Algorithm != "SHA256" || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(c.Value) {
				wrong = append(wrong, "the checksum of "+p.Name)
			}
		}
	}
	described := false
	for _, r := range doc.Relationships {
		if !ids[r.From] || !ids[r.To] {
			wrong = append(wrong, "a relationship with "+r.To)
		}
		described = described || r.Kind == "DESCRIBES"
	}
	if !described || len(doc.Relationships) != len(doc.Packages) {
		wrong = append(wrong, "the relationships")
	}
	for _, m := range info.Deps {
		if p := named[m.Path]; len(p.Checksums) != 1 || p.Version != m.Version {
			wrong = append(wrong, "no module "+m.Path)
		}
	}
	return wrong
}

// described is the program as it is built, and its document.
func described(t *testing.T) (*document, *debug.BuildInfo) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "ivalt-radius")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", binary, "ivalt-radius/cmd/ivalt-radius")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	page, err := os.ReadFile("../../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := digest(binary)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := describe(info, licences(string(page)), product{Version: "1.0+2", File: "ivalt-radius", Digest: sum, Made: time.Unix(1e9, 0).UTC()})
	if err != nil {
		t.Fatal(err)
	}
	return doc, info
}

// TestDocument: it is whole, names every module of the binary, and a document that lacks something is found faulty.
func TestDocument(t *testing.T) {
	doc, info := described(t)
	for _, wrong := range faulty(doc, info) {
		t.Error(wrong)
	}
	if len(info.Deps) < 20 {
		t.Errorf("%d modules", len(info.Deps))
	}
	for name, spoil := range map[string]func(d *document){
		"a module":   func(d *document) { d.Packages = d.Packages[:len(d.Packages)-1] },
		"a licence":  func(d *document) { d.Packages[3].LicenseDeclared = "" },
		"a checksum": func(d *document) { d.Packages[3].Checksums = nil },
		"a purl":     func(d *document) { d.Packages[3].Refs = nil },
		"twice":      func(d *document) { d.Packages[3].SPDXID = d.Packages[2].SPDXID },
		"the time":   func(d *document) { d.Creation.Created = "" },
	} {
		bad := *doc
		bad.Packages = append([]part{}, doc.Packages...)
		if spoil(&bad); len(faulty(&bad, info)) == 0 {
			t.Errorf("nobody misses %s", name)
		}
	}
}

// TestWhatIsNotKnown is an error, never a guess.
func TestWhatIsNotKnown(t *testing.T) {
	sum := "h1:" + strings.Repeat("A", 43) + "="
	for name, m := range map[string]debug.Module{
		"no licence":  {Path: "example.com/b", Version: "v1.0.0", Sum: sum},
		"no checksum": {Path: "example.com/a", Version: "v1.0.0"},
		"half of one": {Path: "example.com/a", Version: "v1.0.0", Sum: "h1:AAAA"},
	} {
		if _, err := describe(&debug.BuildInfo{Deps: []*debug.Module{&m}}, map[string]string{"example.com/a": "MIT"}, product{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestRun: of a program that Go made comes a document that reads back; of anything else an error.
func TestRun(t *testing.T) {
	own, err := os.Executable() // its test libraries are on the page too
	if err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("| github.com/google/go-cmp | BSD-3-Clause | x |\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	var doc document
	if err := run(&out, own, page, product{Version: "1", File: "test", Made: time.Unix(1, 0).UTC()}); err != nil || json.Unmarshal([]byte(out.String()), &doc) != nil || doc.Packages[1].Name != "stdlib" {
		t.Errorf("%v: %s", err, out.String())
	}
	for _, bad := range [][2]string{{page, page}, {own, page + ".none"}, {own + ".none", page}} {
		if run(&out, bad[0], bad[1], product{}) == nil {
			t.Errorf("%v: no error", bad)
		}
	}
}

// TestLicences reads the page's rows.
func TestLicences(t *testing.T) {
	got := licences("| module | licence | what for |\n|---|---|---|\n| a.b/c/v2, …/d/v2, a.b/e | MIT | x |\n| f.g/h, f.g/i | MIT and Apache-2.0, BSD-3-Clause | y |\n")
	for module, want := range map[string]string{"a.b/c/v2": "MIT", "a.b/c/d/v2": "MIT", "a.b/e": "MIT", "f.g/h": "MIT AND Apache-2.0", "f.g/i": "BSD-3-Clause"} {
		if got[module] != want {
			t.Errorf("%s: %q", module, got[module])
		}
	}
}
