package compliance

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// forms are how each framework numbers what it asks for.
func forms() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"soc2":     regexp.MustCompile(`^(CC[1-9]\.[1-9]|A1\.[1-3]|C1\.[12]|PI1\.[1-5]|P[1-8]\.[1-7])$`),
		"iso27001": regexp.MustCompile(`^(5\.([1-9]|[12][0-9]|3[0-7])|6\.[1-8]|7\.([1-9]|1[0-4])|8\.([1-9]|[12][0-9]|3[0-4]))$`),
		"pci-dss":  regexp.MustCompile(`^([1-9]|1[0-2])\.[1-9]0?(\.[1-9][0-9]?){1,2}$`),
		"gdpr":     regexp.MustCompile(`^Art\. [1-9][0-9]?(\([1-9]\))?(\([a-f]\))?$`),
	}
}

// TestFrameworks: references are unique and well-formed; each control has checks that exist, or is people's work; no check is unused.
func TestFrameworks(t *testing.T) {
	used := map[string]bool{}
	for _, check := range Checks() {
		used[check.ID] = false
	}
	for _, f := range Frameworks() {
		seen := map[string]bool{}
		for _, c := range f.Controls {
			if seen[c.Reference] || !forms()[f.Name].MatchString(c.Reference) {
				t.Errorf("%s: reference %q stands twice or is none", f.Name, c.Reference)
			}
			seen[c.Reference] = true
			if !strings.HasSuffix(c.Summary, ".") || len(c.Checks) == 0 && c.People == "" {
				t.Errorf("%s %s: no sentence, or neither checks nor people's work", f.Name, c.Reference)
			}
			for i, id := range c.Checks {
				if _, ok := used[id]; !ok || slices.Contains(c.Checks[:i], id) {
					t.Errorf("%s %s: check %q is none, or stands there twice", f.Name, c.Reference, id)
				}
				used[id] = true
			}
		}
	}
	for id, yes := range used {
		if !yes {
			t.Errorf("check %s is evidence for no control", id)
		}
	}
}

func TestFind(t *testing.T) {
	for name := range forms() {
		if f, ok := Find(name); !ok || f.Name != name || f.Title == "" || len(f.Controls) == 0 {
			t.Errorf("%s: %v, %+v", name, ok, f)
		}
	}
	if _, ok := Find("hipaa"); ok {
		t.Error("there is a framework that there is not")
	}
}

func reportOf(framework string, changes ...change) Report {
	facts := sound()
	for _, change := range changes {
		change(&facts)
	}
	f, _ := Find(framework)
	return Judge(f, facts)
}

// TestSoundFactsPassEveryControl, and one that is not known is not passed.
func TestSoundFactsPassEveryControl(t *testing.T) {
	for name := range forms() {
		r := reportOf(name)
		if !r.Score.Clean() || r.Score.Percent == nil || *r.Score.Percent != 100 || len(r.Controls) != r.Score.Passed+r.Score.People {
			t.Errorf("%s: %+v", name, r.Score)
		}
		f, _ := Find(name)
		if r := Judge(f, Facts{}); r.Score.Passed != 0 || r.Score.Clean() || *r.Score.Percent != 0 || r.Score.NotApplicable != 0 {
			t.Errorf("%s of nothing: %+v", name, r.Score)
		}
	}
}

// TestOneFailedCheckFailsItsControls, and only those.
func TestOneFailedCheckFailsItsControls(t *testing.T) {
	for name := range forms() {
		for _, check := range Checks() {
			r := reportOf(name, cases()[check.ID].fails[0])
			for _, c := range r.Controls {
				if slices.Contains(c.Checks, check.ID) && c.Outcome != Failed {
					t.Errorf("%s %s: %s, though %s failed", name, c.Reference, c.Outcome, check.ID)
				}
			}
		}
	}
}

// TestOutcomeOfAControl is the worst of its checks.
func TestOutcomeOfAControl(t *testing.T) {
	of := map[string]Outcome{"passed": Passed, "failed": Failed, "none": NotApplicable}
	for checks, want := range map[string]Outcome{
		"":                   People,
		"passed":             Passed,
		"passed none":        Passed,
		"none":               NotApplicable,
		"passed strange":     NotKnown,
		"passed none failed": Failed,
		"strange failed":     Failed,
	} {
		if got := by("1", "x", strings.Fields(checks)...).outcome(of); got != want {
			t.Errorf("%q: %s, want %s", checks, got, want)
		}
	}
}

// TestScore counts what applies and is checked, and rounds down.
func TestScore(t *testing.T) {
	framework := Framework{Controls: []Control{
		by("1", "x", "version-clean"), by("2", "x", "disk-space"), by("3", "x", "clock-kept"), people("4", "x", "y"), by("5", "x", "archive-reachable"),
	}}
	facts := sound()
	facts.Clock, facts.Version = Unknown, "dev"
	r := Judge(framework, facts)
	percent := 33
	if diff := cmp.Diff(Score{Percent: &percent, Passed: 1, Failed: 1, Unknown: 1, NotApplicable: 1, People: 1}, r.Score); diff != "" || r.Score.Clean() {
		t.Error(diff)
	}
	if r := Judge(Framework{Controls: framework.Controls[3:]}, facts); r.Score.Percent != nil || r.Score.Clean() {
		t.Errorf("nothing was checked: %+v", r.Score)
	}
}

// TestNamesSteerNothing: what an operator, or whoever made a file, wrote reaches the report without control characters.
func TestNamesSteerNothing(t *testing.T) {
	r := reportOf("soc2", func(f *Facts) {
		f.Files.All = append(f.Files.All, File{Path: "/etc/\x1b[2J\u202efile\n", Role: SecretFile, Mode: 0o777})
		f.Version = "\x07dev"
	})
	text, err := json.Marshal(r)
	if err != nil || bytes.Contains(text, []byte(`\u001b`)) || bytes.Contains(text, []byte(`\u202e`)) || bytes.Contains(text, []byte("\u202e")) ||
		bytes.Contains(text, []byte(`\u0007`)) || !bytes.Contains(text, []byte("/etc/?[2J?file?")) {
		t.Errorf("%v: %s", err, text)
	}
}

// TestJSONNames holds the names on which other programs rely.
func TestJSONNames(t *testing.T) {
	text, err := json.Marshal(reportOf("gdpr"))
	if err != nil {
		t.Fatal(err)
	}
	var report map[string]any
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"report":   "checks controls format framework made notice score settings_digest since title trail version",
		"score":    "failed not_applicable passed peoples_work percent unknown",
		"trail":    "first key records",
		"controls": "checks outcome peoples_work reference summary",
		"checks":   "evidence id outcome remedy title",
	} {
		part, ok := report, true
		if in != "report" {
			switch inner := report[in].(type) {
			case map[string]any:
				part = inner
			case []any:
				part, ok = inner[0].(map[string]any)
			}
		}
		var got []string
		for name := range part {
			got = append(got, name)
		}
		slices.Sort(got)
		if diff := cmp.Diff(strings.Fields(want), got); diff != "" || !ok {
			t.Errorf("%s: %s", in, diff)
		}
	}
	if got := strings.Count(string(text), `"outcome":"peoples_work"`); got != reportOf("gdpr").Score.People {
		t.Errorf("%d controls are people's work", got)
	}
}

// docsPage is what Reference writes; UPDATE_DOCS=1 renews it.
const docsPage = "../../docs/compliance.md"

func TestReference(t *testing.T) {
	var want bytes.Buffer
	if err := Reference(&want); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(docsPage, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("docs/compliance.md is not what the code says; run make docs (-want +got):\n%s", diff)
	}
}
