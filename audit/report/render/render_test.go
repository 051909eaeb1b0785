package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"ivalt-radius/audit/query"
	"ivalt-radius/audit/report"
)

func at(hours int) time.Time {
	return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour)
}

// evil are names that somebody gives himself.
func evil() []string {
	return []string{
		`<script>alert(1)</script>`, `"><svg onload=alert(1)>`, `'><img src=x onerror=alert(1)>`, `</title></style><script>x</script>`, `{{.Style}}`,
		"\x1b[2J\x1b]0;owned\x07", "\u202egnp.exe", "\u009b31m", "a\u2028b\u200bc\ufeff", "line\nbreak\r\ttab", "\x7f", "\xff\xfe", "javascript:alert(1)",
		"`-->]]>&lt;&amp;", strings.Repeat("long ", 200), "😀 ünïcode",
	}
}

// hostile is a report in which every text is somebody's choice.
func hostile(name string) report.Report {
	a := report.New(report.Options{})
	for i := range 30 {
		r := query.Record{
			Time: at(0).Add(time.Duration(i) * time.Second), Seq: 1, Type: "authentication_attempt", User: name, CallingStation: name + "x", Client: name,
			Verdict: "reject", Reason: "bad_password", DurationMS: 40_000, Packets: 3, LastPacketMS: 10_000,
		}
		switch i % 3 {
		case 1:
			r.Verdict, r.Reason = "accept", "approved"
		case 2:
			r.Reason = name
		}
		a.Add(&r)
	}
	for _, kind := range []string{"configuration_change", "data_access", "user_action", "api_request"} {
		a.Add(&query.Record{
			Time: at(1), Type: kind, Event: name, Actor: name, Action: name, Class: "throttled", DurationMS: 10,
			Changes: []query.Change{{Key: name, Before: name, After: name}},
		})
	}
	a.Add(&query.Record{Time: at(2), Type: "security_event", Event: "trail_" + name})
	a.Add(&query.Record{Time: at(2), Type: "security_event", Event: "collision", User: name})
	return a.Report(1)
}

func written(t *testing.T, show func(io.Writer, report.Report) error, r report.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := show(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// harmless reports a text that steers no terminal and no eye.
func harmless(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029')
	})
}

func TestHostileText(t *testing.T) {
	for _, name := range evil() {
		text := written(t, Text, hostile(name))
		if !harmless(text) {
			t.Errorf("%q: a terminal obeys it", name)
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
				t.Errorf("%.30q: a line of %d columns: %s", name, n, line)
			}
		}
	}
}

func TestHostileJSON(t *testing.T) {
	for _, name := range evil() {
		text := written(t, JSON, hostile(name))
		if !harmless(text) || strings.ContainsFunc(text, func(r rune) bool { return r >= 0x7f }) {
			t.Errorf("%q: not plain ASCII", name)
		}
		var back struct {
			TopUsers []report.Ranked `json:"top_users"`
			Level    string          `json:"threat_level"`
		}
		if err := json.Unmarshal([]byte(text), &back); err != nil || back.Level == "" {
			t.Fatalf("%q: %v", name, err)
		}
		if got := back.TopUsers[0].Name; got != strings.ToValidUTF8(name, "\ufffd") && name != "\xff\xfe" {
			t.Errorf("%q comes back as %q", name, got)
		}
	}
}

// elements are those of the page.
func elements() []string {
	return strings.Fields("html head meta title style body header main section span ul ol li h1 h2 p b br figure svg rect line polyline text details summary " +
		"table caption thead tbody tr th td bdi")
}

// attributes are those of the page: none that runs, loads or leads anywhere.
func attributes() []string {
	return strings.Fields("lang charset http-equiv content name class aria-label aria-hidden aria-labelledby role id viewBox x y width height x1 y1 x2 y2 points text-anchor scope")
}

// parsed reads a page and calls each for what it holds.
func parsed(t *testing.T, html string, element func(xml.StartElement), text func(string)) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(html))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			element(token)
		case xml.CharData:
			text(string(token))
		case xml.Comment, xml.ProcInst:
			t.Errorf("the page has %T", token)
		}
	}
}

func TestHostilePage(t *testing.T) {
	plain := strings.Count(written(t, HTML, hostile("alice")), "<")
	for _, name := range evil() {
		html := written(t, HTML, hostile(name))
		if !harmless(html) || strings.Count(html, "<") != plain {
			t.Errorf("%q changes the page's form", name)
		}
		parsed(t, html, func(e xml.StartElement) {
			if !slices.Contains(elements(), e.Name.Local) {
				t.Errorf("%q: an element %s", name, e.Name.Local)
			}
			for _, a := range e.Attr {
				if !slices.Contains(attributes(), a.Name.Local) {
					t.Errorf("%q: an attribute %s of %s", name, a.Name.Local, e.Name.Local)
				}
			}
		}, func(string) {})
	}
}

// TestPageAsksForNothing: the policy lets in the page's own style alone, and no text of the page is an address that a browser follows.
func TestPageAsksForNothing(t *testing.T) {
	html := written(t, HTML, hostile("alice"))
	policy := ""
	parsed(t, html, func(e xml.StartElement) {
		if e.Name.Local == "meta" && len(e.Attr) == 2 && e.Attr[0].Value == "Content-Security-Policy" {
			policy = e.Attr[1].Value
		}
	}, func(string) {})
	if !regexp.MustCompile(`^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'; form-action 'none'$`).MatchString(policy) {
		t.Errorf("the policy is %q", policy)
	}
	if strings.Contains(html, "url(") || strings.Contains(html, "@import") || strings.Contains(html, "http:") || strings.Contains(html, "https:") {
		t.Error("the page leads somewhere")
	}
}

// TestTwins: what a plot shows stands in a table too.
func TestTwins(t *testing.T) {
	var words []string
	html := written(t, HTML, hostile("alice"))
	titles := 0
	parsed(t, html, func(e xml.StartElement) {
		if e.Name.Local == "svg" {
			titles++
		}
	}, func(text string) { words = append(words, strings.TrimSpace(text)) })
	if titles != 4 || strings.Count(html, "<svg role=\"img\" aria-labelledby=") != 4 || strings.Count(html, "<summary>The numbers</summary>") != 4 {
		t.Errorf("%d plots", titles)
	}
	for _, want := range []string{
		"Threat level:", "2026-11-23 09:00", "bad_password", "alice", "alice gives up at 15 s", "60 s",
		"gives up at 15 s (seen in 30), 100 % of approvals come later",
	} {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, want) }) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestAnEmptyReport(t *testing.T) {
	r := report.New(report.Options{}).Report(0)
	if text := written(t, Text, r); !strings.Contains(text, "Threat level: low") || !strings.Contains(text, "no records") {
		t.Error(text)
	}
	if html := written(t, HTML, r); !strings.Contains(html, "No approvals by phone.") {
		t.Error("the page hides that there is nothing")
	}
}

func TestBins(t *testing.T) {
	hours := func(offsets ...int) report.Report {
		var r report.Report
		for _, h := range offsets {
			r.LoginsPerHour = append(r.LoginsPerHour, report.Hour{Hour: at(h), Accepted: 2, Rejected: 1})
		}
		return r
	}
	asked := hours(3)
	asked.Period.Since, asked.Period.Until = at(0), at(24)
	ages := hours(0, 1)
	ages.LoginsPerHour[0].Hour = time.Time{} // what a forged line says
	for name, c := range map[string]struct {
		of   report.Report
		each string
		n    int
		sum  int
	}{
		"none": {hours(), "hour", 0, 0}, "one": {hours(0), "hour", 1, 3}, "a gap": {hours(0, 5), "hour", 6, 6}, "as asked": {asked, "hour", 24, 3},
		"days": {hours(0, 24*20), "day", 21, 6}, "weeks": {hours(0, 24*7*60), "week", 61, 6}, "ages": {ages, "365 days", mostBins + 1, 3},
	} {
		t.Run(name, func(t *testing.T) {
			all, each := bins(c.of)
			sum := 0
			for _, b := range all {
				sum += b.Accepted + b.Rejected
			}
			if each != c.each || sum != c.sum || len(all) < c.n-1 || len(all) > c.n+1 {
				t.Errorf("%d bins of a %s with %d logins", len(all), each, sum)
			}
		})
	}
}

func TestNice(t *testing.T) {
	for n, want := range map[int]int{0: 1, 1: 1, 7: 7, 10: 10, 11: 12, 81: 100, 110: 120, 999: 1000, 1<<63 - 1: 1<<63 - 1} {
		if got := nice(n); got != want {
			t.Errorf("%d becomes %d", n, got)
		}
	}
}

// deaf takes no more than so many octets.
type deaf int

func (d *deaf) Write(p []byte) (int, error) {
	if *d -= deaf(len(p)); *d < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

func TestAWriterThatFails(t *testing.T) {
	for name, show := range map[string]func(io.Writer, report.Report) error{"text": Text, "json": JSON, "html": HTML} {
		d := deaf(100)
		if err := show(&d, hostile("alice")); err == nil {
			t.Errorf("%s: half a report is taken for a whole one", name)
		}
	}
}

func TestShown(t *testing.T) {
	for in, want := range map[string]string{"": "(none)", "alice": "alice", "a\x1bb": `a\u001bb`, `"`: `"`, "0123456789ab": "012345678…"} {
		if got := shown(in, 10); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
	if got := strings.Join([]string{number(1234567), number(12), share(1, 0), span(999), span(2500), moment(time.Time{})}, " "); strings.TrimSpace(got) != "1,234,567 12 0 % 999 ms 2.5 s" {
		t.Error(got)
	}
}
