package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/fault"
)

// withPeople loads the sound text with a people's file.
func withPeople(people string) (*Settings, fault.List) {
	return Load("c.yaml", world(map[string]string{"c.yaml": sound + "users: {file: people.yaml}\n", "people.yaml": people}))
}

func TestPeople(t *testing.T) {
	s, faults := withPeople("# staff\nzoe@example.com: {}\njane.doe: {mobile: +4917012345, groups: []}\n\"a b\":\n1234: {groups: [2026-12-25, yes]}\nCORP\\bob: {email: b@x}\n")
	if s == nil {
		t.Fatal(faults)
	}
	var got []string
	for _, p := range s.Users.People {
		got = append(got, fmt.Sprintf("%s|%s|%s|%v", p.Name, p.Email.Reveal(), p.Mobile.Reveal(), p.Groups))
	}
	want := []string{"zoe@example.com|||[]", "jane.doe||+4917012345|[]", "a b|||[]", "1234|||[2026-12-25 yes]", `CORP\bob|b@x||[]`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %v", s, *s, s.Redacted()), "17012345") {
		t.Error("a mobile is printed")
	}
	for _, empty := range []string{"", "# nobody\n", "~"} {
		if s, faults := withPeople(empty); s == nil || len(s.Users.People) != 0 {
			t.Errorf("%q: %v", empty, faults)
		}
	}
}

func TestFaultsOfPeople(t *testing.T) {
	for _, c := range []struct {
		title, text, key string
		line             int
		words            string
	}{
		{"list", "- a\n", "users.file", 1, "must be a map"},
		{"no YAML", "a: {\n", "", 1, "no YAML"},
		{"person that is a text", "x: {}\n\"a.b\": jane\n", `users.file: "a.b"`, 2, "must be a map"},
		{"unknown field", "a.b:\n  phone: 1\n", `users.file: "a.b".phone`, 2, "unknown key"},
		{"mobile that is a list", "a.b:\n  mobile: [1]\n", `users.file: "a.b".mobile`, 2, "one value"},
		{"control character", "a.b:\n  email: \"a@b\\x01\"\n", `users.file: "a.b".email`, 2, "control"},
	} {
		t.Run(c.title, func(t *testing.T) {
			s, faults := withPeople(c.text)
			want := fault.Fault{Key: c.key, Line: c.line, File: "people.yaml", Message: c.words}
			if s != nil || !has(faults, want) {
				t.Errorf("%v is not in\n%v", want, faults)
			}
		})
	}
}
