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
			s, faults := withPeople(c.text)
			want := fault.Fault{Key: c.key, Line: c.line, File: "people.yaml", Message: c.words}
			if s != nil || !has(faults, want) {
				t.Errorf("%v is not in\n%v", want, faults)
			}
		})
	}
}

func TestLocate(t *testing.T) {
	text := sound + `policy:
  rules:
    - name: one
      match: {users: [a,
        b]}
      only:
        hours: {days: [mon],
          from: 08:00}
      reply:
        Vendor-Specific.9.1: x
users: {file: people.yaml}
`
	s, faults := Load("c.yaml", world(map[string]string{"c.yaml": text, "people.yaml": "x: {}\na.b:\n  mobile: 1\n"}, "IVALT_RADIUS_POLICY__TIMEZONE=Nowhere"))
	if s == nil {
		t.Fatal(faults)
	}
	for _, c := range []struct {
		key, file string
		line      int
	}{
		{"policy.rules[0].only.hours[0].from", "", 13},
		{"policy.rules[0].only.hours[0].days[0]", "", 12},
		{"policy.rules[0].only.hours[0].to", "", 12},
		{"policy.rules[0].only.hours[0]", "", 12},
		{"policy.rules[0].match.users[1]", "", 10},
		{"policy.rules[0].match.users[7]", "", 9},
		{"policy.rules[0].reply.Vendor-Specific.9.1", "", 15},
		{"policy.rules[0].reply.Filter-Id", "", 14},
		{"policy.rules[0].decision", "", 8},
		{"policy.timezone", "environment variable IVALT_RADIUS_POLICY__TIMEZONE", 0},
		{`users.file: "a.b".mobile`, "people.yaml", 3},
		{`users.file: "a.b".email`, "people.yaml", 2},
		{`users.file: "c.d".email`, "", 16},
		{"ivalt.url", "", 5},
		{"audit.file", "", 0},
		{"", "", 0},
	} {
		got := s.Locate(fault.List{{Key: c.key, Message: "m"}})
		if len(got) != 1 || got[0].Line != c.line || got[0].File != c.file || got[0].Message != "m" {
			t.Errorf("%s: %v, want line %d of %q", c.key, got, c.line, c.file)
		}
	}
	kept := fault.List{{Key: "policy.rules[0]", Line: 99}, {Key: "policy.rules[0]", File: "x"}}
	if got := s.Locate(kept); got[0].Line != 99 || got[1].File != "x" || got[1].Line != 0 {
		t.Errorf("a known place was changed: %v", got)
	}
}
