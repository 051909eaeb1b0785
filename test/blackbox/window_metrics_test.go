package blackbox_test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// moved are the figures that differ, by how much.
func moved(before, after map[string]float64) map[string]float64 {
	by := map[string]float64{}
	for series, n := range after {
		if n != before[series] {
			by[series] = n - before[series]
		}
	}
	return by
}

// TestMetrics: each thing that happens moves its series by as much as it happened, and none by somebody's name.
func TestMetrics(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	v := open(t, site)
	site.Enrol("canary-approving", ivalttest.Approve, 2*time.Second)
	site.Enrol("canary-denying", ivalttest.Deny, time.Second)
	before := v.Get(t, "/metrics").Series(t)

	nas, other := site.NAS(t), site.NAS(t)
	login := blackbox.Login{User: "canary-approving", Password: canaryPassword, CallingStation: station, ID: 1}
	r := nas.Request(login)
	nas.Send(r)
	pushed(t, site, login.User)
	nas.Send(r) // waits: it is dropped
	login.ID = 2
	retry := other.Request(login)
	other.Send(retry) // joins
	accepted(t, nas.Answer(t, r))
	accepted(t, other.Answer(t, retry))
	nas.Send(r) // is answered again
	accepted(t, nas.Answer(t, r))
	rejected(t, comes(t, site, "canary-denying", canaryPassword, elsewhere), "Access denied.")
	nas.Send(blackbox.NewRequest(blackbox.Login{User: login.User, Password: canaryPassword, ID: 9}, "another-secret-0123456789"))

	want := map[string]float64{
		`attempts_total{client="gateway",reason="approved",verdict="accept"}`:    1,
		`attempts_total{client="gateway",reason="push_denied",verdict="reject"}`: 1,
		`attempt_duration_seconds_count{client="gateway"}`:                       2,
		`approval_seconds_count{client="gateway"}`:                               1,
		`approval_seconds_bucket{client="gateway",le="1"}`:                       0,
		`approval_seconds_bucket{client="gateway",le="+Inf"}`:                    1,
		`added_delay_seconds_count{client="gateway"}`:                            1,
		`exchanges_joined_total{client="gateway"}`:                               1,
		`duplicates_total{became="dropped"}`:                                     1,
		`duplicates_total{became="answered"}`:                                    1,
		`drops_total{cause="bad_authenticator"}`:                                 1,
		`replies_total{kind="accept"}`:                                           2,
		`replies_total{kind="reject"}`:                                           1,
		`packets_received_total`:                                                 6,
		`ivalt_calls_total{call="push",class="accepted"}`:                        2,
		`logins_in_flight`:                                                       0,
		`exchanges_in_flight`:                                                    0,
	}
	var scrape blackbox.Answer
	var by map[string]float64
	blackbox.Eventually(t, "the dropped packet's count", func() bool {
		scrape = v.Get(t, "/metrics")
		by = moved(before, scrape.Series(t))
		return by[`ivalt_radius_drops_total{cause="bad_authenticator"}`] > 0
	})
	moves(t, by, want)
	noCanary(t, "the scrape", scrape.Body)
	for _, word := range []string{"canary", station, elsewhere, "example.com", blackbox.Source, ivalttest.DerivedMobile(blackbox.Email(login.User)), blackbox.Secret, blackbox.Hashed} {
		if strings.Contains(scrape.Body, word) {
			t.Errorf("%q stands in the scrape", word)
		}
	}
}

// moves compares how far series moved, and finds others of the same names that did.
func moves(t *testing.T, by, want map[string]float64) {
	t.Helper()
	for series, n := range want {
		if got := by["ivalt_radius_"+series]; got != n {
			t.Errorf("%s moved by %g, want %g", series, got, n)
		}
	}
	for series, n := range by {
		name, _, _ := strings.Cut(strings.TrimPrefix(series, "ivalt_radius_"), "{")
		if _, known := want[strings.TrimPrefix(series, "ivalt_radius_")]; !known && (name == "attempts_total" || name == "drops_total" || name == "duplicates_total" || name == "replies_total") {
			t.Errorf("%s moved by %g", series, n)
		}
	}
}

// TestMetricsOfTheDocs: the docs list what a scrape has. What this server has no part for is named here.
func TestMetricsOfTheDocs(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	v := open(t, site)
	site.Enrol("bob", ivalttest.Approve, time.Second)
	accepted(t, comes(t, site, "bob", password, station)) // a counter with labels is there once something was counted
	absent := map[string]bool{}
	for name := range strings.FieldsSeq("shipping_lag_records shipping_lag_seconds shipping_skipped_records_total shipping_failing " + // no audit.ship
		"nodes nodes_differing memory_reachable node_alone certificate_expiry_timestamp_seconds incidents_open") { // one node, plain HTTP, no incident
		absent["ivalt_radius_"+name] = true
	}
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(ivalt_radius_[a-z_]+)` \\| ([a-z]+) \\|").FindAllStringSubmatch(string(page), -1) {
		listed[row[1]] = row[2]
	}
	if len(listed) < 40 {
		t.Fatalf("only %d metrics are found in the docs", len(listed))
	}
	scrape := v.Get(t, "/metrics")
	if scrape.Status != http.StatusOK {
		t.Fatal(scrape.Status)
	}
	served := map[string]string{}
	for _, row := range regexp.MustCompile(`(?m)^# TYPE (ivalt_radius_\S+) (\S+)$`).FindAllStringSubmatch(scrape.Body, -1) {
		served[row[1]] = row[2]
		if listed[row[1]] != row[2] {
			t.Errorf("%s is served as a %s; the docs have %q", row[1], row[2], listed[row[1]])
		}
	}
	for name, kind := range listed {
		if _, there := served[name]; there == absent[name] {
			t.Errorf("%s, a %s: served %v, though it ought to be otherwise", name, kind, there)
		}
	}
}
