package strength

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"ivalt-radius/secret"
)

func TestJudge(t *testing.T) {
	for text, want := range map[string]Word{
		"testing123-testing123":                WellKnown,
		"example-secret-0123456789":            WellKnown,
		"please-CHANGE_ME-please-now":          WellKnown,
		"P@ssw0rd-P@ssw0rd!":                   WellKnown,
		"cisco123cisco123":                     WellKnown,
		"MySecret 2024 MySecret":               WellKnown,
		"correct-horse-battery-staple":         WellKnown,
		"aaaaaaaaaaaaaaaaaaaa":                 WellKnown,
		"abababababababababababab":             WellKnown,
		"radius-radius-radius-1":               WellKnown,
		"qwertzuiopasdfghjkl":                  Weak,
		"1qaz2wsx3edc4rfv":                     Weak,
		"abcdefghijklmnopqrstuvwxyz":           Weak,
		"zyxwvutsrqponmlkjih":                  Weak,
		"12345678901234567890":                 Weak,
		"Zimmermann2024!!":                     Weak,
		"24121987-24121987":                    Weak,
		"horse:battery:staple:x":               Weak,
		"Gateway-Berlin-2025":                  Weak,
		"b7Rk2vXb7Rk2vXb7Rk2vX":                Weak,
		"b7Rk2vXw9":                            Weak,
		"ÄÖÜ":                                  WellKnown,
		"":                                     WellKnown,
		"b7Rk2vXw9LqZ4tNc":                     "",
		"nR8kQ5tZ1mB7yL4cW9dHvX2n":             "",
		"canary-shared-secret-Kd83nQv1xZ":      "",
		"Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b":   "",
		"kettle rumour obtain fjord elbow mud": "",
		"xkqzvbnwtrplhgfdsmkw":                 "",
		"testing123/b7Rk2vXw9LqZ4tNcQ":         "", // enough stands behind it
	} {
		words := Judge(secret.New(text), 0)
		if want == "" && words != nil || want != "" && !slices.Equal(words, []Word{want}) {
			bits, _ := estimate(text)
			t.Errorf("%q is %v, want %q; %.0f bits", text, words, want, bits)
		}
	}
	if words := Judge(secret.New("b7Rk2vXw9LqZ4tN"), 16); !slices.Equal(words, []Word{Short}) {
		t.Errorf("15 octets of 16: %v", words)
	}
	if words := Judge(secret.New("testing123"), 16); !slices.Equal(words, []Word{WellKnown, Short}) {
		t.Errorf("well-known and short: %v", words)
	}
}

// TestEveryKnownWord: each of the list is well known, whatever its case, twice over and with a number behind it.
func TestEveryKnownWord(t *testing.T) {
	for _, word := range known() {
		if word != fold(word) {
			t.Errorf("%q is not folded", word)
		}
		for _, text := range []string{word, strings.ToUpper(word), word + "-" + word, word + "2024", word + "!", "_" + word + "_1"} {
			if words := Judge(secret.New(text), 0); !slices.Equal(words, []Word{WellKnown}) {
				t.Errorf("%q is %v", text, words)
			}
		}
	}
	if n := len(known()); n < 40 || n > 66 {
		t.Errorf("%d words", n)
	}
}

// TestDrawnByLot: what openssl draws is never found fault with.
func TestDrawnByLot(t *testing.T) {
	octets := make([]byte, 24)
	for i := range 10_000 {
		_, _ = rand.Read(octets)
		text := base64.StdEncoding.EncodeToString(octets)
		if i%2 == 0 {
			text = hex.EncodeToString(octets[:16])
		}
		if words := Judge(secret.New(text), 16); words != nil {
			t.Fatalf("%q is %v", text, words)
		}
	}
}

func FuzzJudge(f *testing.F) {
	for _, text := range []string{"", "a", "aaa", "abc", "cba", "İİİ", "\xff\xfe", "2024", "Testing123 "} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		bits, _ := estimate(text)
		if bits < 0 || int(bits) > 9*len(text) {
			t.Errorf("%q has %f bits", text, bits)
		}
		Judge(secret.New(text), 16)
	})
}
