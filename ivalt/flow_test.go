package ivalt

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ivalt-radius/auth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ms(n ...int) []time.Duration {
	var out []time.Duration
	for _, v := range n {
		out = append(out, time.Duration(v)*time.Millisecond)
	}
	return out
}

// after answers later.
func after(d time.Duration, r reply) reply {
	r.after = d
	return r
}

// oneLogin is a whole login on a virtual clock: what iVALT says, what comes of it, and when which polls left.
type oneLogin struct {
	name     string
	settings func(*Settings)
	answer   func(request) reply
	push     func(*auth.Push)
	young    bool // the process has just started
	want     auth.Outcome
	unpushed bool
	pushes   []time.Duration
	polls    []time.Duration
	takes    time.Duration // exactly, where not 0
}

func TestWholeLogins(t *testing.T) {
	for _, tc := range append(logins(), troubledLogins()...) {
		t.Run(tc.name, func(t *testing.T) { synctest.Test(t, tc.run) })
	}
}

// logins are those that iVALT answers as it should.
func logins() []oneLogin {
	quick := quickTo(12 * time.Second)
	always := ms(0, 4500, 6000, 7800, 9960, 12552, 15662, 19395, 23874, 29249, 35698, 43438, 51438, 57000)
	return []oneLogin{
		{name: "nobody answers", answer: script(sent(), wait()), want: auth.TimedOut, pushes: ms(0), polls: always, takes: 57 * time.Second},
		{name: "approved", answer: script(sent(), wait(), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 4500, 6000)},
		{name: "approved at the last poll", answer: script(sent(), wait(), wait(), wait(), wait(), said()), push: quick, want: auth.Approved, pushes: ms(0), polls: ms(0, 4500, 6000, 7800, 10000)},
		{name: "denied", answer: script(sent(), wait(), no()), want: auth.Denied, pushes: ms(0), polls: ms(0, 4500)},
		{name: "geofence", answer: script(sent(), wait(), outside()), want: auth.OutsideFence, pushes: ms(0), polls: ms(0, 4500)},
		{name: "time window", answer: script(sent(), wait(), wait(), offHours()), want: auth.OutsideTime, pushes: ms(0), polls: ms(0, 4500, 6000)},
		{name: "geofence at the sentinel", answer: script(sent(), outside()), want: auth.OutsideFence, pushes: ms(0), polls: ms(0)},
		{name: "an old denial at the sentinel", answer: script(sent(), no(), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 4500, 6000)},
		{name: "a sticky approval", answer: script(sent(), said()), want: auth.Stale, pushes: ms(0), polls: ms(0, 1500)},
		{name: "a consumed old approval", answer: script(sent(), said(), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 1500, 4500)},
		{name: "an old approval and nothing more", answer: script(sent(), said(), wait()), push: quick, want: auth.TimedOut, pushes: ms(0), polls: ms(0, 1500, 4500, 6000, 7800, 10000)},
		{name: "a denial behind an old approval", answer: script(sent(), said(), no()), want: auth.Denied, pushes: ms(0), polls: ms(0, 1500)},
		{name: "unknown at the push", answer: script(wait(), said()), want: auth.NotEnrolled, unpushed: true, pushes: ms(0)},
		{name: "push throttled", answer: script(tooMany(), said()), want: auth.Throttled, unpushed: true, pushes: ms(0)},
		{name: "push denied", answer: script(no(), said()), want: auth.Denied, unpushed: true, pushes: ms(0)},
		{name: "wrong key", answer: script(wrongKey(), said()), want: auth.Misconfigured, unpushed: true, pushes: ms(0)},
		{name: "redirect", answer: script(reply{status: 307, header: http.Header{"Location": {"https://elsewhere.example"}}}, said()), want: auth.Misconfigured, unpushed: true, pushes: ms(0)},
	}
}

// troubledLogins meet outages, odd answers and other settings.
func troubledLogins() []oneLogin {
	quick := quickTo(12 * time.Second)
	auto := func(s *Settings) { s.Sentinel = SentinelAuto }
	always := ms(0, 4500, 6000, 7800, 9960, 12552, 15662, 19395, 23874, 29249, 35698, 43438, 51438, 57000)
	return []oneLogin{
		{name: "outage", answer: script(down(), down()), want: auth.NoAnswer, pushes: ms(0), polls: ms(0, 3000)},
		{
			name: "outage that hangs", answer: script(after(time.Hour, sent()), after(time.Hour, wait())),
			want: auth.NoAnswer, pushes: ms(0), polls: ms(10000), takes: 20 * time.Second,
		},
		{name: "outage after the push", answer: script(sent(), wait(), broken()), want: auth.NoAnswer, pushes: ms(0), polls: ms(0, 4500, 7500, 10500)},
		{name: "a short outage", answer: script(sent(), wait(), down(), broken(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 4500, 7500, 10500)},
		{name: "nobody saw the sentinel", answer: script(sent(), down(), said()), want: auth.Stale, pushes: ms(0), polls: ms(0, 3000, 4500)},
		{
			name: "nobody knows of the push: it is sent once more", answer: script(down(), wait()), push: quickTo(30 * time.Second), want: auth.TimedOut,
			pushes: ms(0, 10000), polls: ms(0, 4500, 6000, 7800, 9960, 13000, 16110, 19843, 24322, 28000),
		},
		{
			name: "nobody knows of the push: approved all the same", answer: script(broken(), wait(), said()), want: auth.Approved,
			pushes: ms(0), polls: ms(0, 4500),
		},
		{name: "a page instead of the push's answer: never sent again", answer: script(reply{status: 200, body: "<html>"}, wait()), push: quickTo(30 * time.Second), want: auth.TimedOut, pushes: ms(0), polls: append(always[:9:9], ms(28000)...)},
		{name: "auto trusts a clean mobile", settings: auto, answer: script(sent(), said()), want: auth.Approved, pushes: ms(0), polls: ms(4500)},
		{name: "auto in a young process", settings: auto, young: true, answer: script(sent(), wait(), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 0, 4500)},
		{name: "a young process drains", young: true, answer: script(sent(), said(), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 0, 4500)},
		{name: "an old verdict is drained", young: true, answer: script(sent(), outside(), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(0, 0, 4500)},
		{name: "no push into an outage that the drain sees", young: true, answer: script(sent(), down()), want: auth.NoAnswer, unpushed: true, polls: ms(0, 1000, 2000)},
		{name: "throttled drain", young: true, answer: script(sent(), tooMany()), want: auth.Throttled, unpushed: true, polls: ms(0)},
		{name: "no time for a push", answer: script(sent(), said()), push: quickTo(3 * time.Second), want: auth.NoTime, unpushed: true},
		{name: "slow answers", answer: script(after(2*time.Second, sent()), after(time.Second, wait()), wait(), said()), want: auth.Approved, pushes: ms(0), polls: ms(2000, 6500, 8000)},
		{
			name: "the approval timeout is shorter", settings: func(s *Settings) { s.ApprovalTimeout = 8 * time.Second }, answer: script(sent(), wait()),
			want: auth.TimedOut, pushes: ms(0), polls: ms(0, 4500, 6000, 8000), takes: 8 * time.Second,
		},
		{
			name: "the last poll hangs", answer: script(sent(), wait(), wait(), wait(), wait(), after(time.Hour, wait())), push: quick,
			want: auth.NoAnswer, pushes: ms(0), polls: ms(0, 4500, 6000, 7800, 10000), takes: 11900 * time.Millisecond,
		},
		{name: "no details", answer: script(sent(), wait(), reply{status: 200, body: `{"data":{"status":true,"details":null}}`}), push: quick, want: auth.TimedOut, pushes: ms(0), polls: ms(0, 4500, 6000, 7800, 10000)},
		{
			name: "no details, allowed", settings: func(s *Settings) { s.AllowMissingDetails = true },
			answer: script(sent(), wait(), reply{status: 200, body: `{"data":{"status":true,"details":null}}`}), want: auth.Approved, pushes: ms(0), polls: ms(0, 4500),
		},
	}
}

func quickTo(d time.Duration) func(*auth.Push) {
	return func(p *auth.Push) { p.Deadline = time.Now().Add(d) }
}

func (tc *oneLogin) run(t *testing.T) {
	s := settings()
	if tc.settings != nil {
		tc.settings(&s)
	}
	h := newHouse(t, s, tc.answer)
	if !tc.young {
		h.age()
	}
	p := pushTo(t, "a1", testMobile)
	if tc.push != nil {
		tc.push(p)
	}
	began := time.Now()
	a := h.push(t.Context(), p)
	if a.Outcome != tc.want || a.Pushed == tc.unpushed || a.Detail == "" {
		t.Errorf("answer %s %+v, want %s", a.Outcome.String(), a, tc.want.String())
	}
	if diff := cmp.Diff(tc.pushes, h.fake.times(pushPath)); diff != "" {
		t.Errorf("pushes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(tc.polls, h.fake.times(resultPath)); diff != "" {
		t.Errorf("polls (-want +got):\n%s", diff)
	}
	if took := time.Since(began); tc.takes != 0 && took != tc.takes {
		t.Errorf("took %s, want %s", took, tc.takes)
	}
}
