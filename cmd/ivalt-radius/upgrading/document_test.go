package upgrading

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"ivalt-radius/auth/carried"
)

func written(tb testing.TB) []byte {
	tb.Helper()
	d := Document{Version: "one", Token: "token", Logins: carried.Logins{Secret: []byte("secret"), Attempts: []carried.Attempt{{ID: "a1", Key: make([]byte, 32)}}}}
	text, err := d.Encode()
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// TestDecode: what was written is read, and nothing else.
func TestDecode(t *testing.T) {
	text := written(t)
	d, err := Decode(bytes.NewReader(text))
	if err != nil || d.Version != "one" || len(d.Logins.Attempts) != 1 || d.Logins.Attempts[0].ID != "a1" {
		t.Errorf("%+v, %v", d, err)
	}
	changed := bytes.Replace(text, []byte(`"a1"`), []byte(`"a2"`), 1)
	for name, c := range map[string]struct {
		text []byte
		want error
	}{
		"empty":           {nil, errForm},
		"cut short":       {text[:len(text)-1], errChanged},
		"head alone":      {text[:len(mark)+10], errChanged},
		"changed":         {changed, errChanged},
		"another version": {bytes.Replace(text, []byte("logins 1"), []byte("logins 2"), 1), errForm},
		"more behind it":  {append(bytes.Clone(text), ' '), errChanged},
	} {
		if d, err := Decode(bytes.NewReader(c.text)); !errors.Is(err, c.want) || d != nil {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

// TestNothingIsLeft: without the variables, or with those of another process, nothing is taken.
func TestNothingIsLeft(t *testing.T) {
	for _, pid := range []string{"", "1", "x"} {
		t.Setenv(envPID, pid)
		t.Setenv(envCount, "1")
		if l := Inherit(); l != nil {
			t.Errorf("pid %q: %+v", pid, l)
		}
	}
	var none *Left
	if d, err := none.Document(); d != nil || err != nil {
		t.Error(d, err)
	}
	none.Done()
	none.Back("")
}

// TestPreflight: a program that is none is refused, with words.
func TestPreflight(t *testing.T) {
	for program, says := range map[string]string{"/nowhere": "does not run", "/bin/echo": "does not say its version"} {
		if _, err := Preflight(t.Context(), program, "config.yaml"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", program, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(written(f))
	f.Add([]byte(mark))
	f.Fuzz(func(t *testing.T, text []byte) {
		if d, err := Decode(bytes.NewReader(text)); err == nil {
			if again, err := d.Encode(); err != nil || len(again) == 0 {
				t.Error(err)
			}
		}
	})
}
