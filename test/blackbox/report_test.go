package blackbox_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// givesUp sends a login every 200 ms for a second and a half, as an impatient gateway does, and takes what comes later.
func givesUp(t *testing.T, site *blackbox.Site, user string) {
	t.Helper()
	nas := site.NAS(t)
	r := nas.Request(blackbox.Login{User: user, Password: password, CallingStation: "198.51.100.7"})
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for range 8 {
		nas.Send(r)
		<-again.C
	}
	accepted(t, nas.Answer(t, r))
}

// TestReportOfARealTrail: a gateway gives up before its people approve, and somebody guesses passwords; the report says so.
func TestReportOfARealTrail(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Start(t)
	var people sync.WaitGroup
	for _, user := range []string{"anna", "bruno", "clara", "dora", "emil", "fritz"} {
		site.Enrol(user, ivalttest.Approve, 5*time.Second)
		people.Go(func() { givesUp(t, site, user) })
	}
	site.Enrol("nora", ivalttest.Deny, time.Second)
	rejected(t, site.NAS(t).Login(t, blackbox.Login{User: "nora", Password: password}), "Access denied.")
	people.Wait()
	site.AwaitAttempts(t, "fritz", 1)
	text, code := blackbox.Run(t, "audit", "report", "--config", site.Config(), "--hours", "24", "--format", "json")
	var report struct {
		Level      string                            `json:"threat_level"`
		Categories []struct{ Name string }           `json:"categories"`
		Advice     []struct{ Category, Text string } `json:"recommendations"`
		Reasons    []struct {
			Reason string
			Count  int
		} `json:"top_reasons"`
		Times struct {
			Count int
			P50   int64 `json:"p50_ms"`
		} `json:"approval_times"`
		Patience []struct {
			Client, Verdict string
			PatienceMS      int64   `json:"patience_ms"`
			LateShare       float64 `json:"late_share"`
		} `json:"nas_patience"`
	}
	if err := json.Unmarshal([]byte(text), &report); err != nil || code != 0 {
		t.Fatalf("%v, exit %d: %s", err, code, text)
	}
	if report.Level == "" || len(report.Categories) == 0 || len(report.Reasons) != 2 || report.Reasons[0].Reason != "approved" || report.Reasons[0].Count != 6 {
		t.Errorf("%+v", report)
	}
	if report.Times.Count != 6 || report.Times.P50 < 5000 || report.Times.P50 > 20000 {
		t.Errorf("approval times: %+v", report.Times)
	}
	const gives = `^gives up at [0-9.]+ s \(seen in 6\), 100 % of approvals come later; answer_within is 30 s$`
	if len(report.Patience) != 1 || report.Patience[0].Client != "gateway" || report.Patience[0].LateShare != 1 ||
		report.Patience[0].PatienceMS < 1400 || report.Patience[0].PatienceMS > 4500 || !regexp.MustCompile(gives).MatchString(report.Patience[0].Verdict) {
		t.Errorf("patience: %+v", report.Patience)
	}
	advised := false
	for _, a := range report.Advice {
		advised = advised || a.Category == "nas_patience" && strings.Contains(a.Text, "raise its time-out and retries")
	}
	if !advised {
		t.Errorf("recommendations: %+v", report.Advice)
	}
	if text, code := blackbox.Run(t, "audit", "report", "--config", site.Config()); code != 0 || !strings.Contains(text, "100 % of approvals come later") {
		t.Errorf("as text: exit %d: %s", code, text)
	}
	if page, code := blackbox.Run(t, "audit", "report", "--config", site.Config(), "--format", "html"); code != 0 || !strings.Contains(page, "<svg") || strings.Contains(page, "<script") || strings.Contains(page, "http://") || strings.Contains(page, "https://") {
		t.Errorf("as a page: exit %d", code)
	}
}

// TestComplianceOfARealServer: each framework, with a server at work; the trail that was found is this one.
func TestComplianceOfARealServer(t *testing.T) {
	t.Parallel()
	site := segmented(t)
	site.Start(t)
	accepted(t, site.NAS(t).Login(t, blackbox.Login{User: "svc-audited", Password: password}))
	for _, framework := range []string{"soc2", "iso27001", "pci-dss", "gdpr"} {
		text, code := blackbox.Run(t, "compliance", "--config", site.Config(), "--framework", framework, "--format", "json")
		var seen struct {
			Framework, Notice string
			Trail             struct{ Records int }
			Score             struct {
				Percent        *int
				Passed, Failed int
			}
			Controls []struct {
				Reference, Outcome string
				Checks             []string
			}
			Checks []struct{ ID, Outcome, Evidence string }
		}
		if err := json.Unmarshal([]byte(text), &seen); err != nil || code != 0 {
			t.Fatalf("%v, exit %d: %s", err, code, text)
		}
		if seen.Framework != framework || !strings.Contains(seen.Notice, "no certificate") || seen.Trail.Records < 3 || seen.Score.Percent == nil ||
			seen.Score.Passed == 0 || len(seen.Controls) == 0 {
			t.Errorf("%+v", seen)
		}
		for _, check := range seen.Checks {
			if check.Evidence == "" || check.Outcome == "" {
				t.Errorf("%s: no evidence: %+v", framework, check)
			}
			if check.ID == "trail-sound" && check.Outcome != "passed" {
				t.Errorf("%s: %+v", framework, check)
			}
		}
	}
}
