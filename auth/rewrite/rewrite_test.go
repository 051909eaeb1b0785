package rewrite_test

import (
	"strings"
	"testing"

	"ivalt-radius/auth"
	"ivalt-radius/auth/rewrite"
)

func TestApply(t *testing.T) {
	rules := []rewrite.Settings{
		{From: `corp\\(.+)`, To: "$1@corp.example"},
		{From: `(?P<name>[^@]+)@corp\.example`, To: "${name}@example.com"},
		{From: `bob`, To: "robert"},
		{From: `price(\d+)`, To: "a$$${1}x"},
		{From: `empty(.*)`, To: "$1"},
	}
	r, faults := rewrite.New(rules)
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	cases := []struct {
		name, want string
		met        string // which rules
	}{
		{`CORP\Carol`, "carol@example.com", "yyn"},
		{"carol@corp.example", "carol@example.com", "nyn"},
		{"carol", "carol", "nnn"},
		{"bob", "robert", "nny"},
		{"bobby", "bobby", "nnn"}, // a rule is for the whole name
		{"carol@corpxexample", "carol@corpxexample", "nnn"},
		{"price7", "a$7x", "nnn"},
		{"empty", "", "nnn"},
		{"empty ", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			user, err := auth.ParseUsername(c.name)
			if err != nil {
				return
			}
			got, err := r.Apply(user)
			if got.String() != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q, %v", got, err)
			}
			steps := r.Steps(user)
			met := ""
			for _, s := range steps[:3] {
				met += map[bool]string{true: "y", false: "n"}[s.Met]
			}
			if met != c.met || err == nil && steps[len(steps)-1].After != got {
				t.Errorf("steps %+v", steps)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct{ from, to, key, says string }{
		{"(", "x", "users.rewrite[0].from", "no regular expression"},
		{`corp\(.+)`, "$1", "users.rewrite[0].from", "`corp\\(.+)` is no regular"},
		{"", "x", "users.rewrite[0].from", "no regular expression"},
		{"a)(b", "x", "users.rewrite[0].from", "no regular expression"},
		{"a", "", "users.rewrite[0].to", "is empty"},
		{"(a)", "$2", "users.rewrite[0].to", "$2 refers to no group"},
		{"(a)", "$1x", "users.rewrite[0].to", "$1x refers to no group"},
		{"(a)", "${name}", "users.rewrite[0].to", "${name} refers to no group"},
		{"(a)", "a$", "users.rewrite[0].to", "$ refers to no group"},
	} {
		_, faults := rewrite.New([]rewrite.Settings{{From: c.from, To: c.to}})
		if len(faults) != 1 || faults[0].Key != c.key || !strings.Contains(faults[0].Message, c.says) {
			t.Errorf("%q to %q: %v", c.from, c.to, faults)
		}
	}
}

func FuzzApply(f *testing.F) {
	f.Add(`corp\\(.+)`, "$1@corp.example", `corp\bob`)
	f.Add(`(a|b)*`, "${1}$$", "abab")
	f.Fuzz(func(t *testing.T, from, to, name string) {
		user, err := auth.ParseUsername(name)
		if err != nil || len(from) > 200 || len(to) > 200 {
			return
		}
		r, faults := rewrite.New([]rewrite.Settings{{From: from, To: to}})
		if len(faults) > 0 {
			return
		}
		got, err := r.Apply(user)
		if err != nil {
			return
		}
		if again, err := auth.ParseUsername(got.String()); err != nil || again != got {
			t.Fatalf("%q is not canonical: %q, %v", got, again, err)
		}
	})
}
