package compliance

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit/compliance"
)

// hostile is a report with markup in every text that may come from outside.
func hostile() compliance.Report {
	f, _ := compliance.Find("iso27001")
	r := compliance.Judge(f, compliance.Facts{
		At: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC), Version: `<script>alert(1)</script>`,
		Settings: compliance.Settings{Read: true, Digest: "d"},
		Clients:  []compliance.Client{{Name: `<img src="https://evil.example/">`, FirstFactor: "none", InsecureMethods: []string{"chap"}}},
		Network:  compliance.Network{RequestFrom: `</style><script>x</script>`},
		Files:    compliance.Files{Looked: true, All: []compliance.File{{Path: `/etc/"><b onclick="x">`, Mode: 0o777}}},
	})
	return r
}

func pageOf(t *testing.T, r compliance.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := writePage(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestPageLoadsAndRunsNothing: whatever stands in the report, the page has its own style, allowed by its hash, and nothing else.
func TestPageLoadsAndRunsNothing(t *testing.T) {
	page := pageOf(t, hostile())
	if bad := regexp.MustCompile(`(?i)<script|<img|<link|<iframe|<[^>]*\son[a-z]+=|url\(|@import|href="[^#]|<[^>]*\ssrc=`).FindString(page); bad != "" {
		t.Errorf("the page has %q", bad)
	}
	if !strings.Contains(page, "&lt;img src=") || !strings.Contains(page, "&lt;b onclick=") {
		t.Error("the names are not in the page")
	}
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(page)
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if style == nil || policy == nil {
		t.Fatal("no style, or no policy")
	}
	sum := sha256.Sum256([]byte(style[1]))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
	if got := html.UnescapeString(policy[1]); got != want {
		t.Errorf("policy %q, want %q", got, want)
	}
}

// TestPageIsWhole: it is well-formed, and every control and check is in it, each link at home.
func TestPageIsWhole(t *testing.T) {
	r := hostile()
	page := pageOf(t, r)
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range r.Controls {
		if !strings.Contains(page, `<td class="reference">`+c.Reference+"</td>") {
			t.Errorf("%s is missing", c.Reference)
		}
	}
	for _, c := range r.Checks {
		if !strings.Contains(page, `id="`+c.ID+`"`) || !strings.Contains(page, `href="#`+c.ID+`"`) {
			t.Errorf("%s is missing, or nothing leads there", c.ID)
		}
	}
	if !strings.Contains(page, html.EscapeString(r.Notice)) || !strings.Contains(page, "people&#39;s work") || !strings.Contains(page, `class="failed"`) {
		t.Error("the notice or the outcomes are missing")
	}
}

// TestText has the notice, the score with its numbers, and every control and check, in lines that fit.
func TestText(t *testing.T) {
	r := hostile()
	var out bytes.Buffer
	if err := writeText(&out, r); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for line := range strings.Lines(text) {
		if len(line) > width+1 && !strings.Contains(line, "checked control") {
			t.Errorf("%d octets: %s", len(line), line)
		}
	}
	flat := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		compliance.Notice, scoreOf(r.Score), "failed 8.5 Logging in is secure.", "people's work 6.3 People are trained. people show: records of training",
		"failed secret-files-private Nobody but their owner may read the files of secrets and keys seen: /etc/", "do: chmod 600 these files", "not applicable",
		"unknown trail-verified",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestScoreInWords(t *testing.T) {
	percent := 50
	for want, score := range map[string]compliance.Score{
		"no control that applies was checked": {People: 3},
		"50 %: 1 of 2 checked controls passed, 1 failed, 0 unknown; beside them 4 not applicable, 5 people's work, not checked": {
			Percent: &percent, Passed: 1, Failed: 1, NotApplicable: 4, People: 5,
		},
	} {
		if got := scoreOf(score); got != want {
			t.Error(got)
		}
	}
}

// broken is a writer that takes nothing.
type broken struct{}

var errBroken = errors.New("broken")

// Write implements io.Writer.
func (broken) Write([]byte) (int, error) { return 0, errBroken }

// TestABrokenWriterIsAnError: a report that did not get out is no success.
func TestABrokenWriterIsAnError(t *testing.T) {
	for name, write := range writers() {
		if err := write(broken{}, hostile()); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
