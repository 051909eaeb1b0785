package directory

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

func entry(name, email, mobile string, groups ...string) Entry {
	return Entry{Name: name, Email: secret.New(email), Mobiles: []secret.Secret{secret.New(mobile)}, Groups: groups}
}

func phones(name string, mobiles ...string) Entry {
	e := Entry{Name: name}
	for _, m := range mobiles {
		e.Mobiles = append(e.Mobiles, secret.New(m))
	}
	return e
}

func user(t *testing.T, name string) auth.Username {
	t.Helper()
	u, err := auth.ParseUsername(name)
	if err != nil {
		t.Fatalf("ParseUsername(%q): %v", name, err)
	}
	return u
}

func TestPerson(t *testing.T) {
	people, faults := New("{username}@example.com", []Entry{
		entry("Jane.Doe", "jane@other.example", "+49 170 1234567", "Admins", "VPN Users", "admins"),
		entry("bob", "", "+14155550123"),
		entry("carol@corp.example", "", ""),
	})
	if len(faults) != 0 {
		t.Fatalf("faults: %v", faults)
	}
	for _, c := range []struct {
		title, name, email, mobile string
		groups                     []string
	}{
		{"listed, other case", "JANE.doe", "jane@other.example", "+491701234567", []string{"Admins", "VPN Users"}},
		{"listed without an address", "bob", "bob@example.com", "+14155550123", nil},
		{"listed by an address", "Carol@corp.example", "carol@corp.example", "", nil},
		{"unlisted", "dave", "dave@example.com", "", nil},
		{"unlisted with a domain before it", `CORP\dave`, "dave@example.com", "", nil},
		{"unlisted address stays as it is", "dave@else.example", "dave@else.example", "", nil},
		{"address behind a domain is nobody's", `CORP\dave@else.example`, `corp\dave@else.example`, "", nil},
		{"no local part", `CORP\`, "", "", nil},
		{"a listed name behind a domain", `CORP\bob`, "bob@example.com", "+14155550123", nil},
	} {
		t.Run(c.title, func(t *testing.T) {
			got, err := people.Person(context.Background(), user(t, c.name))
			if err != nil {
				t.Fatal(err)
			}
			if got.Email.Reveal() != c.email || got.Mobile.E164() != c.mobile {
				t.Errorf("got %q, %q, want %q, %q", got.Email.Reveal(), got.Mobile.E164(), c.email, c.mobile)
			}
			if diff := cmp.Diff(c.groups, got.Groups); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGroupsAreSortedAndTheCallersOwn(t *testing.T) {
	people, _ := New("{username}", []Entry{entry("b", "", "", "Zeta", "alpha"), entry("a", "", "", "ALPHA")})
	got := people.Groups()
	if diff := cmp.Diff([]string{"alpha", "zeta"}, got); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	got[0] = "changed"
	if people.Groups()[0] != "alpha" {
		t.Error("the caller changed the directory")
	}
}

// TestSeveralPhones: the first is the default, and one that stands there twice is one.
func TestSeveralPhones(t *testing.T) {
	people, faults := New("{username}@x.example", []Entry{
		phones("two", "+491701234567", "+49 170 1234568", "+491701234567"), phones("one", "+491701234567", "+49 170 1234567"), phones("none"),
	})
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	for name, want := range map[string]struct {
		mobile string
		phones int
	}{"two": {"+491701234567", 2}, "one": {"+491701234567", 0}, "none": {"", 0}} {
		got, _ := people.Person(t.Context(), user(t, name))
		if got.Mobile.E164() != want.mobile || len(got.Phones) != want.phones || want.phones > 0 && got.Phones[0] != got.Mobile {
			t.Errorf("%s: %v, %v", name, got.Mobile, got.Phones)
		}
	}
}

// TestTemplateThatMakesNoAddress warns of one of which no plain name can log in, and makes no address rather than half a one.
func TestTemplateThatMakesNoAddress(t *testing.T) {
	for template, email := range map[string]string{
		"{username}": "", "{username}@": "", "@{username}": "", "corp-{username}": "", "{username}@x.example": "bob@x.example",
		"bob@{username}.example": "bob@bob.example",
	} {
		people, faults := New(template, []Entry{entry("bob", "", ""), entry("eve", "eve@y.example", "")})
		if people == nil {
			t.Fatalf("%s: %v", template, faults)
		}
		warned := len(faults) == 1 && faults[0].Warning && faults[0].Key == "users.email" &&
			strings.Contains(faults[0].Message, "unknown_user") && strings.Contains(faults[0].Message, `write "{username}@example.com"`)
		if warned == (email != "") || len(faults) > 1 {
			t.Errorf("%s: %v", template, faults)
		}
		for name, want := range map[string]string{"bob": email, `CORP\bob`: email, "eve": "eve@y.example", "kim@z.example": "kim@z.example"} {
			got, err := people.Person(context.Background(), user(t, name))
			if err != nil || got.Email.Reveal() != want {
				t.Errorf("%s, %s: got %q, %v, want %q", template, name, got.Email.Reveal(), err, want)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		title, template string
		people          []Entry
		key, words      string
	}{
		{"no place for the name", "all@example.com", nil, "users.email", "{username}"},
		{"empty template", "", nil, "users.email", "{username}"},
		{"name twice", "{username}.{username}@x", nil, "users.email", "once"},
		{"unknown placeholder", "{username}@{realm}", nil, "users.email", "braces"},
		{"two ats", "{username}@a@b", nil, "users.email", "second @"},
		{"blank in the template", "{username} @a", nil, "users.email", "blank"},
		{"name that names nobody", "{username}@x.example", []Entry{entry("a\x00b", "", "")}, `users.file: "a\x00b"`, "user name"},
		{
			"two spellings of one name", "{username}@x.example",
			[]Entry{entry("Jane", "", ""), entry("jANE", "", "")},
			`users.file: "jANE"`, `"Jane"`,
		},
		{"address without at", "{username}@x.example", []Entry{entry("a", "canary-1", "")}, `users.file: "a".email`, "no e-mail"},
		{"address of two", "{username}@x.example", []Entry{entry("a", "canary@x@y", "")}, `users.file: "a".email`, "no e-mail"},
		{"address with a line break", "{username}@x.example", []Entry{entry("a", "canary@x\n", "")}, `users.file: "a".email`, "no e-mail"},
		{"national number", "{username}@x.example", []Entry{entry("a", "", "0170 canary")}, `users.file: "a".mobile`, "E.164"},
		{"national number of two", "{username}@x.example", []Entry{phones("a", "+491701234567", "0170 canary")}, `users.file: "a".mobile[1]`, "E.164"},
		{"no number of two", "{username}@x.example", []Entry{phones("a", "", "+491701234567")}, `users.file: "a".mobile[0]`, "E.164"},
		{
			"password that is no hash", "{username}@x.example",
			[]Entry{{Name: "a", Password: secret.New("canary")}},
			`users.file: "a".password`, "is no hash of the form $argon2id$",
		},
		{
			"hash without bounds", "{username}@x.example",
			[]Entry{{Name: "a", Password: secret.New("$argon2id$v=19$m=9999999,t=2,p=1$canaryAAAAA$AAAAAAAAAAAAAAAAAAAAAA")}},
			`users.file: "a".password`, "must be 7168 to 262144",
		},
		{"NT hash of letters", "{username}@x.example", []Entry{{Name: "a", NTHash: secret.New("canary")}}, `users.file: "a".nt_hash`, "32 hexadecimal"},
		{"NT hash cut off", "{username}@x.example", []Entry{{Name: "a", NTHash: secret.New(ntHash[2:])}}, `users.file: "a".nt_hash`, "32 hexadecimal"},
		{"group of control characters", "{username}@x.example", []Entry{entry("a", "", "", "ok", "\x01")}, `users.file: "a".groups[1]`, "group"},
	} {
		t.Run(c.title, func(t *testing.T) {
			people, faults := New(c.template, c.people)
			if people != nil {
				t.Error("a directory in spite of faults")
			}
			if len(faults) != 1 || faults[0].Key != c.key || !strings.Contains(faults[0].Message, c.words) {
				t.Fatalf("got %v, want one for %s with %q", faults, c.key, c.words)
			}
			if strings.Contains(fmt.Sprint(faults), "canary") {
				t.Errorf("a value stands in the fault: %v", faults)
			}
		})
	}
}

func TestLookUpAllocatesLittle(t *testing.T) {
	people, _ := New("{username}@x.example", []Entry{entry("jane", "j@example.com", "+491701234567", "a")})
	ctx := context.Background()
	for name, most := range map[string]float64{"jane": 0, "dave": 2, `CORP\dave`: 2, "dave@example.com": 1} {
		u := user(t, name)
		if n := testing.AllocsPerRun(100, func() { _, _ = people.Person(ctx, u) }); n > most {
			t.Errorf("%s: %v allocations, %v at most", name, n, most)
		}
	}
}

func BenchmarkPerson(b *testing.B) {
	people, _ := New("{username}@example.com", nil)
	u, _ := auth.ParseUsername("jane")
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = people.Person(ctx, u)
	}
}

func TestOneListedPersonByEveryName(t *testing.T) {
	people, faults := New("{username}@example.com", []Entry{
		entry("carol", "", "+491701234567", "contractors"),
		entry("jane", "Jane.Doe@corp.example", "+491701234568", "staff"),
		entry("jos\u00e9", "jose\u0301@corp.example", "+491701234566", "banned"),
		entry("team-a", "shared@example.com", "+491701234569", "a"),
		entry("team-b", "shared@example.com", "+491701234560", "b"),
		entry("team-c", "shared@example.com", "", "c"),
	})
	if len(faults.Fatal()) != 0 || len(faults.Warnings()) != 2 {
		t.Fatal(faults)
	}
	for name, want := range map[string]string{
		`CORP\carol`: "carol contractors", `x\carol`: "carol contractors", "carol@example.com": "carol contractors",
		"CAROL@Example.com": "carol contractors", `CORP\jane`: "jane staff", "jane.doe@corp.example": "jane staff",
		"jos\u00e9@corp.example": "jos\u00e9 banned",
		// Nobody's other addresses: they are asked at iVALT as they stand.
		"carol@evil.example": " ", "jane@example.com": " ", "dave": " ",
	} {
		person, err := people.Person(context.Background(), user(t, name))
		if got := person.Name.String() + " " + strings.Join(person.Groups, " "); err != nil || got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if person.Mobile.Empty() != (want == " ") || person.Email.Empty() {
			t.Errorf("%s: mobile %v", name, person.Mobile)
		}
	}
	shared, err := people.Person(context.Background(), user(t, "shared@example.com"))
	if err != nil || !shared.Email.Empty() || !shared.Mobile.Empty() || len(shared.Groups) != 3 {
		t.Errorf("somebody of three: %+v", shared)
	}
}
