package metrics

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

//go:generate env UPDATE_DOCS=1 go test -run ^TestReference .

const page = "../../docs/metrics.md"

// TestReference holds the table of the docs to the code; UPDATE_DOCS=1 renews it.
func TestReference(t *testing.T) {
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- metrics: generated from the code by `make docs`; do not edit. -->\n", "<!-- end of metrics -->\n"
	before, rest, found := strings.Cut(string(got), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("the marks are not there: %s%s", begin, end)
	}
	want := before + begin + "\n" + tableText() + "\n" + end + after
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil { //nolint:gosec // a page of this repository
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/metrics.md is not what the code says; run make docs (-want +got):\n%s", diff)
	}
}

func tableText() string {
	out := "| metric | kind | labels | unit | what it says | figures from |\n|---|---|---|---|---|---|\n"
	for _, one := range Table() {
		labels := make([]string, len(one.Labels))
		for i, label := range one.Labels {
			labels[i] = "`" + label + "`"
		}
		out += fmt.Sprintf("| `%s` | %s | %s | %s | %s | %s |\n", one.Name, one.Kind, strings.Join(labels, ", "), one.Unit, one.Meaning, one.Source)
	}
	return out
}

// TestTheTableIsWhatIsGathered: every metric of the table is there, as the table says, and no other one of ours.
func TestTheTableIsWhatIsGathered(t *testing.T) {
	families, err := busy().registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), Prefix) {
			continue
		}
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		got[f.GetName()] = fmt.Sprintln(strings.ToLower(f.GetType().String()), labels, f.GetHelp())
	}
	want := map[string]string{}
	for _, one := range Table() {
		labels := slices.Clone(one.Labels)
		slices.Sort(labels)
		want[one.Name] = fmt.Sprintln(one.Kind, labels, one.Meaning)
		if one.Unit == "" || one.Source == "" || one.Meaning == "" {
			t.Errorf("%s is not described", one.Name)
		}
		if slices.ContainsFunc(one.Labels, func(l string) bool { return slices.Contains([]string{"user", "address", "station", "mobile"}, l) }) {
			t.Errorf("%s has a label of a person", one.Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table and registry differ (-table +registry):\n%s", diff)
	}
	if len(want) != len(Table()) {
		t.Error("a metric stands in the table twice")
	}
}

// TestLint: Prometheus' own rules for names, units and help texts.
func TestLint(t *testing.T) {
	families, err := busy().registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestAMissingRowIsAFault(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a metric that is not in the table was made")
		}
	}()
	take(map[string]Metric{}, "surprise_total")
}
