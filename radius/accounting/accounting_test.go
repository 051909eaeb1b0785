package accounting

import (
	"encoding/binary"
	"errors"
	"iter"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/audit"
)

type attr struct {
	typ   byte
	value string
}

func seq(attrs ...attr) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for _, a := range attrs {
			if !yield(a.typ, []byte(a.value)) {
				return
			}
		}
	}
}

func number(n uint32) string { return string(binary.BigEndian.AppendUint32(nil, n)) }

type parseCase struct {
	name  string
	attrs []attr
	want  audit.Accounting
}

func TestParse(t *testing.T) {
	for _, tt := range append(statusCases(), valueCases()...) {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(seq(tt.attrs...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func statusCases() []parseCase {
	return []parseCase{
		{
			name: "a stop with every attribute",
			attrs: []attr{
				{acctStatusType, number(2)},
				{userName, `CORP\alice`},
				{nasIdentifier, "vpn1"},
				{nasIPAddress, "\x0a\x00\x00\x01"},
				{callingStationID, "203.0.113.9"},
				{acctSessionID, "5F3A"},
				{framedIPAddress, "\x0a\x08\x00\x02"},
				{acctSessionTime, number(3600)},
				{acctInputOctets, number(5)},
				{acctInputGigaword, number(2)},
				{acctOutputOctets, number(7)},
				{acctTerminateCause, number(1)},
			},
			want: audit.Accounting{
				NAS: "vpn1", User: `CORP\alice`, CallingStation: "203.0.113.9", Status: "stop", Session: "5F3A",
				FramedIP: "10.8.0.2", SessionTime: 3600, InputOctets: 2<<32 | 5, OutputOctets: 7, TerminateCause: 1,
			},
		},
		{name: "start", attrs: []attr{{acctStatusType, number(1)}}, want: audit.Accounting{Status: "start"}},
		{name: "interim", attrs: []attr{{acctStatusType, number(3)}}, want: audit.Accounting{Status: "interim_update"}},
		{name: "on", attrs: []attr{{acctStatusType, number(7)}}, want: audit.Accounting{Status: "accounting_on"}},
		{name: "off", attrs: []attr{{acctStatusType, number(8)}}, want: audit.Accounting{Status: "accounting_off"}},
	}
}

func valueCases() []parseCase {
	start := attr{acctStatusType, number(1)}
	return []parseCase{
		{
			name:  "the box by its address where it has no name",
			attrs: []attr{start, {nasIdentifier, ""}, {nasIPAddress, "\x0a\x00\x00\x01"}},
			want:  audit.Accounting{Status: "start", NAS: "10.0.0.1"},
		},
		{
			name:  "IPv6 alone",
			attrs: []attr{start, {nasIPv6Address, "\xfd" + strings.Repeat("\x00", 14) + "\x01"}, {framedIPv6Address, "\xfd" + strings.Repeat("\x00", 14) + "\x02"}},
			want:  audit.Accounting{Status: "start", NAS: "fd00::1", FramedIP: "fd00::2"},
		},
		{
			name:  "values of the wrong size are absent",
			attrs: []attr{start, {nasIPAddress, "12345"}, {acctSessionTime, "\x01"}, {acctInputOctets, ""}, {framedIPAddress, "\x01\x02\x03"}},
			want:  audit.Accounting{Status: "start"},
		},
		{
			name:  "the first fitting value counts",
			attrs: []attr{{acctStatusType, "\x01"}, start, {acctStatusType, number(2)}, {userName, "a"}, {userName, "b"}},
			want:  audit.Accounting{Status: "start", User: "a"},
		},
		{
			name:  "hostile texts are shown, not obeyed",
			attrs: []attr{start, {userName, "a\nb\x00\xff\u202ec"}, {acctSessionID, "\x1b[2J"}},
			want:  audit.Accounting{Status: "start", User: `a\x0ab\x00\xff\u{202e}c`, Session: `\x1b[2J`},
		},
	}
}

func TestParseRefusesUnknownStatus(t *testing.T) {
	for _, attrs := range [][]attr{
		{},
		{{userName, "alice"}},
		{{acctStatusType, number(0)}},
		{{acctStatusType, number(4)}},
		{{acctStatusType, number(9)}},
		{{acctStatusType, number(1 << 31)}},
		{{acctStatusType, "\x00\x01"}},
	} {
		if got, err := Parse(seq(attrs...)); !errors.Is(err, ErrStatus) {
			t.Errorf("%v: %v, %v", attrs, got, err)
		}
	}
}

func TestTextsAreBounded(t *testing.T) {
	for _, text := range []string{strings.Repeat("\n", 253), strings.Repeat("\xff", 253), strings.Repeat("\u00ad", 126), strings.Repeat("\u202e", 84)} {
		got, err := Parse(seq(attr{acctStatusType, number(1)}, attr{userName, text}))
		if err != nil || got.User == "" || len(got.User) > 4*maxText {
			t.Errorf("%q: %d octets, %v", text[:4], len(got.User), err)
		}
	}
}

func TestKey(t *testing.T) {
	base := audit.Accounting{Client: "c", NAS: "n", User: "u", Session: "s", Status: "start"}
	same := base
	same.InputOctets, same.FramedIP, same.CallingStation, same.SessionTime = 9, "10.0.0.1", "198.51.100.1", 5
	if keyOf(base) != keyOf(same) {
		t.Error("a repetition has another key")
	}
	interim := base
	interim.Status = "interim_update"
	later := interim
	later.SessionTime = 60
	nameless := base
	nameless.Session = ""
	elsewhere := nameless
	elsewhere.CallingStation = "203.0.113.9"
	shifted := base
	shifted.Client, shifted.NAS = `c" "n`, ""
	other := base
	other.User = "v"
	seen := map[string]bool{}
	for _, a := range []audit.Accounting{base, interim, later, nameless, elsewhere, shifted, other} {
		if seen[keyOf(a)] {
			t.Errorf("%+v has another's key", a)
		}
		seen[keyOf(a)] = true
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{acctStatusType, 6, 0, 0, 0, 1, userName, 7, 'a', 'l', 'i', 'c', 'e'})
	f.Add([]byte{acctStatusType, 6, 0, 0, 0, 3, acctSessionID, 4, '\n', 0xff, nasIPAddress, 6, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Parse(walk(b))
		if err != nil && !errors.Is(err, ErrStatus) {
			t.Fatal(err)
		}
		for _, text := range []string{a.NAS, a.User, a.CallingStation, a.Session, a.FramedIP} {
			if !printable(text) || len(text) > 4*maxText {
				t.Fatalf("%q", text)
			}
		}
		if !printable(keyOf(a)) {
			t.Fatalf("%q", keyOf(a))
		}
	})
}

// walk goes through octets as through a packet's attributes, up to the first that is malformed.
func walk(b []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for rest := b; len(rest) >= 2 && int(rest[1]) >= 2 && int(rest[1]) <= len(rest); rest = rest[rest[1]:] {
			if !yield(rest[0], rest[2:rest[1]]) {
				return
			}
		}
	}
}

func printable(text string) bool {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unprintable)
}
