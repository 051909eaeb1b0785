package main

import (
	"maps"
	"strconv"
	"strings"
	"testing"

	"ivalt-radius/admin/metrics"
	"ivalt-radius/config"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/radius/radiustest"
)

// scrape is what /metrics says of the server, by name and labels.
func (r *running) scrape(t *testing.T) map[string]float64 {
	t.Helper()
	status, body := r.ask(t, "/metrics")
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	figures := map[string]float64{}
	for line := range strings.Lines(body) {
		name, figure, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, metrics.Prefix)), " ")
		if n, err := strconv.ParseFloat(figure, 64); err == nil {
			figures[name] = n
		}
	}
	return figures
}

// TestMeasured: the figures are those of the running server: a login that waits, what it took of the budget, an endpoint that refuses the key.
func TestMeasured(t *testing.T) {
	t.Parallel()
	s := pushing(t)
	s.admin = `, admin: "127.0.0.1:0"`
	s.more += "\nmax_attempts: 7"
	s.write(t)
	mobile := s.enrol("carol", ivalttest.Manual, 0)
	s.enrol("dave", ivalttest.Manual, 0)
	r := s.start(t)
	want := func(wanted map[string]float64) func() bool {
		return func() bool {
			got := r.scrape(t)
			for name, figure := range wanted {
				if n, there := got[name]; !there || n != figure {
					return false
				}
			}
			return true
		}
	}
	eventually(t, "the figures of a server at rest", want(map[string]float64{
		"logins_in_flight": 0, "login_oldest_seconds": 0, "max_attempts": 7, "window_sessions": 0, `window_sign_ins_total{result="failed"}`: 0,
		`ready{check="sockets"}`: 1, `ready{check="trail"}`: 1, "ivalt_budget_held_seconds": 0,
		// 97 % of 20, 100 and 1000, as state.Budget uses them
		`ivalt_budget_limit_requests{window="second"}`: 19, `ivalt_budget_limit_requests{window="minute"}`: 97, `ivalt_budget_limit_requests{window="hour"}`: 970,
		`ivalt_breaker_state{endpoint="push",state="closed"}`: 1, `ivalt_breaker_state{endpoint="push",state="refused"}`: 0,
	}))

	answered := make(chan radiustest.Code, 1)
	go func() {
		result, _ := r.nas().Login(t.Context(), credentials("carol"))
		answered <- result.Code
	}()
	eventually(t, "the push", func() bool { return s.cloud.Polls(mobile) > 0 })
	if got := r.scrape(t); got["logins_in_flight"] != 1 || got["login_oldest_seconds"] <= 0 || got[`ivalt_budget_left_requests{window="hour"}`] > 967 {
		t.Error(got)
	}
	s.cloud.Approve(mobile)
	if code := <-answered; code != radiustest.AccessAccept {
		t.Error(code)
	}
	eventually(t, "its end", want(map[string]float64{
		"logins_in_flight": 0, `attempts_total{client="gateway",reason="approved",verdict="accept"}`: 1, `approval_seconds_count{client="gateway"}`: 1,
	}))

	if err := s.cloud.Inject(ivalttest.Fault{Kind: ivalttest.WrongKey, Endpoint: ivalttest.PushEndpoint}); err != nil {
		t.Fatal(err)
	}
	if code := r.login(t, "dave"); code != radiustest.AccessReject {
		t.Error(code)
	}
	eventually(t, "the endpoint that refuses the key", want(map[string]float64{
		`ivalt_breaker_state{endpoint="push",state="refused"}`: 1, `ivalt_breaker_state{endpoint="push",state="closed"}`: 0,
		`ivalt_breaker_state{endpoint="result",state="closed"}`: 1, `ready{check="ivalt"}`: 0,
	}))
	r.stop(t)
}

// TestMeasuredCertificates: the window's, where it has one.
func TestMeasuredCertificates(t *testing.T) {
	s := &config.Settings{}
	a := &app{}
	a.settings.Store(s)
	if got := a.certificates(); got != nil {
		t.Error(got)
	}
	s.Admin.TLS.Certificate = "window.crt"
	if got := a.certificates(); !maps.Equal(got, map[string]string{"window": "window.crt"}) {
		t.Error(got)
	}
}
