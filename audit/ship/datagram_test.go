package ship

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/ship/link"
	"ivalt-radius/audit/ship/syslog"
)

func TestUDP(t *testing.T) {
	c, got := datagrams(t, "udp", "127.0.0.1:0")
	s := newStage(t, "udp://"+c.LocalAddr().String())
	s.start()
	s.Write(500)
	s.taken()
	s.until("datagrams", func() bool { return len(got()) >= 500 })
	once(t, seqsOf(t, got()), 1, 500)
	// A receiver that is away is noticed, and gets what was sent to nobody.
	_ = c.Close()
	s.Write(1)
	s.until("a failure", func() bool { return strings.HasPrefix(s.stats().Failing, "nobody listens") })
	_, again := datagrams(t, "udp", c.LocalAddr().String())
	s.Write(10)
	s.taken()
	s.until("datagrams", func() bool { return len(again()) >= 11 })
	inOrder(t, seqsOf(t, again()), 501, 511)
	// What is longer than a datagram may be is cut, and counted.
	s.Event(audit.System{Event: "x", Detail: strings.Repeat("€", 4000)})
	s.taken()
	s.until("the long one", func() bool { return len(again()) >= 12 })
	all := again()
	if last := all[len(all)-1]; len(last) > syslog.MaxDatagram || !bytes.HasSuffix(last, []byte("€ (cut)")) || s.stats().Cut != 1 {
		t.Errorf("%d octets, %+v", len(last), s.stats())
	}
}

// fieldsOf reads journald's protocol strictly.
func fieldsOf(t *testing.T, message []byte) map[string]string {
	t.Helper()
	fields := map[string]string{}
	for len(message) > 0 {
		line, rest, ended := bytes.Cut(message, []byte("\n"))
		name, value, plain := bytes.Cut(line, []byte("="))
		if !plain {
			if len(rest) < 8 {
				t.Fatalf("%q has no length", line)
			}
			n := binary.LittleEndian.Uint64(rest)
			value, rest = rest[8:8+n], rest[8+n:]
			ended = bytes.HasPrefix(rest, []byte("\n"))
			rest = bytes.TrimPrefix(rest, []byte("\n"))
		}
		if _, twice := fields[string(name)]; twice || !ended || len(name) == 0 || strings.Trim(string(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != "" {
			t.Fatalf("%q is no field", line)
		}
		fields[string(name)], message = string(value), rest
	}
	return fields
}

func TestJournal(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	_, got := datagrams(t, "unixgram", socket)
	s := newStage(t, "journald:")
	s.settings.Format = "ecs"
	p := s.plan()
	p.receivers[0].target = brisk{link.Journal{Socket: socket}, 0}
	shipping, faults := start(t.Context(), p, s.deps(), quick())
	s.Must(faults.Err())
	s.shipping = shipping
	s.Write(3)
	s.Event(audit.Security{Event: "collision", User: "a\nPRIORITY=0"})
	s.taken()
	s.until("records", func() bool { return len(got()) == 4 })
	for i, m := range got() {
		fields := fieldsOf(t, m)
		if len(fields) != 6 || fields["IVALT_RADIUS_SEQ"] != string('1'+byte(i)) || fields["SYSLOG_IDENTIFIER"] != "ivalt-radius" || fields["SYSLOG_FACILITY"] != "10" ||
			!strings.HasPrefix(fields["MESSAGE"], `{"@timestamp":`) {
			t.Errorf("%q", fields)
		}
		if i == 3 && (fields["PRIORITY"] != "4" || fields["IVALT_RADIUS_TYPE"] != "security_event") {
			t.Errorf("%q", fields)
		}
	}
	// journald away
	s.Must(os.Remove(socket))
	s.Write(1)
	s.until("a failure", func() bool { return s.stats().Failing != "" })
	_, again := datagrams(t, "unixgram", socket)
	s.taken()
	s.until("the record", func() bool { return len(again()) > 0 })
}

func TestJournalFieldsHoldWhateverTheyHold(t *testing.T) {
	fields := fieldsOf(t, link.AppendJournal(nil, syslog.Message{Severity: syslog.Info, ID: "a=b\nPRIORITY=0", Seq: 7, Text: []byte("x\nMESSAGE=y")}))
	if len(fields) != 6 || fields["MESSAGE"] != "x\nMESSAGE=y" || fields["IVALT_RADIUS_TYPE"] != "a=b\nPRIORITY=0" || fields["PRIORITY"] != "6" {
		t.Errorf("%q", fields)
	}
	long := fieldsOf(t, link.AppendJournal(nil, syslog.Message{Text: bytes.Repeat([]byte("x"), 1<<20)}))["MESSAGE"]
	if len(long) > 64<<10 || !strings.HasSuffix(long, "x (cut)") {
		t.Errorf("%d octets", len(long))
	}
}

func TestSeverities(t *testing.T) {
	for want, r := range map[syslog.Severity]query.Record{
		syslog.Warning: {Type: "security_event"}, syslog.Notice: {Type: "authentication_attempt", Verdict: "reject"}, syslog.Info: {Type: "api_request"},
	} {
		if got := severity(&r); got != want {
			t.Errorf("%+v has severity %d, want %d", r, got, want)
		}
	}
}

// FuzzCursor: whatever a file holds, it is a place or it is none, and what was kept comes back.
func FuzzCursor(f *testing.F) {
	f.Add([]byte(`{"seq":7,"shipped":3}`))
	f.Add([]byte(`{"seq":7,"untold":{"First":1,"Last":2,"Records":2},"skipped":2}` + "\n"))
	for _, none := range []string{"", "{}x", `{"seq":-1}`, `{"seq":1e3}`, `{"seq":9223372036854775808}`, `{"seq":1}{"seq":2}`, `{"more":1}`, "null\x00", "[7]"} {
		f.Add([]byte(none))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		c, err := parseCursor(content)
		if err != nil {
			if c != (cursor{}) {
				t.Fatalf("%+v of a file that is none", c)
			}
			return
		}
		if c.Seq >= 1<<63 {
			t.Fatalf("%+v", c)
		}
		path := filepath.Join(dir, "a.json")
		if err := c.save(path); err != nil {
			t.Fatal(err)
		}
		if back, found, err := loadCursor(path); err != nil || !found || back != c {
			t.Fatalf("%+v came back as %+v, %v", c, back, err)
		}
	})
}
