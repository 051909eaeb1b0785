package config

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/fault"
)

// withPeople loads the sound text with a people's file.
func withPeople(people string) (*Settings, fault.List) {
	return Load("c.yaml", world(map[string]string{"c.yaml": sound + "users: {file: people.yaml}\n", "people.yaml": people}))
}

func TestPeople(t *testing.T) {
	s, faults := withPeople("# staff\nzoe@example.com: {}\njane.doe: {mobile: +4917012345, groups: []}\n\"a b\":\n1234: {groups: [2026-12-25, yes]}\nCORP\\bob: {email: b@x}\n" +
		"two: {mobile: [+4917012345, +14155550123]}\nnone: {mobile: }\n")
	if s == nil {
		t.Fatal(faults)
	}
	var got []string
	for _, p := range s.Users.People {
		var mobiles []string
		for _, m := range p.Mobile {
			mobiles = append(mobiles, m.Reveal())
		}
		got = append(got, fmt.Sprintf("%s|%s|%s|%v", p.Name, p.Email.Reveal(), strings.Join(mobiles, ","), p.Groups))
	}
	want := []string{"zoe@example.com|||[]", "jane.doe||+4917012345|[]", "a b|||[]", "1234|||[2026-12-25 yes]", `CORP\bob|b@x||[]`, "two||+4917012345,+14155550123|[]", "none|||[]"}
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
		{"mobile that is a map", "a.b:\n  mobile: {a: 1}\n", `users.file: "a.b".mobile`, 2, "must be a list"},
		{"groups that are no list", "a.b:\n  groups: staff\n", `users.file: "a.b".groups`, 2, "must be a list"},
		{"reply that is a text", "a.b:\n  reply: x\n", `users.file: "a.b".reply`, 2, "attribute names"},
		{"password in an unset variable", "a.b:\n  password: env:UNSET\n", `users.file: "a.b".password`, 2, "UNSET is not set"},
		{"NT hash as it is", "a.b:\n  nt_hash: 8846f7eaee8fb117ad06bdd830b7586c\n", `users.file: "a.b".nt_hash`, 2, "as good as the password"},
		{"NT hash in no file", "a.b:\n  nt_hash: file:missing\n", `users.file: "a.b".nt_hash`, 2, "cannot be read"},
		{"sealed without a key", "a.b:\n  nt_hash: sealed:AAAA\n", "secrets.key_file", 0, "seal.key"},
		{"control character", "a.b:\n  email: \"a@b\\x01\"\n", `users.file: "a.b".email`, 2, "control"},
	} {
		t.Run(c.title, func(t *testing.T) {
			s, faults := withPeople(c.text)
			want := fault.Fault{Key: c.key, Line: c.line, File: "people.yaml", Message: c.words}
			if c.line == 0 {
				want.File = "" // of the configuration
			}
			if s != nil || !has(faults, want) {
				t.Errorf("%v is not in\n%v", want, faults)
			}
		})
	}
}

// TestFactorsOfPeople: a password's hash in each form that it may have, an NT hash in each but the text itself.
func TestFactorsOfPeople(t *testing.T) {
	const hash, digits = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", "8846f7eaee8fb117ad06bdd830b7586c"
	w := sealedWorld(t, map[string]string{"p": hash, "n": digits + "\n"}, "HASH="+hash, "DIGITS="+digits)
	people := "a: {password: \"" + hash + "\"}\nb: {password: env:HASH, nt_hash: env:DIGITS}\nc: {password: file:p, nt_hash: file:n}\n" +
		"d: {password: \"" + w.sealed(hash) + "\", nt_hash: \"" + w.sealed(digits) + "\", reply: {Class: [x, y], Filter-Id: z}}\n"
	s, faults := w.load(sound+"users: {file: people.yaml}\n", people)
	if s == nil || strings.Contains(fmt.Sprint(faults), "users.file") {
		t.Fatal(faults)
	}
	for i, p := range s.Users.People {
		if p.Password.Reveal() != hash || p.NTHash.Reveal() != map[bool]string{true: digits}[i > 0] {
			t.Errorf("%s: %q, %q", p.Name, p.Password.Reveal(), p.NTHash.Reveal())
		}
	}
	if diff := cmp.Diff([]Attribute{{"Class", []string{"x", "y"}}, {"Filter-Id", []string{"z"}}}, s.Users.People[3].Reply); diff != "" {
		t.Errorf("reply (-want +got):\n%s", diff)
	}
	out := fmt.Sprintf("%v %+v %#v %v %v", s, *s, s.Users.People, s.Redacted(), faults)
	if strings.Contains(out, hash[40:]) || strings.Contains(out, digits) {
		t.Errorf("a hash is printed: %s", out)
	}
}

func TestHashesThatOthersRead(t *testing.T) {
	for text, want := range map[string]bool{"a: {password: x}\n": true, "a: {mobile: +4917012345}\n": false} {
		opt := world(map[string]string{"c.yaml": sound + "users: {file: people.yaml}\n"})
		others := opt.Open
		opt.Open = func(name string) (fs.File, error) {
			if name == "people.yaml" {
				return fstest.MapFS{name: {Data: []byte(text), Mode: 0o644}}.Open(name)
			}
			return others(name)
		}
		_, faults := Load("c.yaml", opt)
		if has(faults, fault.Fault{Key: "users.file", Line: 6, Warning: true, Message: "chmod 600 people.yaml"}) != want {
			t.Errorf("%q: %v", text, faults)
		}
	}
}
