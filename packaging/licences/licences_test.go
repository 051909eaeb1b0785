package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	root         = "../.."
	page         = root + "/docs/licences.md"
	dependencies = root + "/docs/dependencies.md"
)

// Texts as they begin; what follows does not matter to what they are.
const (
	mit    = "The MIT License (MIT)\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this\nsoftware, to deal in it without\nrestriction"
	bsd2   = "Redistributions of source code must retain the above. * Redistributions in binary form must reproduce the above."
	bsd3   = bsd2 + "\nNeither the name of Google nor the names of its contributors may be used to endorse or promote products"
	apache = "                                 Apache License\n                           Version 2.0, January 2004"
)

func TestIdentify(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // none: refused
	}{
		{"MIT", mit, []string{"MIT"}},
		{"BSD with two clauses", bsd2, []string{"BSD-2-Clause"}},
		{"BSD with three clauses", bsd3, []string{"BSD-3-Clause"}},
		{"Apache", apache, []string{"Apache-2.0"}},
		{"two in one file", mit + "\n" + apache, []string{"Apache-2.0", "MIT"}},
		{"MPL", "Mozilla Public License, version 2.0", []string{"MPL-2.0"}},
		{"MPL 1.1", "Mozilla Public License Version 1.1", nil},
		{"0BSD", "Permission to use, copy, modify, and/or distribute this software for any\npurpose with or without fee is hereby granted.", []string{"0BSD"}},
		{"GPL 3", "GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007\n\n Everyone is permitted to copy and distribute verbatim copies\n of this license document", nil},
		{"GPL beside MIT", mit + "\nEveryone is permitted to copy and distribute verbatim copies of this license document", nil},
		{"Commons Clause on Apache", "\"Commons Clause\" License Condition v1.0\n" + apache, nil},
		{"Business Source", "Business Source License 1.1\n" + apache, nil},
		{"nothing", "", nil},
		{"all rights reserved", "Copyright 2026. All rights reserved.", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := identify(c.text)
			if diff := cmp.Diff(c.want, got); diff != "" || (err == nil) != (c.want != nil) {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestRead: the licence of a module lies at its root, and foreign code deeper down may have one of its own; folders that are not linked do not count.
func TestRead(t *testing.T) {
	base := t.TempDir()
	put := func(name, content string) {
		path := filepath.Join(base, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("sound/LICENSE.txt", mit)
	put("sound/NOTICE", "made by somebody")
	put("sound/license.go", "package sound")
	put("sound/foreign/COPYING", bsd3)
	put("sound/foreign/deep/a.go", "package deep")
	put("sound/elsewhere/LICENSE", "All rights reserved.")
	put("bare/deep/LICENSE", mit)
	put("closed/LICENCE", "All rights reserved.")

	got, err := read(module{path: "example.com/sound"}, base+"/sound", map[string]bool{base + "/sound": true, base + "/sound/foreign/deep": true})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, one := range got.texts {
		names = append(names, one.name)
	}
	if diff := cmp.Diff([]string{"LICENSE.txt", "NOTICE", "foreign/COPYING"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"BSD-3-Clause", "MIT"}, got.licences); diff != "" {
		t.Error(diff)
	}
	for name, c := range map[string]struct{ linked, why string }{
		"bare":   {"/bare/deep", "no licence file at its root"},
		"closed": {"/closed", "none of the licences"},
		"gone":   {"/gone", "no such file"},
	} {
		_, err := read(module{path: "example.com/" + name}, base+"/"+name, map[string]bool{base + c.linked: true})
		if err == nil || !strings.Contains(err.Error(), c.why) || !strings.Contains(err.Error(), "example.com/"+name) {
			t.Errorf("%s: %v, want words of %q", name, err, c.why)
		}
	}
}

// TestPage holds docs/licences.md to what is linked.
func TestPage(t *testing.T) {
	var want bytes.Buffer
	if err := run(t.Context(), root, "", &want); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(page, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("docs/licences.md is not what is linked; run make docs (-want +got):\n%s", diff)
	}
}

// TestOut: every module has its texts in the folder, twice the same, and a folder of somebody else's is left alone.
func TestOut(t *testing.T) {
	out := filepath.Join(t.TempDir(), "licences")
	for range 2 {
		if err := run(t.Context(), root, out, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"LICENCES.md", "page/VENDORED.md", "go/LICENSE", "layeh.com/radius/LICENSE", "github.com/prometheus/client_golang/NOTICE"} {
		if content, err := os.ReadFile(filepath.Join(out, name)); err != nil || len(content) < 50 {
			t.Errorf("%s: %d octets, %v", name, len(content), err)
		}
	}
	other := t.TempDir()
	kept := filepath.Join(other, "kept")
	if err := os.WriteFile(kept, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), root, other, nil); err == nil {
		t.Error("a folder that holds something else was written into")
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
	for name, at := range map[string]struct{ root, out string }{
		"nothing to write":  {root, ""},
		"no module":         {t.TempDir(), filepath.Join(t.TempDir(), "out")},
		"a file in the way": {root, filepath.Join(kept, "out")},
		"another folder":    {root + "/test", filepath.Join(t.TempDir(), "out")},
	} {
		if err := run(t.Context(), at.root, at.out, nil); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
}

// row is a line of a table of docs/dependencies.md: modules, then licences.
var row = regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \|`)

// stated is what docs/dependencies.md says of each module: the licences of its row, which are those of one of its modules each, in order,
// or of all of them where the row names one licence.
func stated(t *testing.T, text string) map[string]string {
	t.Helper()
	said := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(text, -1) {
		modules, licences := strings.Split(m[1], ", "), strings.Split(m[2], ", ")
		for i, name := range modules {
			name = strings.Replace(name, "…", "github.com/knadh/koanf", 1)
			switch {
			case len(modules) == len(licences):
				said[name] = licences[i]
			case len(modules) == 1 || len(licences) == 1:
				said[name] = m[2]
			default:
				t.Errorf("%d modules and %d licences in a row: %s", len(modules), len(licences), m[1])
			}
		}
	}
	return said
}

// untrue are the modules of which docs/dependencies.md says something else than their texts.
func untrue(all []module, said map[string]string) (found []string) {
	for _, m := range all {
		if m.path == standard {
			continue
		}
		for name := range known() {
			if strings.Contains(said[m.path], name) != slices.Contains(m.licences, name) {
				found = append(found, m.path+" "+name)
			}
		}
	}
	return found
}

// TestDependenciesSayTheLicence holds docs/dependencies.md to the texts of what is linked, and to the list of what is allowed.
func TestDependenciesSayTheLicence(t *testing.T) {
	text, err := os.ReadFile(dependencies)
	if err != nil {
		t.Fatal(err)
	}
	all, err := linked(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d modules are linked", len(all))
	}
	for _, wrong := range untrue(all, stated(t, string(text))) {
		t.Errorf("docs/dependencies.md and the text disagree about %s", wrong)
	}
	wrong := stated(t, strings.Replace(string(text), "| filippo.io/age, filippo.io/hpke | BSD-3-Clause |", "| filippo.io/age, filippo.io/hpke | MIT |", 1))
	if got := untrue(all, wrong); len(got) != 4 {
		t.Errorf("of two wrong licences these are found: %q", got)
	}
	sentence, _, _ := strings.Cut(string(text), ": all go with Apache-2.0")
	for _, name := range slices.Sorted(maps.Keys(known())) {
		if !strings.Contains(sentence, name) {
			t.Errorf("docs/dependencies.md does not say that %s is allowed", name)
		}
	}
}
