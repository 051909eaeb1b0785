package ivalttest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest/habit"
)

func TestPendingOfEachEndpoint(t *testing.T) {
	status := map[Pending]int{Pending404: 404, Pending422: 422, Pending400: 400}
	for policy, wantPolicy := range status {
		for plain, wantPlain := range status {
			r := newRig(t, Options{Default: Step{Behaviour: Ignore}, Pending: policy, PendingPlain: plain})
			r.push(alice)
			r.poll(alice).want(t, wantPolicy, "")
			r.pollPlain(alice).want(t, wantPlain, "")
		}
	}
}

func TestDenialSwitch(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Deny}, Denial: habit.Denial403})
	r.push(alice)
	r.poll(alice).want(t, 403, `"detail":"Authentication failed: biometric rejected."`)
}

func TestRequestIDs(t *testing.T) {
	id := func(a answer) string {
		t.Helper()
		var doc struct {
			Data struct {
				Details struct {
					RequestID string `json:"request_id"`
				} `json:"details"`
			} `json:"data"`
		}
		if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
			t.Fatal(a.body, err)
		}
		return doc.Data.Details.RequestID
	}
	r := newRig(t, Options{Default: Step{Behaviour: Approve, After: time.Second}, RequestIDs: true})
	first, second := id(r.push(alice)), id(r.push(bob))
	if first == "" || first == second {
		t.Fatalf("%q and %q", first, second)
	}
	r.clock.Pass(time.Second)
	if got := id(r.poll(alice)); got != first {
		t.Errorf("the result is of %q, want %q", got, first)
	}
	if got := id(r.pollPlain(bob)); got != second {
		t.Errorf("the result is of %q, want %q", got, second)
	}
	plain := newRig(t, Options{Default: Step{Behaviour: Approve}})
	if got := id(plain.push(alice)) + id(plain.poll(alice)); got != "" {
		t.Errorf("an id although there is none: %q", got)
	}
}

func TestClockOffset(t *testing.T) {
	for _, offset := range []time.Duration{0, 90 * time.Second, -time.Hour} {
		r := newRig(t, Options{Default: Step{Behaviour: Approve}, ClockOffset: offset, Limits: Limits{PerMinute: 1000}})
		shown := r.clock.Now().Add(offset)
		if err := r.Inject(Fault{Kind: StaleApproval, Requests: 1}); err != nil {
			t.Fatal(err)
		}
		for _, a := range []answer{r.poll(alice), r.push(alice), r.poll(alice), r.poll(bob), r.lookUp("eve@example.com")} {
			a.wantHeader(t, "Date", shown.Format(http.TimeFormat))
			if !strings.Contains(a.body, `"timestamp":"`+shown.Format("2006-01-02T15:04:05.000000Z")) {
				t.Errorf("%s: %s", offset, a.body)
			}
		}
		a := r.poll(bob)
		a.wantHeader(t, "X-RateLimit-Reset", strconv.FormatInt(shown.Add(time.Minute).Unix(), 10))
		if got := r.Answers(); len(got) != 1 || !got[0].At.Equal(r.clock.Now()) {
			t.Errorf("the truth has another clock: %+v", got)
		}
	}
}

func TestRateHeaderSwitch(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Ignore}, Limits: Limits{PerMinute: 2, PerHour: 1000}})
	r.poll(alice).wantHeader(t, "X-RateLimit-Limit", "2")
	headers := func(h habit.RateHeaders) {
		t.Helper()
		if err := r.Change(func(o *Options) { o.RateHeaders = h }); err != nil {
			t.Fatal(err)
		}
	}
	headers(habit.HeadersHour)
	r.poll(alice).wantHeader(t, "X-RateLimit-Limit", "1000")
	r.poll(alice).want(t, 404, "")
	a := r.poll(alice)
	a.want(t, 429, "RATE_LIMIT_EXCEEDED")
	a.wantHeader(t, "X-RateLimit-Limit", "1000")
	a.wantHeader(t, "X-RateLimit-Remaining", "998")
	a.wantHeader(t, "Retry-After", "60")
	headers(habit.HeadersNone)
	for _, status := range []int{404, 404, 429} {
		a := r.poll(alice)
		a.want(t, status, "")
		for name := range a.header {
			if strings.HasPrefix(name, "X-Ratelimit") || name == "Retry-After" {
				t.Errorf("%d with %s", status, name)
			}
		}
	}
}

func TestMobilesSwitch(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Approve}, Mobiles: habit.MobilesDigits})
	r.push(strings.TrimPrefix(alice, "+")).want(t, 200, textSent)
	if a := r.poll(alice); !a.proof(alice) || r.Pushes(alice) != 1 {
		t.Errorf("another mobile: %s", a.body)
	}
	for _, mobile := range []string{"09876543210", "98765 43210", "x"} {
		r.push(mobile).want(t, 422, "The mobile format is invalid.")
	}
}

func TestMaxRequestFrom(t *testing.T) {
	r := newRig(t, Options{Default: Step{Behaviour: Ignore}, MaxRequestFrom: 4})
	push := func(from string) answer {
		return r.call(pathPush, map[string]string{"mobile": alice, "requestFrom": from})
	}
	push("ééé4").want(t, 200, textSent)
	push("12345").want(t, 422, `"errors":{"requestFrom":["The request from may not be greater than 4 characters."`)
	if r.Pushes(alice) != 1 {
		t.Error("a push that was refused has rung")
	}
}

func TestPeopleThatLookUpsFindOddly(t *testing.T) {
	r := newRig(t, Options{})
	p, err := ParsePerson("email=alice@example.com,email=A.Lice@example.com,mobile=" + alice + ",second=" + bob + ",status=inactive,does=ignore")
	if err != nil {
		t.Fatal(err)
	}
	r.Set(p)
	r.lookUp("alice@example.com").want(t, 200, `[{"user_id":287265,"email":"alice@example.com","mobile_with_country_code":"`+alice+`","status":"inactive"},{`)
	r.lookUp("a.lice@example.com").want(t, 200, `"email":"a.lice@example.com","mobile_with_country_code":"`+bob+`","status":"inactive"}]`)
	r.push(alice).want(t, 200, textSent)
	r.push(bob).want(t, 404, "")

	r.Set(Person{Email: "alice@example.com", Also: []string{"third@example.com"}, Mobile: alice, Behaviour: Ignore})
	r.lookUp("a.lice@example.com").want(t, 400, "USER_NOT_FOUND")
	r.lookUp("third@example.com").want(t, 200, `"details":{"user_id":287265,"email":"third@example.com"`)
	for _, text := range []string{"email=a@b,email=none", "email=a@b,second=12", "email=a@b,status=away"} {
		if _, err := ParsePerson(text); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}
