package gateway

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// FuzzParse holds the strict reading against encoding/json: what it takes is the same value there.
func FuzzParse(f *testing.F) {
	for _, c := range table() {
		f.Add(c.body)
	}
	for _, body := range hostile() {
		f.Add(body)
	}
	f.Add(`{"a":[],"b":{},"c":[[1,2],{"x":"\u00e9\ud800\\\"q"}],"d":-1.5e+3}`)
	f.Fuzz(func(t *testing.T, body string) {
		got, broken := parse([]byte(body))
		if broken != Sound {
			return
		}
		d := json.NewDecoder(strings.NewReader(body))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil || d.More() {
			t.Fatalf("%q is no JSON: %v", body, err)
		}
		if scripted(body) {
			t.Errorf("%q holds a script", body)
		}
		if lax := loosen(got); !reflect.DeepEqual(lax, want) {
			t.Errorf("%q reads %v, want %v", body, lax, want)
		}
	})
}

// loosen makes what encoding/json would have made.
func loosen(v any) any {
	switch v := v.(type) {
	case object:
		out := map[string]any{}
		for _, m := range v {
			out[m.name] = loosen(m.value)
		}
		return out
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, loosen(item))
		}
		return out
	}
	return v
}

func TestBounds(t *testing.T) {
	nested := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	list := func(n int) string { return `{"a":[` + strings.Repeat("0,", n-1) + "0]}" }
	for _, tc := range []struct {
		name, body string
		broken     Violation
	}{
		{"as deep as may be", nested(maxDepth), Sound},
		{"deeper", nested(maxDepth + 1), TooDeep},
		{"as wide as may be", list(maxMembers), Sound},
		{"wider", list(maxMembers + 1), TooDeep},
		{"empty ones", ` { "a" : [ ] , "b" : { } } `, Sound},
		{"escapes", `{"a\u0062":"\"\\\n"}`, Sound},
		{"names that an escape makes equal", `{"ab":1,"a\u0062":2}`, TwoNames},
		{"names that only the case tells apart", `{"ab":1,"AB":2}`, TwoNames},
		{"no JSON", `{"a":}`, NotJSON},
		{"no object", `[]`, NotJSON},
		{"bad UTF-8", "{\"a\":\"\xff\"}", NotJSON},
		{"a script", `{"a":"<ScRiPt src=x>"}`, Script},
		{"a script in no JSON", `<SCRIPT>`, Script},
		{"a script behind an escape", `{"a":"\u003cscript>"}`, Script},
		{"a script in an escaped name", `{"\u0065val(1)":1}`, Script},
		{"a call", `{"a":"x EXEC(y)"}`, Script},
		{"a link", `{"a":["JavaScript:x"]}`, Script},
		{"words that are none", `{"a":"<scrip","javascript":"eval","e":"execute(","j":"j"}`, Sound},
	} {
		if o, broken := parse([]byte(tc.body)); broken != tc.broken || (o != nil) != (broken == Sound) {
			t.Errorf("%s: %q, want %q", tc.name, broken, tc.broken)
		}
	}
}
