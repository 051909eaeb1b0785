package docs_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// block is one fenced block of a document.
type block struct {
	place  string // file:line of the fence
	info   string // what stands behind the fence: the language, then marks
	text   string
	notRun string // the reason that a comment right before it gives
	marked bool   // such a comment is there
}

// documents are README.md and everything under docs/, by path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	paths := []string{filepath.Join(root, "README.md")}
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ".md" {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

var notRun = regexp.MustCompile(`^<!-- not run:(.*)-->$`)

// blocks are the fenced blocks of a document. A mark counts for the block that follows it with nothing but blank lines between.
func blocks(name, text string) []block {
	var found []block
	var open *block
	var next block // what stands of the next one already
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		fence, isFence := strings.CutPrefix(trimmed, "```")
		switch {
		case isFence && open == nil:
			open = &next
			open.place, open.info = fmt.Sprintf("%s:%d", name, i+1), strings.TrimSpace(fence)
		case isFence:
			found = append(found, *open)
			open, next = nil, block{}
		case open != nil:
			open.text += line + "\n"
		case trimmed != "":
			next = block{}
			if m := notRun.FindStringSubmatch(trimmed); m != nil {
				next.notRun, next.marked = strings.TrimSpace(m[1]), true
			}
		}
	}
	if open != nil {
		open.info = "unclosed"
		found = append(found, *open)
	}
	return found
}

// languages are what a fence may say. yaml is loaded (TestYAMLBlocks), sh is run (TestShellBlocks), json must be sound; the rest is for reading:
// console is a session with its output, text is what has no language, and what is named so is a file of another program.
func languages() []string {
	return []string{"yaml", "sh", "json", "console", "text", "ini", "python", ""}
}

// faultyBlocks says what is wrong with the blocks of a document before any is run.
func faultyBlocks(name, text string) []string {
	var faults []string
	for _, b := range blocks(name, text) {
		language, _, _ := strings.Cut(b.info, " ")
		var reason string
		switch {
		case !slices.Contains(languages(), language):
			reason = fmt.Sprintf("%q is no language of ours: a block that can run is sh, a session with output console", b.info)
		case b.marked && b.info != "sh":
			reason = "says why it is not run, and is no sh block"
		case b.marked && len(b.notRun) < 12:
			reason = "is not run and does not say why"
		case language == "sh" && b.info != "sh":
			reason = fmt.Sprintf("no meaning for %q", b.info)
		case language == "sh" && strings.TrimSpace(b.text) == "":
			reason = "is empty"
		case language == "" && strings.Contains("\n"+b.text, "\nivalt-radius "):
			reason = "has commands and no language: it would be run by nobody"
		case language == "json" && !json.Valid([]byte(b.text)):
			reason = "is no JSON"
		}
		if reason != "" {
			faults = append(faults, b.place+": "+reason)
		}
	}
	return faults
}

// TestEveryBlockIsRunOrSaysWhyNot: each shell block of each document is one that TestShellBlocks runs, or has its reason right before it.
func TestEveryBlockIsRunOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	run, not := 0, 0
	for name, text := range documents(t) {
		for _, fault := range faultyBlocks(name, text) {
			t.Error(fault)
		}
		for _, b := range blocks(name, text) {
			switch {
			case b.info == "sh" && b.marked:
				not++
				t.Logf("not run: %s: %s", b.place, b.notRun)
			case b.info == "sh":
				run++
			}
		}
	}
	t.Logf("%d shell blocks are run by `make interop`, %d are not", run, not)
	if run == 0 {
		t.Error("no shell block in any document")
	}
}

// TestBlocksSeeFaults: a page of each faulty kind is found.
func TestBlocksSeeFaults(t *testing.T) {
	t.Parallel()
	const fence = "```"
	for _, c := range []struct{ name, page, fault string }{
		{"sound", "<!-- not run: needs a real gateway -->\n\n" + fence + "sh\nsacli start\n" + fence, ""},
		{"run", "text\n" + fence + "sh\ntrue\n" + fence, ""},
		{"reason missing", "<!-- not run: -->\n" + fence + "sh\ntrue\n" + fence, "x.md:2: is not run and does not say why"},
		{"reason too short", "<!-- not run: because -->\n" + fence + "sh\ntrue\n" + fence, "does not say why"},
		{"mark of another", "<!-- not run: needs a real gateway -->\n" + fence + "yaml\na: 1\n" + fence, "is no sh block"},
		{"other shell", fence + "bash\ntrue\n" + fence, "no language of ours"},
		{"marked sh", fence + "sh norun\ntrue\n" + fence, `no meaning for "sh norun"`},
		{"empty", fence + "sh\n" + fence, "is empty"},
		{"no language", fence + "\nivalt-radius reload\n" + fence, "run by nobody"},
		{"no JSON", fence + "json\n{\n" + fence, "is no JSON"},
		{"unclosed", fence + "sh\ntrue\n", "no language of ours"},
	} {
		got := strings.Join(faultyBlocks("x.md", c.page), "\n")
		if (c.fault == "") != (got == "") || !strings.Contains(got, c.fault) {
			t.Errorf("%s: %q, want %q", c.name, got, c.fault)
		}
	}
	far := blocks("x.md", "<!-- not run: needs a real gateway -->\nOther words.\n"+fence+"sh\ntrue\n"+fence)
	if len(far) != 1 || far[0].marked {
		t.Errorf("a mark that stands elsewhere counts: %+v", far)
	}
}
