package ivalttest

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest/plan"
	"ivalt-radius/secret"
)

func TestLimits(t *testing.T) {
	tests := []struct {
		name        string
		limits      Limits
		fit         int
		body, limit string
		wait        time.Duration
		retry       string
	}{
		{"second", Limits{PerSecond: 3}, 3, `{"message":"Too Many Requests"}`, "3", time.Second, "1"},
		{"minute", Limits{PerSecond: 50, PerMinute: 4}, 4, `"code":"RATE_LIMIT_EXCEEDED","message":"Rate limit exceeded","retry_after":60`, "4", time.Minute, "60"},
		{"hour", Limits{PerHour: 5}, 5, `{"message":"Limit Exceeded"}`, "5", time.Hour, "3600"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, Options{Default: Step{Behaviour: Ignore}, Limits: tt.limits})
			for i := range tt.fit {
				a := r.push(alice)
				a.want(t, 200, textSent)
				a.wantHeader(t, "X-RateLimit-Limit", tt.limit)
				a.wantHeader(t, "X-RateLimit-Remaining", strconv.Itoa(tt.fit-i-1))
			}
			for range 2 {
				a := r.push(alice)
				a.want(t, 429, tt.body)
				a.wantHeader(t, "Retry-After", tt.retry)
			}
			r.clock.Pass(tt.wait - time.Millisecond)
			r.push(alice).want(t, 429, "")
			r.clock.Pass(time.Millisecond)
			r.push(alice).want(t, 200, "")
			if r.Pushes(alice) != tt.fit+1 || r.Counters().Throttled != 3 {
				t.Errorf("%d pushes, %+v", r.Pushes(alice), r.Counters())
			}
		})
	}
}

func (a answer) wantHeader(t *testing.T, name, value string) {
	t.Helper()
	if got := a.header.Get(name); got != value {
		t.Errorf("%s: %q, want %q", name, got, value)
	}
}

func TestPeaks(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Ignore}, Limits: Limits{PerMinute: 4}, CountPeaks: true})
	for range 3 {
		for range 2 {
			r.poll(alice)
		}
		r.clock.Pass(700 * time.Millisecond)
	}
	r.do(r.request("/nowhere", "{}")).want(t, 403, "")
	r.clock.Pass(time.Hour - 1400*time.Millisecond)
	r.push(alice)
	if n := r.Counters(); n.PeakSecond != 4 || n.PeakMinute != 7 || n.PeakHour != 7 || n.Throttled != 2 {
		t.Errorf("%+v", n)
	}
	if err := r.Change(func(o *Options) { o.CountPeaks = false }); err != nil {
		t.Fatal(err)
	}
	for range 9 {
		r.poll(alice)
	}
	if n := r.Counters(); n.PeakSecond != 4 {
		t.Errorf("counted although nobody asked: %+v", n)
	}
	r.Reset()
	if n := r.Counters(); n != (Counters{}) {
		t.Errorf("after Reset: %+v", n)
	}
}

func TestWords(t *testing.T) {
	for _, b := range Behaviours() {
		if got, err := ParseBehaviour(b.String()); err != nil || got != b {
			t.Errorf("%s: %v, %v", b, got, err)
		}
	}
	if _, err := ParseBehaviour("dance"); err == nil || !strings.Contains(err.Error(), "deny-silent") {
		t.Errorf("the error does not name the choices: %v", err)
	}
	if Behaviour(99).String() != "unknown" || Pending(99).String() != "captured" || Endpoint(99).String() != "" {
		t.Error("a value out of range has a word")
	}
	if said, _ := (Step{Behaviour: 99}).reaction(); said != none {
		t.Error("a behaviour out of range answers")
	}
	if _, err := ParsePending("teapot"); err == nil {
		t.Error("418 is a way of saying pending")
	}
}

func TestOptionsCheck(t *testing.T) {
	for name, o := range map[string]Options{
		"push status":  {PushStatus: 204},
		"not found":    {NotFoundStatus: 403},
		"limit":        {Limits: Limits{PerMinute: -1}},
		"huge limit":   {Limits: Limits{PerHour: plan.MaxLimit + 1}},
		"delay":        {Default: Step{After: -1}},
		"push's death": {PushLifetime: -1},
		"far future":   {ClockOffset: maxOffset + 1},
		"far past":     {ClockOffset: -maxOffset - 1},
		"no secret":    {SigningSecret: secret.New("short")},
		"no label":     {MaxRequestFrom: -1},
	} {
		if o.Check() == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := New(Options{}).Options().Check(); err != nil {
		t.Error(err)
	}
}
