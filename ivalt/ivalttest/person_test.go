package ivalttest

import (
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParsePerson(t *testing.T) {
	tests := []struct {
		text  string
		want  Person
		wrong string
	}{
		{"email=bob@example.com", Person{Email: "bob@example.com", Behaviour: Manual}, ""},
		{
			"email=eve@example.com, mobile=+49 170 1234567,name=Eve Adams,does=approve,after=3s,next=deny@1s,next=ignore",
			Person{
				Email: "eve@example.com", Mobile: "+49 170 1234567", Name: "Eve Adams", Behaviour: Approve, After: 3 * time.Second,
				Next: []Step{{Deny, time.Second}, {Ignore, 0}},
			},
			"",
		},
		{"", Person{}, "KEY=VALUE"},
		{"email", Person{}, "KEY=VALUE"},
		{"colour=red", Person{}, "no field"},
		{"name=Eve", Person{}, "needs an e-mail or a mobile"},
		{"email=eve", Person{}, "no e-mail"},
		{"mobile=12", Person{}, "no mobile"},
		{"mobile=call me", Person{}, "no mobile"},
		{"mobile=+0123456789", Person{}, "no mobile"},
		{"email=a@b,does=dance", Person{}, "no behaviour"},
		{"email=a@b,after=soon", Person{}, "invalid duration"},
		{"email=a@b,after=-1s", Person{}, "below zero"},
		{"email=a@b,next=deny@soon", Person{}, "invalid duration"},
		{"email=a@b,next=deny@-1s", Person{}, "below zero"},
		{"email=a@b,next=dance", Person{}, "no behaviour"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := ParsePerson(tt.text)
			if tt.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wrong) {
					t.Fatalf("error %v, want %q", err, tt.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMobiles(t *testing.T) {
	for mobile, want := range map[string]string{
		"+12025550123": "+1 2025550123", "+74951234567": "+7 4951234567", "+919876543210": "+91 9876543210",
		"+4917012345": "+49 17012345", "+352621123456": "+352 621123456", "+999000000000000": "+999 000000000000", "+12": " +12",
	} {
		country, rest := splitMobile(mobile)
		if country+" "+rest != want {
			t.Errorf("%s: %q %q", mobile, country, rest)
		}
	}
	derived := DerivedMobile(" Carol@Example.COM")
	if derived != DerivedMobile("carol@example.com") || !validMobile(derived) || derived == DerivedMobile("carl@example.com") {
		t.Errorf("derived %q", derived)
	}
	if canonicalMobile("") != "" || canonicalMobile("00 49-170.1") != "+00491701" {
		t.Error("canonical form")
	}
	if got := (Person{Email: "Carol@Example.com"}).canonical(); got.Name != "carol" || got.Mobile != derived {
		t.Errorf("canonical person %+v", got)
	}
}

// TestNoTesting keeps the simulator fit for the binary.
func TestNoTesting(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			if p := strings.Trim(i.Path.Value, `"`); strings.HasPrefix(p, "testing") || strings.Contains(p, "httptest") {
				t.Errorf("%s imports %s", f.Name(), p)
			}
		}
	}
}
