package ivalttest

import (
	"go/parser"
	"go/token"
	"io/fs"
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

// TestNoTesting keeps the simulator fit for the binary, which has no gatewaytest.
func TestNoTesting(t *testing.T) {
	files, err := fs.Glob(os.DirFS("."), "*.go")
	below, failed := fs.Glob(os.DirFS("."), "*/*.go")
	if err != nil || failed != nil || len(files) == 0 || len(below) == 0 {
		t.Fatal(err, failed, files, below)
	}
	for _, name := range append(files, below...) {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "gatewaytest/") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			if p := strings.Trim(i.Path.Value, `"`); strings.HasPrefix(p, "testing") || strings.Contains(p, "httptest") {
				t.Errorf("%s imports %s", name, p)
			}
		}
	}
}
