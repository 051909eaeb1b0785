package docs_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"ivalt-radius/admin/metrics"
)

// monitoring reads one file of docs/monitoring.
func monitoring(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "monitoring", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// alert is one rule of alerts.yaml.
type alert struct {
	Alert, Expr string
	Labels      map[string]string
	Annotations map[string]string
}

func alerts(t *testing.T) (all []alert) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []alert } }
	if err := yaml.Unmarshal(monitoring(t, "alerts.yaml"), &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

// expressions are those of the dashboard, with the queries of its variables.
func expressions(t *testing.T) (all []string) {
	t.Helper()
	var board struct {
		Templating struct{ List []struct{ Query string } }
		Panels     []struct {
			Title, Description, Type string
			Targets                  []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(monitoring(t, "grafana.json"), &board); err != nil {
		t.Fatal(err)
	}
	for _, v := range board.Templating.List {
		all = append(all, v.Query)
	}
	for _, p := range board.Panels {
		if p.Type != "row" && (p.Title == "" || p.Description == "" || len(p.Targets) == 0) {
			t.Errorf("panel %q shows nothing, or does not say what", p.Title)
		}
		for _, target := range p.Targets {
			all = append(all, target.Expr)
		}
	}
	return all
}

// ours is a metric of ours in an expression, with the label matchers that follow it.
var ours = regexp.MustCompile(`\b(` + metrics.Prefix + `\w+)(?:\{([^}]*)\})?`)

// matched is a label in matchers.
var matched = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)`)

// strange are the metrics and labels of an expression that the table has not. known gets the table's names that are there.
func strange(expr string, known map[string]bool) (found []string) {
	table := map[string]metrics.Metric{}
	for _, one := range metrics.Table() {
		table[one.Name] = one
	}
	for _, m := range ours.FindAllStringSubmatch(expr, -1) {
		name := m[1]
		one, ok := table[name]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base, is := strings.CutSuffix(name, suffix); is && !ok {
				one, ok = table[base]
				ok = ok && one.Kind == metrics.Histogram
			}
		}
		if !ok || one.Name == name && one.Kind == metrics.Histogram {
			found = append(found, name)
			continue
		}
		known[one.Name] = true
		for _, label := range matched.FindAllStringSubmatch(m[2], -1) {
			if !slices.Contains(append([]string{"job", "instance", "le"}, one.Labels...), label[1]) {
				found = append(found, name+"{"+label[1]+"}")
			}
		}
	}
	return found
}

// TestMonitoringNamesWhatIsThere: dashboard and alerts ask for metrics of the table alone, and the dashboard for all of them.
func TestMonitoringNamesWhatIsThere(t *testing.T) {
	t.Parallel()
	shown, rest := map[string]bool{}, map[string]bool{}
	for _, expr := range expressions(t) {
		for _, name := range strange(expr, shown) {
			t.Errorf("the dashboard asks for %s, which is not in the table: %s", name, expr)
		}
	}
	for _, a := range alerts(t) {
		for _, name := range strange(a.Expr, rest) {
			t.Errorf("%s asks for %s, which is not in the table", a.Alert, name)
		}
	}
	for _, one := range metrics.Table() {
		if !shown[one.Name] {
			t.Errorf("the dashboard does not show %s", one.Name)
		}
	}
	for expr, want := range map[string][]string{
		"ivalt_radius_surprise_total":                    {"ivalt_radius_surprise_total"},
		`ivalt_radius_blocks{user="alice"}`:              {"ivalt_radius_blocks{user}"},
		"ivalt_radius_approval_seconds":                  {"ivalt_radius_approval_seconds"},
		"ivalt_radius_blocks_bucket":                     {"ivalt_radius_blocks_bucket"},
		`sum(ivalt_radius_approval_seconds_count{le=1})`: nil,
	} {
		if got := strange(expr, map[string]bool{}); !slices.Equal(got, want) {
			t.Errorf("%s: found %q, want %q", expr, got, want)
		}
	}
}

// TestAlertsSayWhatToDo: each alert has words for people, a page that is there, and unit tests in which it is raised and not raised.
func TestAlertsSayWhatToDo(t *testing.T) {
	t.Parallel()
	tests := string(monitoring(t, "alerts_test.yaml"))
	pages := documents(t)
	names := map[string]bool{}
	for _, a := range alerts(t) {
		if names[a.Alert] = true; a.Annotations["summary"] == "" || len(a.Annotations["description"]) < 60 {
			t.Errorf("%s does not say what is so and what to do", a.Alert)
		}
		if s := a.Labels["severity"]; s != "critical" && s != "warning" {
			t.Errorf("%s has severity %q", a.Alert, s)
		}
		path, to, _ := strings.Cut(a.Annotations["runbook"], "#")
		if !anchors(path, pages[path])[to] {
			t.Errorf("%s points to %s, which is not there", a.Alert, a.Annotations["runbook"])
		}
		for _, name := range []string{a.Alert, a.Alert + " stays quiet"} {
			if !strings.Contains(tests, "- name: "+name+"\n") {
				t.Errorf("alerts_test.yaml has no case %q", name)
			}
		}
	}
	if len(names) < 20 || len(names) != len(alerts(t)) {
		t.Errorf("%d alerts: %q", len(names), slices.Sorted(maps.Keys(names)))
	}
}
