package tree

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/fault"
)

// entries reads a file of people.
func entries(text string) ([]Entry, fault.List) {
	var faults fault.List
	table := []Key{{Path: "email", Kind: Secret}, {Path: "mobile", Kind: Secret}, {Path: "groups", Kind: Texts, Empty: true}}
	r := &Reader{Schema: NewSchema(table), File: "people.yaml", Faults: &faults, Places: Places{}}
	got := r.Entries([]byte(text), "users.file", func(name string) string { return "users.file: " + strconv.Quote(name) })
	return got, r.Places.Locate(faults)
}

func TestEntries(t *testing.T) {
	list, faults := entries("# staff\nzoe@example.com: {}\njane.doe: {mobile: +4917012345, groups: []}\n\"a b\":\n1234: {groups: [2026-12-25, yes]}\nCORP\\bob: {email: b@x}\n")
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	var got []string
	for _, e := range list {
		got = append(got, fmt.Sprintf("%s %v", e.Name, flat(e.Tree)))
	}
	want := []string{
		"zoe@example.com map[]", "jane.doe map[mobile:+4917012345]", "a b map[]", "1234 map[groups[0]:2026-12-25 groups[1]:yes]", `CORP\bob map[email:b@x]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, empty := range []string{"", "# nobody\n", "~"} {
		if list, faults := entries(empty); len(list)+len(faults) != 0 {
			t.Errorf("%q: %v, %v", empty, list, faults)
		}
	}
}

func TestFaultsOfEntries(t *testing.T) {
	for _, c := range []struct {
		title, text, key string
		line             int
		words            string
	}{
		{"list", "- a\n", "users.file", 1, "must be a map"},
		{"anchor", "&a {b: {}}\n", "users.file", 1, "anchors"},
		{"no YAML", "a: {\n", "", 1, "no YAML"},
		{"two documents", "a: {}\n---\nb: {}\n", "", 2, "second document"},
		{"name twice", "a.b: {}\na.b: {}\n", "users.file.a.b", 2, "twice, first in line 1"},
		{"person that is a text", "x: {}\n\"a.b\": jane\n", `users.file: "a.b"`, 2, "must be a map"},
		{"person that is an alias", "x: &x {}\n", `users.file: "x"`, 1, "anchors"},
		{"unknown field", "a.b:\n  phone: 1\n", `users.file: "a.b".phone`, 2, "unknown key"},
		{"mobile that is a list", "a.b:\n  mobile: [1]\n", `users.file: "a.b".mobile`, 2, "one value"},
		{"groups that are a text", "a.b:\n  groups: x\n", `users.file: "a.b".groups`, 2, "must be a list"},
		{"group that is empty", "a.b:\n  groups: [x,\n    \"\"]\n", `users.file: "a.b".groups[1]`, 3, "is empty"},
		{"control character", "a.b:\n  email: \"a@b\\x01\"\n", `users.file: "a.b".email`, 2, "control"},
	} {
		t.Run(c.title, func(t *testing.T) {
			_, faults := entries(c.text)
			want := fault.Fault{Key: c.key, Line: c.line, File: "people.yaml", Message: c.words}
			if !has(faults, want) {
				t.Errorf("%v is not in\n%v", want, faults)
			}
		})
	}
}
