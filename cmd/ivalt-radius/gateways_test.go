package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/doctor"
	"ivalt-radius/radius"
	"ivalt-radius/radius/client"
)

// profilePart is what a page about a gateway says of its profile; the text between the comments is made here.
var profilePart = regexp.MustCompile(`(?s)<!-- profile ([a-z-]+) -->\n.*?<!-- end of profile -->\n`)

// TestReferenceOfGateways holds what the pages of docs/gateways say of profiles to the code; UPDATE_DOCS=1 renews it.
func TestReferenceOfGateways(t *testing.T) {
	pages, err := filepath.Glob("../../docs/gateways/*.md")
	if err != nil || len(pages) < 9 {
		t.Fatal(err, pages)
	}
	known := map[string]radius.Profile{}
	for _, p := range radius.Profiles() {
		known[p.Name] = p
	}
	for _, path := range pages {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		want := profilePart.ReplaceAllStringFunc(string(got), func(part string) string {
			found++
			name := profilePart.FindStringSubmatch(part)[1]
			p, ok := known[name]
			if !ok {
				t.Errorf("%s: there is no profile %q", path, name)
			}
			return fmt.Sprintf("<!-- profile %s -->\n%s<!-- end of profile -->\n", name, ofProfile(p))
		})
		if found == 0 && filepath.Base(path) != "README.md" {
			t.Errorf("%s has no part `<!-- profile NAME -->`", path)
		}
		if os.Getenv("UPDATE_DOCS") != "" {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // G703: a page of the repository
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s is not what the code says; run make docs (-want +got):\n%s", path, diff)
		}
	}
}

// ofProfile is what the code knows of a gateway: the preset, and what `doctor` says that must be set there.
func ofProfile(p radius.Profile) string {
	var b strings.Builder
	fmt.Fprintf(&b, "`profile: %s` means `answer_within: %s`: a login that still waits then is answered before the gateway gives up. `ivalt-radius login --nas %s` plays %s. ", p.Name, p.AnswerWithin, p.Name, played(p))
	if len(p.CallingStationFrom) > 0 {
		fmt.Fprintf(&b, "The person's address is the first of `%s` that is there. ", strings.Join(p.CallingStationFrom, "`, `"))
	}
	b.WriteString(map[bool]string{true: "`challenge` is a fault with it.", false: "`challenge` may be set."}[p.Challenge == client.ChallengeRejects])
	if p.Challenge == client.ChallengeUnknown {
		b.WriteString(" `check` warns, since nobody knows what it makes of one.")
	}
	b.WriteString("\n")
	if lines := doctor.Commands(p.Name, p.AnswerWithin); len(lines) > 0 {
		b.WriteString("`ivalt-radius doctor` names what to set on the gateway for that:\n\n```text\n")
		for _, line := range lines {
			b.WriteString(strings.TrimPrefix(line, p.Name+": ") + "\n")
		}
		b.WriteString("```\n")
	}
	return b.String()
}
