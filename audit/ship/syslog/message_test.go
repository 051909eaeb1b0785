package syslog

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// header is RFC 5424's grammar for what we send, as strict as the RFC.
var header = regexp.MustCompile(`(?s)^<(0|[1-9][0-9]{0,2})>([1-9][0-9]{0,2}) ` +
	`([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})) ` +
	`(-|[!-~]{1,255}) (-|[!-~]{1,48}) (-|[!-~]{1,128}) (-|[!-~]{1,32}) \[meta sequenceId="([0-9]+)"\](?: (.*))?$`)

// parsed is a message read back.
type parsed struct {
	pri, version   int
	at             time.Time
	host, app, pid string
	id             string
	sequence       uint64
	text           string
}

func parse(message []byte) (p parsed, err error) {
	m := header.FindSubmatch(message)
	if m == nil {
		return p, errors.New("is no message of RFC 5424")
	}
	p.pri, _ = strconv.Atoi(string(m[1]))
	p.version, _ = strconv.Atoi(string(m[2]))
	p.host, p.app, p.pid, p.id, p.text = string(m[4]), string(m[5]), string(m[6]), string(m[7]), string(m[9])
	p.sequence, _ = strconv.ParseUint(string(m[8]), 10, 64)
	p.at, err = time.Parse(time.RFC3339Nano, string(m[3]))
	if p.pri > 191 || p.sequence < 1 || p.sequence > 2147483647 {
		return p, fmt.Errorf("PRI %d, sequenceId %d", p.pri, p.sequence)
	}
	return p, err
}

func TestMessage(t *testing.T) {
	h := newHeader("gw.example", 42)
	got := string(h.Append([]byte(">"), Message{
		Severity: Notice, Time: time.Date(2026, 11, 23, 9, 0, 0, 123456789, time.UTC), ID: "security_event", Seq: 7, Text: []byte(`{"a":1}`),
	}))
	want := `><85>1 2026-11-23T09:00:00.123456Z gw.example ivalt-radius 42 security_event [meta sequenceId="7"] {"a":1}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if p, err := parse(NewHeader().Append(nil, Message{Time: time.Now(), ID: "x"})); err != nil || p.app != App || p.sequence != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestSequenceIdBeginsAnew(t *testing.T) {
	for seq, want := range map[uint64]uint64{0: 1, 1: 1, 2147483647: 2147483647, 2147483648: 1, 2147483649: 2, 1<<63 - 1: 1} {
		p, err := parse(newHeader("h", 1).Append(nil, Message{Time: time.Now(), ID: "x", Seq: seq}))
		if err != nil || p.sequence != want {
			t.Errorf("%d is %d, want %d (%v)", seq, p.sequence, want, err)
		}
	}
}

func TestCut(t *testing.T) {
	for name, c := range map[string]struct {
		message, want string
		cut           bool
	}{
		"fits":            {"0123456789", "0123456789", false},
		"too long":        {"0123456789a", "0123 (cut)", true},
		"in a character":  {"012€56789a", "012 (cut)", true},
		"behind one":      {"0€456789ab", "0€ (cut)", true},
		"no UTF-8 at all": {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", "\x80\x80\x80\x80 (cut)", true},
	} {
		t.Run(name, func(t *testing.T) {
			got, cut := Cut([]byte(c.message), 10)
			if string(got) != c.want || cut != c.cut {
				t.Errorf("%q, %v; want %q", got, cut, c.want)
			}
		})
	}
}

func TestFrame(t *testing.T) {
	if got := string(AppendFrame(AppendFrame(nil, []byte("a\n")), []byte("12 x"))); got != "2 a\n4 12 x" {
		t.Errorf("%q", got)
	}
}

// FuzzMessage reads every message back, strictly: whatever host, type and text are, the fields stay the fields.
func FuzzMessage(f *testing.F) {
	f.Add("gw", 1, "security_event", uint64(7), []byte("text"), int64(0), uint8(4))
	f.Add("a b\n", -1, "] [x y=\"", uint64(1<<63), []byte("\xff\n<1>1 - "), int64(1<<40), uint8(255))
	f.Add("", 0, "", uint64(0), []byte{}, int64(-1), uint8(0))
	f.Fuzz(func(t *testing.T, host string, pid int, id string, seq uint64, text []byte, at int64, severity uint8) {
		when := time.Unix(at%(1<<37), 0) // years of four digits
		if y := when.UTC().Year(); y < 0 || y > 9999 {
			return
		}
		m := newHeader(host, pid).Append(nil, Message{Severity: Severity(severity), Time: when, ID: id, Seq: seq, Text: text})
		p, err := parse(m)
		if err != nil || p.version != 1 || p.pri/8 != Facility || !p.at.Equal(when) || p.text != string(text) || p.pid != strconv.Itoa(pid) {
			t.Fatalf("%v: %+v from %q", err, p, m)
		}
		cut, shorter := Cut(bytes.Clone(m), 200)
		if len(cut) > 200 || shorter != (len(m) > 200) || shorter && !strings.HasSuffix(string(cut), cutMark) || utf8.Valid(m) && !utf8.Valid(cut) {
			t.Fatalf("%q is cut to %q", m, cut)
		}
		size, rest, _ := bytes.Cut(AppendFrame(nil, m), []byte(" "))
		if n, err := strconv.Atoi(string(size)); err != nil || n != len(m) || !bytes.Equal(rest, m) {
			t.Fatalf("%q frames %q", size, rest)
		}
	})
}
