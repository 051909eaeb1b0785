package format

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// unshown undoes shown.
func unshown(t interface{ Fatalf(string, ...any) }, s string) string {
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	var out string
	if err := json.Unmarshal([]byte(s), &out); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return out
}

var cefKey = regexp.MustCompile(`(?:^| )([A-Za-z0-9]+)=$`)

// parseCEF reads a line strictly, and gives the seven fields of the header and the extensions.
func parseCEF(t interface{ Fatalf(string, ...any) }, line string) ([]string, map[string]string) {
	head, field, rest := []string{}, "", line
	for len(head) < 7 {
		switch {
		case rest == "":
			t.Fatalf("the header has %d fields: %q", len(head), line)
		case rest[0] == '|':
			head, field = append(head, field), ""
		case rest[0] == '\\':
			if rest[1] != '\\' && rest[1] != '|' {
				t.Fatalf("an escape that is none: %q", rest)
			}
			field, rest = field+rest[1:2], rest[1:]
		default:
			field += rest[:1]
		}
		rest = rest[1:]
	}
	extensions, key, value := map[string]string{}, "", ""
	put := func() {
		if _, twice := extensions[key]; twice {
			t.Fatalf("%s twice: %q", key, line)
		}
		if key != "" {
			extensions[key] = value
		}
	}
	for raw := ""; rest != ""; rest = rest[1:] {
		switch c := rest[0]; c {
		case '\\':
			back, ok := map[byte]string{'\\': `\`, '=': "=", 'n': "\n", 'r': "\r"}[rest[1]]
			if !ok {
				t.Fatalf("an escape that is none: %q", rest)
			}
			value, raw, rest = value+back, raw+"\x00", rest[1:]
		case '=':
			m := cefKey.FindStringSubmatch(raw + "=")
			if m == nil {
				t.Fatalf("= without a key behind %q", raw)
			}
			value = strings.TrimSuffix(strings.TrimSuffix(value, m[1]), " ")
			put()
			key, value, raw = m[1], "", ""
		default:
			value, raw = value+rest[:1], raw+rest[:1]
		}
	}
	put()
	return head, extensions
}

func TestCEFComesBack(t *testing.T) {
	f := newFormat(t, "cef")
	keys := map[string]string{}
	for _, e := range dictionary() {
		keys[e.member] = e.key
	}
	rapid.Check(t, func(t *rapid.T) {
		r := fillWith(drawn(t))
		line := f.Append(nil, r)
		if holdsUnsafe(line) {
			t.Fatalf("%q", line)
		}
		head, extensions := parseCEF(t, string(line))
		if want := kept(r.Type + ":" + word(r)); word(r) != "" && unshown(t, head[4]) != want || head[0] != "CEF:0" || head[3] != "1.2|3" {
			t.Fatalf("header %q, want %q", head, want)
		}
		got := map[string]string{}
		for _, c := range columns() {
			key, known := keys[c.name]
			if !known {
				key = ownKey(c.name)
			}
			if c.name == "calling_station" {
				key, _, _ = strings.Cut(stationKey(r.CallingStation), "=")
			}
			if v, ok := extensions[key]; ok {
				got[c.name] = unshown(t, v)
			}
		}
		want := keptAll(r)
		delete(want, "time")
		if extensions["rt"] != "1795424400500" {
			t.Fatal(extensions["rt"])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestCSVComesBack(t *testing.T) {
	f := newFormat(t, "csv")
	names := strings.Split(string(f.Header()), ",")
	rapid.Check(t, func(t *rapid.T) {
		r := fillWith(drawn(t))
		line := f.Append(nil, r)
		if holdsUnsafe(line) {
			t.Fatalf("%q", line)
		}
		rows, err := csv.NewReader(bytes.NewReader(line)).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != len(names) {
			t.Fatalf("%v: %q", err, line)
		}
		got := map[string]string{}
		for i, cell := range rows[0] {
			if cell != "" && strings.ContainsRune("=+-@＝＋－＠\t\r", []rune(cell)[0]) {
				t.Fatalf("a formula: %q", cell)
			}
			if cell = unshown(t, strings.TrimPrefix(cell, "'")); cell != "" {
				got[names[i]] = cell
			}
		}
		if diff := cmp.Diff(keptAll(r), got); diff != "" {
			t.Fatal(diff)
		}
	})
}
