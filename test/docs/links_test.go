package docs_test

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)|<(https?://[^>\s]+)>`)
	codeSpan = regexp.MustCompile("`[^`\n]+`")
	heading  = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// anchor is a heading as a link names it.
func anchor(heading string) string {
	plain := regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(heading, "$1")
	return strings.ReplaceAll(regexp.MustCompile(`[^\p{L}\p{N}_\- ]`).ReplaceAllString(strings.ToLower(plain), ""), " ", "-")
}

// prose is a document without its fenced blocks.
func prose(name, text string) string {
	for _, b := range blocks(name, text) {
		text = strings.Replace(text, b.text, "", 1)
	}
	return text
}

// anchors are those of a document's headings; of several of one name the later ones are numbered.
func anchors(name, text string) map[string]bool {
	found, seen := map[string]bool{}, map[string]int{}
	for _, m := range heading.FindAllStringSubmatch(prose(name, text), -1) {
		a := anchor(strings.TrimSpace(m[1]))
		if n := seen[a]; n > 0 {
			found[fmt.Sprintf("%s-%d", a, n)] = true
		} else {
			found[a] = true
		}
		seen[a]++
	}
	return found
}

// links of a document: the relative ones that point to no file or no heading, the external ones that nobody could open, and those that
// could be opened and are not: nothing here asks another machine.
func links(name, text string) (broken, external []string) {
	for _, m := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(prose(name, text), ""), -1) {
		target := m[1] + m[2]
		if strings.HasPrefix(target, "mailto:") {
			continue
		}
		if strings.Contains(target, "://") {
			u, err := url.Parse(target)
			local := err == nil && u.Scheme == "http" && u.Hostname() == "127.0.0.1"
			if !local && (err != nil || u.Scheme != "https" || !strings.Contains(u.Hostname(), ".") || u.User != nil) {
				broken = append(broken, target)
			} else if !local {
				external = append(external, target)
			}
			continue
		}
		file, to, aimed := strings.Cut(target, "#")
		other := text
		if path := filepath.Join(root, filepath.Dir(name), file); file != "" {
			content, err := os.ReadFile(path)
			folder, statErr := os.Stat(path)
			if err != nil && (statErr != nil || !folder.IsDir()) {
				broken = append(broken, target)
				continue
			}
			other = string(content)
		}
		if aimed && (file == "" || filepath.Ext(file) == ".md") && !anchors(file, other)[to] {
			broken = append(broken, target)
		}
	}
	return broken, external
}

// brokenLinks are the links of a document that lead nowhere.
func brokenLinks(name, text string) []string {
	broken, _ := links(name, text)
	return broken
}

func TestLinks(t *testing.T) {
	t.Parallel()
	pages := documents(t)
	for _, name := range []string{"CONTRIBUTING.md", "CHANGELOG.md"} {
		pages[name] = read(t, name)
	}
	outside := map[string]string{}
	for name, text := range pages {
		broken, external := links(name, text)
		for _, target := range broken {
			t.Errorf("%s links to %s, which is not there", name, target)
		}
		for _, target := range external {
			outside[target] = name
		}
	}
	for _, target := range slices.Sorted(maps.Keys(outside)) {
		t.Logf("not opened here: %s (%s)", target, outside[target])
	}
	if len(outside) == 0 {
		t.Error("no link to anywhere else: the search is broken")
	}
}

// TestLinksSeeFaults: a link of each broken kind is found, and a sound one is none.
func TestLinksSeeFaults(t *testing.T) {
	t.Parallel()
	text := "# Here\n## The `x` of [y](policy.md)\n## Here\n[a](policy.md#rules) [b](https://x.example/y) [c](#here) [d](../README.md) [e](#here-1) [f](#the-x-of-y) [g](decisions)\n" +
		"```\n[in a block](f.md)\n```\n`[in code](g.md)` <http://127.0.0.1:9812/>"
	if got := brokenLinks("docs/x.md", text); len(got) != 0 {
		t.Errorf("sound links count as broken: %q", got)
	}
	for _, target := range []string{"no-such.md", "no-such.md#x", "policy.md#no-such-heading", "#no-such", "#here-2", "http://x.example/y", "https://localhost/", "ftp://x.example/y", "https://u:p@x.example/"} {
		if got := brokenLinks("docs/x.md", "# Here\n## Here\n[a]("+target+")"); len(got) != 1 || got[0] != target {
			t.Errorf("a link to %s: %q", target, got)
		}
	}
}
