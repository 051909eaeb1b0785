package quote

import (
	"encoding/json"
	"testing"
)

func TestAppend(t *testing.T) {
	for text, want := range map[string]string{
		"":                               `""`,
		"alice@example.com":              `"alice@example.com"`,
		`a"b\c`:                          `"a\"b\\c"`,
		"a\n\r\tb\x00\x1b[2J\x7f":        `"a\n\r\tb\u0000\u001b[2J\u007f"`,
		"a\xffb\u0085\u00ad\u061c":       `"a\ufffdb\u0085\u00ad\u061c"`,
		"\u200b\u2028\u202e\u2066\ufeff": `"\u200b\u2028\u202e\u2066\ufeff"`,
		"Ünïcode 日本 😀 \u202f":            "\"Ünïcode 日本 😀 \u202f\"",
	} {
		if got := string(Append(nil, text)); got != want {
			t.Errorf("%q is written %s, want %s", text, got, want)
		}
	}
}

func FuzzAppend(f *testing.F) {
	for _, s := range []string{"plain", "a\"b\\c", "\x00\n\u2028", "\xff\xfe", "\xe2\x80\xa8", "😀\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Append([]byte("before"), s)[len("before"):]
		var back string
		if err := json.Unmarshal(got, &back); err != nil || back != string([]rune(s)) {
			t.Errorf("%q is written %q: %v", s, got, err)
		}
		for _, c := range got {
			if c < 0x20 || c == 0x7f {
				t.Errorf("%q holds a control character", got)
			}
		}
	})
}
