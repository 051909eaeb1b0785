package identity

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/secure/precis"
)

func TestParseUsername(t *testing.T) {
	cases := []struct{ name, raw, want string }{
		{"plain", "bob", "bob"},
		{"upper case", "BOB", "bob"},
		{"realm", "Bob@Example.COM", "bob@example.com"},
		{"domain", `CORP\Bob`, `corp\bob`},
		{"inner space", "Mary Ann", "mary ann"},
		{"full width", "ＢＯＢ", "bob"},
		{"decomposed", "Jose\u0301", "josé"},
		{"composed", "José", "josé"},
		{"umlaut", "MÜLLER", "müller"},
		{"longest", strings.Repeat("a", 253), strings.Repeat("a", 253)},
		{"empty", "", ""},
		{"too long", strings.Repeat("a", 254), ""},
		{"leading space", " bob", ""},
		{"trailing space", "bob ", ""},
		{"double space", "mary  ann", ""},
		{"NUL", "bob\x00", ""},
		{"newline", "bob\n", ""},
		{"C1 control", "bob\u0085", ""},
		{"byte order mark", "\ufeffbob", ""},
		{"right-to-left override", "bob\u202egro", ""},
		{"zero width space", "bo\u200bb", ""},
		{"zero width joiner", "bo\u200db", ""},
		{"no-break space", "mary\u00a0ann", ""},
		{"surrogate", "bob\xed\xa0\x80", ""},
		{"overlong", "bob\xc0\xaf", ""},
		{"no UTF-8", "bob\xff", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			u, err := ParseUsername(c.raw)
			if u.String() != c.want || (err == nil) != (c.want != "") {
				t.Errorf("got %q, %v", u, err)
			}
		})
	}
}

func TestLocal(t *testing.T) {
	for raw, want := range map[string]string{
		"svc-x": "svc-x", `CORP\svc-x`: "svc-x", "svc-x@corp": "svc-x", `a\b\c@d@e`: "c",
	} {
		u, err := ParseUsername(raw)
		if err != nil || u.Local() != want {
			t.Errorf("%s: got %q, %v", raw, u.Local(), err)
		}
	}
}

func FuzzParseUsername(f *testing.F) {
	for _, s := range []string{"bob", `CORP\Bob`, "Mary Ann", "José", "\ufeff", "a\xff", "ＢＯＢ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := ParseUsername(raw)
		if err != nil {
			if u.String() != "" {
				t.Fatalf("a refused name has a form: %q", u)
			}
			return
		}
		again, err := ParseUsername(u.String())
		if err != nil || again != u {
			t.Fatalf("%q is not canonical: %q, %v", u, again, err)
		}
		if strings.ContainsFunc(u.String(), invisible) {
			t.Fatalf("%q holds what nobody sees", u)
		}
		if plainName(raw) {
			if slow, err := precis.UsernameCaseMapped.String(raw); err != nil || slow != u.String() {
				t.Fatalf("the short way makes %q of %q, the profile %q, %v", u, raw, slow, err)
			}
		}
	})
}

func TestMobile(t *testing.T) {
	cases := []struct{ name, text, e164 string }{
		{"plain", "+491701234567", "+491701234567"},
		{"written out", "+49 (170) 123-45.67", "+491701234567"},
		{"no plus", "491701234567", ""},
		{"letters", "+49170abc4567", ""},
		{"too short", "+123456", ""},
		{"too long", "+1234567890123456", ""},
		{"leading zero", "+0491701234567", ""},
		{"empty", "", ""},
		{"other digits", "+４９１７０１２３４５６７", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, err := ParseMobile(c.text)
			if m.E164() != c.e164 || (err == nil) != (c.e164 != "") || m.Empty() != (c.e164 == "") {
				t.Errorf("got %q, %v", m.E164(), err)
			}
		})
	}
}

func TestMobileMasksItself(t *testing.T) {
	m, err := ParseMobile("+491701234567")
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(map[string]any{"m": m})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(m), fmt.Sprintf("%v %+v %#v %s %q", m, m, m, m, m), string(out)} {
		if strings.Contains(s, "12345") || !strings.Contains(s, "67") {
			t.Errorf("got %s", s)
		}
	}
}

// TestVisible: a name that is none is shown as ASCII, escaped and bounded.
func TestVisible(t *testing.T) {
	for name, want := range map[string]string{"bob\n": `bob\n`, "b\u00f6b": `b\u00f6b`, "": "", strings.Repeat("x", 300): strings.Repeat("x", MaxName)} {
		if got := Visible(name); got != want {
			t.Errorf("%q: %s", name, got)
		}
	}
}
