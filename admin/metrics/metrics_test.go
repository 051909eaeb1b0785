package metrics

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLogins(t *testing.T) {
	m := New()
	m.Adopt([]string{"office"})
	m.Concluded(audit.Attempt{Client: "office", Decision: "require_push", Verdict: "accept", Reason: "approved", Duration: 6 * time.Second, Exchanges: 3})
	m.Concluded(audit.Attempt{Client: "office", Decision: "require_push", Verdict: "accept", Reason: "exempt", Duration: time.Second, Exchanges: 1})
	m.Concluded(audit.Attempt{Client: "office", Decision: "exempt", Verdict: "accept", Reason: "exempt", Duration: -time.Second, Exchanges: 1})
	m.Concluded(audit.Attempt{Client: "stranger", Verdict: "perhaps", Reason: "why not", Exchanges: 1})
	m.Approved("office", 5*time.Second)
	m.Approved("stranger", 5*time.Second)
	m.Added("office", 20*time.Millisecond)
	m.Added("office", -20*time.Millisecond)
	got := scrape(t, m.Handler())
	expect(t, got, map[string]string{
		`attempts_total{client="office",reason="approved",verdict="accept"}`: "1",
		`attempts_total{client="office",reason="exempt",verdict="accept"}`:   "2",
		`attempts_total{client="other",reason="other",verdict="other"}`:      "1",
		`attempts_total{client="stranger",reason="other",verdict="other"}`:   "",
		`attempt_duration_seconds_sum{client="office"}`:                      "7",
		`attempt_duration_seconds_bucket{client="office",le="5"}`:            "2",
		`exchanges_joined_total{client="office"}`:                            "2",
		`exchanges_joined_total{client="other"}`:                             "0",
		`insecure_accepts_total{client="office"}`:                            "1",
		`approval_seconds_count{client="office"}`:                            "1",
		`approval_seconds_count{client="other"}`:                             "1",
		`added_delay_seconds_sum{client="office"}`:                           "0.02",
		`logins_in_flight`: "", // there is no source of it
	})
	if got["process_start_time_seconds"] == "" || got["go_goroutines"] == "" {
		t.Error("nothing is told of the process or of the Go runtime")
	}
}

func TestEvents(t *testing.T) {
	m := New()
	for _, e := range []audit.Event{
		&audit.APICall{Call: "push", Class: "accepted", Duration: 300 * time.Millisecond},
		audit.APICall{Call: "second look", Class: "bad key or path", Duration: time.Second},
		&audit.APICall{Call: "guess", Class: "odd", Duration: -time.Second},
		audit.Security{Event: "collision"},
		&audit.Security{Event: "collision"},
		audit.Security{Event: "never heard of"},
		audit.System{Event: "reloaded"},
		audit.System{Event: "reload_refused"},
		audit.System{Event: "started"},
		audit.Configuration{Event: "reloaded"}, // the same reload
		audit.Attempt{Client: "office", Verdict: "accept", Reason: "approved"},
	} {
		m.See(e)
	}
	got := scrape(t, m.Handler())
	expect(t, got, map[string]string{
		`ivalt_calls_total{call="push",class="accepted"}`:               "1",
		`ivalt_calls_total{call="second look",class="bad key or path"}`: "1",
		`ivalt_calls_total{call="other",class="other"}`:                 "1",
		`ivalt_call_duration_seconds_sum{call="push"}`:                  "0.3",
		`ivalt_call_duration_seconds_sum{call="other"}`:                 "0",
		`security_events_total{event="collision"}`:                      "2",
		`security_events_total{event="other"}`:                          "1",
		`security_events_total{event="locked_out"}`:                     "0",
		`reloads_total{result="taken"}`:                                 "1",
		`reloads_total{result="refused"}`:                               "1",
	})
	for name := range got {
		if strings.HasPrefix(name, Prefix+"attempts_total") {
			t.Errorf("an event counts as a login's end: %s", name)
		}
	}
}

func TestScrape(t *testing.T) {
	m := busy()
	expect(t, scrape(t, m.Handler()), map[string]string{
		"logins_in_flight": "7", "login_oldest_seconds": "42", "max_attempts": "20000", "exchanges_in_flight": "9",
		`ivalt_budget_left_requests{window="minute"}`: "3", `ivalt_budget_limit_requests{window="second"}`: "20", "ivalt_budget_held_seconds": "1.5",
		`ivalt_breaker_state{endpoint="push",state="closed"}`: "1", `ivalt_breaker_state{endpoint="push",state="failing"}`: "0",
		`ivalt_breaker_state{endpoint="result",state="refused"}`: "1", `ivalt_breaker_state{endpoint="look-up",state="failing"}`: "1",
		"packets_received_total": "100", `replies_total{kind="accept"}`: "1", `replies_total{kind="reject"}`: "2", `replies_total{kind="challenge"}`: "3",
		`replies_total{kind="status"}`: "4", `replies_total{kind="accounting"}`: "5", `duplicates_total{became="answered"}`: "6",
		`duplicates_total{became="dropped"}`: "7", `reply_faults_total{cause="reply_unfit"}`: "8", `reply_faults_total{cause="delay_full"}`: "9",
		`drops_total{cause="unknown_client"}`: "10", `drops_total{cause="silenced"}`: "11", `drops_total{cause="received"}`: "",
		"trail_records_total": "1.099511627776e+12", "trail_lag_records": "5", "trail_lost_records_total": "2", "trail_failing": "1",
		`shipping_lag_records{receiver="siem"}`: "12", `shipping_lag_seconds{receiver="siem"}`: "60",
		`shipping_skipped_records_total{receiver="siem"}`: "1", `shipping_failing{receiver="siem"}`: "1",
		"watch_missed_events_total": "17", "blocks": "3", "lockouts": "4", `incidents_open{rule="brute_force",severity="high",state="open"}`: "2",
		`secret_age_seconds{secret="ivalt.api_key"}`: "172800", `certificate_expiry_timestamp_seconds{use="window"}`: "1.7956836e+09",
		`nodes{state="alive"}`: "2", `nodes{state="left"}`: "1", `nodes{state="dead"}`: "3", "nodes_differing": "1", "memory_reachable": "1", "node_alone": "1",
		`ready{check="sockets"}`: "1", `ready{check="trail"}`: "0", `settings_info{digest="abc",version="v1"}`: "1", "window_sessions": "2",
		`sessions{client="vpn",state="on"}`: "3", `sessions{client="vpn",state="login"}`: "1", `session_octets_total{client="vpn",direction="in"}`: "500",
		`session_octets_total{client="vpn",direction="out"}`: "700", `session_overruns_total{client="vpn"}`: "2",
		`window_sign_ins_total{result="succeeded"}`: "5", `window_sign_ins_total{result="failed"}`: "6",
		`window_sign_ins_total{result="throttled"}`: "7", `window_sign_ins_total{result="busy"}`: "8",
	})
	alone := full()
	alone.Nodes = func() (Nodes, bool) { return Nodes{}, false }
	m.Read(alone)
	expect(t, scrape(t, m.Handler()), map[string]string{`nodes{state="alive"}`: "", "node_alone": "", "blocks": "3"})
	m.Read(Sources{})
	expect(t, scrape(t, m.Handler()), map[string]string{"blocks": "", `attempts_total{client="office",reason="approved",verdict="accept"}`: "1"})
}

// TestHostileSources: whatever a source gives, the scrape has everything else, and no more than the bounds.
func TestHostileSources(t *testing.T) {
	m := New()
	m.Read(Sources{
		Blocks: func() int { return 3 },
		Checks: func() []view.Check {
			var all []view.Check
			for _, name := range []string{"a", "\xff\xfe", "\u202e", "", strings.Repeat("é", 100), "x\"} 1\n" + Prefix + "blocks 9"} {
				all = append(all, view.Check{Name: name, OK: true})
			}
			return append(all, view.Check{Name: "a"})
		},
		Secrets: func() (all []Secret) {
			for i := range 3 * mostRows {
				all = append(all, Secret{Key: fmt.Sprintf("clients[%d].secrets[0]", i), Age: -time.Second})
			}
			return all
		},
	})
	if _, err := m.registry.Gather(); err != nil {
		t.Errorf("a scrape is spoiled: %v", err)
	}
	got := scrape(t, m.Handler())
	expect(t, got, map[string]string{
		"blocks": "3", `ready{check="a"}`: "1", `ready{check="??"}`: "1", `ready{check="?"}`: "1", `ready{check="other"}`: "1",
		`ready{check="` + strings.Repeat("é", 64) + `"}`:        "1",
		`ready{check="x\"} 1?` + Prefix + `blocks 9"}`:          "1",
		`secret_age_seconds{secret="clients[0].secrets[0]"}`:    "0",
		fmt.Sprintf(`ready{check=%q}`, strings.Repeat("é", 65)): "",
	})
	rows := 0
	for name := range got {
		if strings.HasPrefix(name, Prefix+"secret_age_seconds") {
			rows++
		}
	}
	if rows != mostRows {
		t.Errorf("%d rows, want %d", rows, mostRows)
	}
}

// clients are the client labels that are told.
func clients(t *testing.T, m *Metrics) int {
	t.Helper()
	n := 0
	for name := range scrape(t, m.Handler()) {
		if strings.HasPrefix(name, Prefix+"attempt_duration_seconds_count") {
			n++
		}
	}
	return n
}

func names(from, to int) (list []string) {
	for i := from; i < to; i++ {
		list = append(list, fmt.Sprintf("client-%d", i))
	}
	return list
}

// TestReloadsDoNotGrowLabels: whoever reloads with new names each time has mostClients of them, and Other.
func TestReloadsDoNotGrowLabels(t *testing.T) {
	m := New()
	end := func(client string) { m.Concluded(audit.Attempt{Client: client, Verdict: "accept", Reason: "approved"}) }
	m.Adopt([]string{"old"})
	end("old")
	m.Adopt([]string{"new"})
	end("old") // it began before the reload
	expect(t, scrape(t, m.Handler()), map[string]string{`attempts_total{client="old",reason="approved",verdict="accept"}`: "2"})
	for round := range 5 {
		m.Adopt(names(round*mostClients/2, (round+1)*mostClients/2))
		end(fmt.Sprintf("client-%d", round*mostClients/2))
		if n := clients(t, m); n > mostClients+1 {
			t.Fatalf("round %d: %d clients", round, n)
		}
	}
	end("client-0") // forgotten
	got := scrape(t, m.Handler())
	expect(t, got, map[string]string{
		`attempts_total{client="client-0",reason="approved",verdict="accept"}`:   "",
		`attempts_total{client="client-400",reason="approved",verdict="accept"}`: "1",
		`attempts_total{client="other",reason="approved",verdict="accept"}`:      "1",
	})
	m.Adopt(append(names(0, 3*mostClients), Other, ""))
	if n := clients(t, m); n != mostClients+1 {
		t.Errorf("%d clients, want %d and other", n, mostClients)
	}
	m.Adopt([]string{"last"})
	end("last")
	expect(t, scrape(t, m.Handler()), map[string]string{`attempts_total{client="last",reason="approved",verdict="accept"}`: "1"})
}

// TestAllAtOnce: events, reloads and scrapes at the same time; nothing is lost.
func TestAllAtOnce(t *testing.T) {
	const each, workers = 500, 8
	m := busy()
	var work sync.WaitGroup
	for range workers {
		work.Go(func() {
			for range each {
				m.See(audit.Security{Event: "collision"})
				m.Concluded(audit.Attempt{Client: "vpn", Verdict: "reject", Reason: "busy"})
				m.Added("vpn", time.Millisecond)
			}
		})
	}
	work.Go(func() {
		for range 50 {
			m.Adopt([]string{"office", "vpn", fmt.Sprintf("new-%d", rand.IntN(100))}) //nolint:gosec // names, no secrets
			m.Read(full())
		}
	})
	for range 3 {
		scrape(t, m.Handler())
	}
	work.Wait()
	expect(t, scrape(t, m.Handler()), map[string]string{
		`security_events_total{event="collision"}`:                    fmt.Sprint(each * workers),
		`attempts_total{client="vpn",reason="busy",verdict="reject"}`: fmt.Sprint(each * workers),
		`added_delay_seconds_count{client="vpn"}`:                     fmt.Sprint(each * workers),
	})
}

func TestNilMetricsCountNothing(t *testing.T) {
	var m *Metrics
	m.See(audit.Security{Event: "collision"})
	m.Concluded(audit.Attempt{})
	m.Approved("a", 1)
	m.Added("a", 1)
	m.Adopt([]string{"a"})
	m.Read(Sources{})
	if m != nil {
		t.Error("it has become something")
	}
}

func TestOpenMetrics(t *testing.T) {
	text, kind := ask(t, busy().Handler(), "application/openmetrics-text;version=1.0.0")
	if !strings.HasPrefix(kind, "application/openmetrics-text") || !strings.HasSuffix(text, "# EOF\n") {
		t.Errorf("%s: %.200q", kind, text)
	}
}

// TestScrapesAreBounded: of too many at once the last ones are told to come again, and one that takes too long is given up.
func TestScrapesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		m := New()
		m.Read(Sources{Blocks: func() int { <-let; return 1 }})
		h := m.Handler()
		codes := make(chan int, mostScrapes+1)
		get := func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
			codes <- w.Code
		}
		for range mostScrapes {
			go get()
		}
		synctest.Wait()
		go get()
		synctest.Wait()
		if code := <-codes; code != http.StatusServiceUnavailable {
			t.Errorf("one too many: %d", code)
		}
		began := time.Now()
		for range mostScrapes {
			if code := <-codes; code != http.StatusServiceUnavailable {
				t.Errorf("one that takes too long: %d", code)
			}
		}
		if took := time.Since(began); took != scrapeWithin {
			t.Errorf("given up behind %s, want %s", took, scrapeWithin)
		}
		close(let)
		synctest.Wait()
		get()
		if code := <-codes; code != http.StatusOK {
			t.Errorf("afterwards: %d", code)
		}
	})
}

// FuzzLabels: no name breaks a scrape, or forges a figure.
func FuzzLabels(f *testing.F) {
	for _, s := range []string{"office", "", "\xff", "a\nivalt_radius_blocks 9", `x"} 1`, "\u2028", "other", strings.Repeat("ü", 200), "\x7f", "a\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		label := clean(s)
		if label == "" || len(label) > mostLabel || !utf8.ValidString(label) || strings.ContainsAny(label, "\n\r\x00") {
			t.Fatalf("%q becomes %q", s, label)
		}
		if clean(label) != label {
			t.Fatalf("%q becomes %q, and that %q", s, label, clean(label))
		}
		m := New()
		m.Adopt([]string{s})
		m.Concluded(audit.Attempt{Client: s, Verdict: s, Reason: s, Exchanges: 2})
		m.See(&audit.APICall{Call: s, Class: s})
		m.See(audit.Security{Event: s})
		m.Approved(s, 1)
		m.Added(s, 1)
		m.Read(Sources{Checks: func() []view.Check { return []view.Check{{Name: s, OK: true}, {Name: s}} }, Settings: func() Settings { return Settings{s, s} }})
		families, err := m.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		counted := 0.0
		for _, family := range families {
			if family.GetName() != Prefix+"attempts_total" {
				continue
			}
			for _, one := range family.GetMetric() {
				counted += one.GetCounter().GetValue()
			}
		}
		if counted != 1 {
			t.Fatalf("%q: %g logins", s, counted)
		}
	})
}
