package docs_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sixHeadings are those of each page about a gateway, in this order.
func sixHeadings() []string {
	return []string{"What it sends", "Time-outs to set", "Message-Authenticator", "Challenge", "Check", "Trouble"}
}

// mark is what a line of fact ends with: the test that shows it, the source that says it, or that nobody has looked.
var mark = regexp.MustCompile("\\(measured: [^)]*`Test[A-Z]|\\(documented: [^)]{8,}|\\(not verified")

// faultyPage says what a page about a gateway lacks: a heading, a mark, or a block of settings that names its profile.
func faultyPage(name, text string) []string {
	var faults []string
	var found []string
	for _, m := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(prose(name, text), -1) {
		found = append(found, m[1])
	}
	if !slices.Equal(found, sixHeadings()) {
		faults = append(faults, fmt.Sprintf("%s: the headings are %q, want %q", name, found, sixHeadings()))
	}
	fact, head := "", true
	end := func() {
		if fact != "" && !mark.MatchString(fact) {
			faults = append(faults, fmt.Sprintf("%s: no mark: %.70s", name, fact))
		}
		fact = ""
	}
	for line := range strings.Lines(prose(name, text)) {
		switch {
		case strings.HasPrefix(line, "- "):
			end()
			fact = line
		case strings.HasPrefix(line, "  ") && strings.HasPrefix(fact, "- "):
			fact += line
		case strings.HasPrefix(line, "|--"):
			fact, head = "", false
		case strings.HasPrefix(line, "|") && !head:
			end()
			fact = line
		default:
			end()
			head = true
		}
	}
	end()
	settings := slices.ContainsFunc(blocks(name, text), func(b block) bool {
		return b.info == "yaml fragment" && strings.Contains(b.text, "profile: ")
	})
	if !settings || !strings.Contains(text, "<!-- profile ") {
		faults = append(faults, name+": has no settings with a profile, or does not say what that does")
	}
	return faults
}

// TestGatewayPages: each page has the six headings, and each of its facts says how it is known.
func TestGatewayPages(t *testing.T) {
	t.Parallel()
	pages := documents(t)
	index := pages["docs/gateways/README.md"]
	seen := 0
	for name, text := range pages {
		if filepath.Dir(name) != "docs/gateways" || filepath.Base(name) == "README.md" {
			continue
		}
		seen++
		for _, fault := range faultyPage(name, text) {
			t.Error(fault)
		}
		if !strings.Contains(index, "("+filepath.Base(name)+")") {
			t.Errorf("docs/gateways/README.md does not list %s", name)
		}
	}
	if seen < 9 {
		t.Errorf("%d pages about gateways", seen)
	}
}

// TestGatewayPagesSeeFaults: a page that lacks something is found.
func TestGatewayPagesSeeFaults(t *testing.T) {
	t.Parallel()
	sound := "## What it sends\n\n- PAP\n  and more (measured: `TestX`).\n```yaml fragment\nclients: [{profile: pam}]\n```\n<!-- profile pam -->\n## Time-outs to set\n| a | mark |\n|---|---|\n| 3 s | (documented: its manual) |\n" +
		"## Message-Authenticator\n- x (not verified)\n## Challenge\n## Check\n## Trouble\n"
	if got := faultyPage("x.md", sound); len(got) != 0 {
		t.Errorf("a sound page: %q", got)
	}
	for name, replaced := range map[string][2]string{
		"heading missing":     {"## Challenge\n", ""},
		"heading too many":    {"## Check\n", "## Check\n## Notes\n"},
		"item without a mark": {" (not verified)", ""},
		"row without a mark":  {"(documented: its manual)", "it is known"},
		"no source":           {"(documented: its manual)", "(documented)"},
		"no test":             {"(measured: `TestX`)", "(measured)"},
		"no settings":         {"profile: pam", "name: pam"},
		"nothing of profiles": {"<!-- profile pam -->", ""},
	} {
		if got := faultyPage("x.md", strings.Replace(sound, replaced[0], replaced[1], 1)); len(got) != 1 {
			t.Errorf("%s: %q", name, got)
		}
	}
}
