package audit

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ivalt-radius/audit/chain"
)

func attempt() *Attempt {
	return &Attempt{
		Attempt: "a-1", Client: "office", NAS: "openvpn", User: "alice@example.com", CallingStation: "203.0.113.7",
		Decision: "require_push", Rule: "staff", Factors: []string{"password", "push"}, Verdict: "accept", Reason: "approved",
		Duration: 3210 * time.Millisecond, Exchanges: 2, Packets: 3, LastPacket: 2500 * time.Millisecond,
		Mobile: "*********67", Detail: "after 2 polls",
	}
}

func TestFieldsAndTheirOrder(t *testing.T) {
	for name, c := range map[string]struct {
		event   Event
		kind    string
		message string
		fields  string
	}{
		"attempt": {
			attempt(), "authentication_attempt", "attempt concluded",
			`"attempt":"a-1","client":"office","nas":"openvpn","user":"alice@example.com","calling_station":"203.0.113.7",` +
				`"decision":"require_push","rule":"staff","factors":["password","push"],"verdict":"accept","reason":"approved",` +
				`"duration_ms":3210,"mobile":"*********67","exchanges":2,"packets":3,"last_packet_ms":2500,"detail":"after 2 polls"`,
		},
		"empty attempt": {
			Attempt{Duration: -1e9, Exchanges: -1, Packets: -1, LastPacket: -1e9},
			"authentication_attempt", "attempt concluded",
			`"attempt":"","client":"","nas":"","user":"","calling_station":"","decision":"","rule":"","factors":[],` +
				`"verdict":"","reason":"","duration_ms":0,"mobile":"","exchanges":0,"packets":0,"last_packet_ms":0,"detail":""`,
		},
		"system": {System{"started", "1.0"}, "system_event", "system event", `"event":"started","detail":"1.0"`},
		"security": {
			Security{"collision", "a-1", "office", "bob", "::1", "two"},
			"security_event", "security event",
			`"event":"collision","attempt":"a-1","client":"office","user":"bob","calling_station":"::1","detail":"two"`,
		},
		"configuration": {
			Configuration{"reloaded", "ab12", "by SIGHUP", []Change{{"reject_delay", "1s", "2s"}, {"users.email", "", "x"}}},
			"configuration_change", "configuration change",
			`"event":"reloaded","digest":"ab12","detail":"by SIGHUP","changes":[{"key":"reject_delay","before":"1s","after":"2s"},{"key":"users.email","before":"","after":"x"}]`,
		},
		"action": {
			Action{"forget", "uid 0", "192.0.2.1", ""},
			"user_action", "user action",
			`"action":"forget","actor":"uid 0","target":"192.0.2.1","detail":""`,
		},
		"accounting": {
			Accounting{"office", "nas", "bob", "::1", "stop", "s1", "10.0.0.1", 60, 1 << 40, 2, 1},
			"user_action", "accounting",
			`"action":"accounting","client":"office","nas":"nas","user":"bob","calling_station":"::1","status":"stop",` +
				`"session":"s1","framed_ip":"10.0.0.1","session_time":60,"input_octets":1099511627776,"output_octets":2,"terminate_cause":1`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.fields, string(c.event.AppendFields(nil))); diff != "" {
				t.Error(diff)
			}
			if got := c.event.EventType().String(); got != c.kind {
				t.Errorf("type %q, want %q", got, c.kind)
			}
			if got := c.event.Message(); got != c.message {
				t.Errorf("message %q, want %q", got, c.message)
			}
		})
	}
}

func TestTypesAreTheContracts(t *testing.T) {
	want := []string{
		"system_event", "authentication_attempt", "api_request", "security_event", "configuration_change", "user_action",
		"data_access", "system_event",
	}
	for i, word := range want {
		if got := Type(i).String(); got != word {
			t.Errorf("type %d is %q, want %q", i, got, word)
		}
	}
}

func TestMobileIsMaskedOnceMore(t *testing.T) {
	for given, want := range map[string]string{
		"": "", "12": "12", "+491701234567": "+**********67", "*********67": "*********67", "+49 170 123-45-67": "+** *** ***-**-67",
		"\x801\"2345": `\ufffd*\"**45`, strings.Repeat("9", 40): strings.Repeat("*", 30) + "99",
	} {
		got := string(appendMasked(nil, "", given))
		if got != `"`+want+`"` {
			t.Errorf("%q is shown as %s, want %q", given, got, want)
		}
	}
}

func TestHiddenCharactersAreEscaped(t *testing.T) {
	for _, r := range []rune{
		0, '\n', '\r', '\t', 0x1b, 0x7f, 0x85, 0x9b, 0xad, 0x61c, 0x200b, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066,
		0x2069, 0xfeff,
	} {
		got := AppendString(nil, "a"+string(r)+"b")
		for _, c := range got {
			if c < 0x20 || c > 0x7e {
				t.Errorf("%U is written as it is: %q", r, got)
			}
		}
		decodes(t, "a"+string(r)+"b")
	}
	for _, s := range []string{"Ünïcode", "日本", "😀", "\ufffd", "\u200a", "\u2027", "\u2070", "\u202f"} {
		if got := string(AppendString(nil, s)); got != `"`+s+`"` {
			t.Errorf("%q is written %s", s, got)
		}
	}
	if got := string(AppendString(nil, "a\xff\xe2\x80")); got != `"a\ufffd\ufffd\ufffd"` {
		t.Errorf("octets that are no UTF-8 are written %s", got)
	}
}

// decodes holds AppendString against encoding/json, which gives each octet that is no UTF-8 a U+FFFD too.
func decodes(t interface{ Fatalf(string, ...any) }, s string) {
	got := AppendString(nil, s)
	if bytes.ContainsAny(got, "\n\r\u2028\u2029") {
		t.Fatalf("%q holds a line break", got)
	}
	var back string
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatalf("%q: %v", got, err)
	}
	if want := string([]rune(s)); back != want {
		t.Fatalf("%q came back as %q", want, back)
	}
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "a\"b\\c", "\x00\n\u2028", "\xff\xfe", "\xe2\x80\xa8", "😀\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { decodes(t, s) })
}

// TestCanaryOfOddBytes fills every field of an attempt with whatever octets; the line stays one line of valid JSON, whose
// members are those of the contract.
func TestCanaryOfOddBytes(t *testing.T) {
	keys := []string{
		"time", "seq", "type", "attempt", "client", "nas", "user", "calling_station", "decision", "rule", "factors", "verdict",
		"reason", "duration_ms", "mobile", "exchanges", "packets", "last_packet_ms", "detail", "prev", "hash",
	}
	odd := rapid.Custom(func(t *rapid.T) string {
		evil := rapid.SampledFrom([]string{"\n", `"`, `\`, `","hash":"`, "\u2028", "\x00", "\xff", `"}` + "\n{", "\x1b[2J"}).Draw(t, "evil")
		return string(rapid.SliceOf(rapid.Byte()).Draw(t, "before")) + evil + rapid.String().Draw(t, "behind")
	})
	rapid.Check(t, func(t *rapid.T) {
		a := Attempt{
			odd.Draw(t, "a"), odd.Draw(t, "b"), odd.Draw(t, "c"), odd.Draw(t, "d"), odd.Draw(t, "e"), odd.Draw(t, "f"), odd.Draw(t, "g"),
			rapid.SliceOf(odd).Draw(t, "h"), odd.Draw(t, "i"), odd.Draw(t, "j"),
			time.Duration(rapid.Int64().Draw(t, "k")), rapid.Int().Draw(t, "l"),
			rapid.Int().Draw(t, "o"), time.Duration(rapid.Int64().Draw(t, "p")), odd.Draw(t, "m"), odd.Draw(t, "n"),
		}
		line, hash := chain.AppendLine(nil, time.Now(), 1, a.EventType(), a.AppendFields(nil), chain.Genesis())
		body, found := bytes.CutSuffix(line, []byte("\n"))
		if !found || bytes.ContainsAny(body, "\n\r") {
			t.Fatalf("not one line: %q", line)
		}
		r, err := chain.Parse(body)
		if err != nil || !r.Sound || r.Hash != hash || r.Prev != chain.Genesis() {
			t.Fatalf("%v: %q", err, body)
		}
		if got := members(t, body); !slices.Equal(got, keys) {
			t.Fatalf("members %v", got)
		}
	})
}

// members is the names of a line's members, in order.
func members(t *rapid.T, line []byte) []string {
	var keys []string
	d := json.NewDecoder(bytes.NewReader(line))
	if _, err := d.Token(); err != nil {
		t.Fatalf("%v", err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			t.Fatalf("%v", err)
		}
		keys = append(keys, key.(string))
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			t.Fatalf("%v", err)
		}
	}
	return keys
}

func TestFieldsDoNotAllocate(t *testing.T) {
	a, dst := attempt(), make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { dst = a.AppendFields(dst[:0]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAttemptFields(b *testing.B) {
	a, dst := attempt(), make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		dst = a.AppendFields(dst[:0])
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkLine(b *testing.B) {
	fields, dst, prev := attempt().AppendFields(nil), make([]byte, 0, 1024), chain.Genesis()
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		dst, prev = chain.AppendLine(dst[:0], now, 1, AuthenticationAttempt, fields, prev)
	}
	b.SetBytes(int64(len(dst)))
}
