package tree

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/fault"
)

// FuzzRead reads any file, file of entries and one variable: no panic, the same outcome twice, no value that its kind cannot have
// and nothing that is neither a tree nor a fault.
func FuzzRead(f *testing.F) {
	f.Add(sound, "a: {}", "IVALT_RADIUS_MAX_ATTEMPTS=1")
	f.Add(sound+"policy: {rules: [{name: x, only: {hours: {from: 08:00}}, reply: {A.b: [01000]}}]}", "a.b: {email: x@y, groups: [z]}", "IVALT_RADIUS_CLIENTS__1__NAME=x")
	f.Add("a: &b [*b]\n---\n", "<<: {a: b}", "IVALT_RADIUS_POLICY__RULES__0__REPLY={A: [b]}")
	f.Fuzz(func(t *testing.T, text, people, variable string) {
		tree, faults := read(text, variable)
		if tree == nil && len(faults) == 0 {
			t.Fatal("neither tree nor fault")
		}
		again, faultsAgain := read(text, variable)
		if diff := cmp.Diff(flat(tree), flat(again)) + cmp.Diff(faults, faultsAgain); diff != "" {
			t.Fatalf("two reads differ:\n%s", diff)
		}
		whole(t, tree, faults)
		entries(people)
	})
}

// whole decodes a tree, and holds it to what its owner relies on.
func whole(t *testing.T, tree Tree, faults fault.List) {
	t.Helper()
	if tree == nil {
		return
	}
	for name, fits := range map[string]func(any) bool{
		"max_attempts": func(v any) bool { n, ok := v.(int); return ok && n >= 1 && n <= 1_000_000 },
		"on":           func(v any) bool { _, ok := v.(bool); return ok },
		"policy": func(v any) bool {
			m, _ := v.(map[string]any)
			choice, written := m["default"]
			return !written || slices.Contains([]any{"deny", "require_push", "exempt"}, choice)
		},
	} {
		if v, ok := tree[name]; ok && !fits(v) {
			t.Errorf("%s is %v", name, v)
		}
	}
	if _, ok := tree["key"]; !ok && len(faults) == 0 {
		t.Error("a required key is missing without a fault")
	}
}
