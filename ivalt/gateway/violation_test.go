package gateway

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest/answers"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
)

func TestViolations(t *testing.T) {
	full := gatewaytest.Approved(testMobile)
	page := http.Header{"Content-Type": {"text/html"}}
	json := http.Header{"Content-Type": {"application/json"}}
	for _, tc := range []struct {
		name       string
		status     int
		header     http.Header
		body       string
		want       Violation
		push, poll Class
	}{
		{"an approval", 200, json, full, Sound, Accepted, Approved},
		{"pending", 404, json, gatewaytest.Pending, Sound, Unknown, Pending},
		{"a server's page", 502, page, "<html>", Sound, Failed, Failed},
		{"a throttle's page", 429, page, "<html>", Sound, Throttled, Throttled},
		{"nothing, and no type", 200, http.Header{}, "", NotJSON, Failed, Failed},
		{"a page", 200, page, full, NotJSON, Failed, Failed},
		{"a page of a gateway", 403, page, "<html>", NotJSON, Refused, Failed},
		{"cut", 200, json, full[1:], NotJSON, Failed, Failed},
		{"a list", 200, json, "[" + full + "]", NotJSON, Failed, Failed},
		{"teapot", 418, json, full, OddStatus, Refused, Refused},
		{"partial", 206, json, full, OddStatus, Refused, Drift},
		{"a redirect", 302, page, "", OddStatus, BadKey, BadKey},
		{"beyond all statuses", 600, json, full, OddStatus, Failed, Failed},
		{"deep", 200, json, with(`"id":7`, `"id":`+strings.Repeat("[", 20)+strings.Repeat("]", 20)), TooDeep, Failed, Failed},
		{"a name twice", 200, json, with(`"id":7`, `"id":7,"ID":8`), TwoNames, Failed, Failed},
		{"a script", 200, json, with(`"name":"A"`, `"name":"<SCRIPT>"`), Script, Failed, Failed},
		{"a script behind escapes", 200, json, with(`"name":"A"`, `"name":"\u003Cs\u0063ript>"`), Script, Failed, Failed},
		{"a script in a name", 200, json, with(`"name"`, `"Java\u0053cript:"`), Script, Failed, Failed},
		{"a denial with a script", 401, json, strings.Replace(gatewaytest.Denied, "biometric", "eval(1)", 1), Script, Failed, Failed},
		{"a page with a script", 403, page, "<script>", Script, Failed, Failed},
		{"a server's page with a script", 500, page, "<script>", Script, Failed, Failed},
		{"a throttle with a script", 429, page, "<script>", Script, Throttled, Throttled},
		{"another phone", 200, json, gatewaytest.Approved(otherPhone), OtherPhone, Accepted, Drift},
		{"another country", 200, json, with(`"country_code":"+91"`, `"country_code":"+92"`), OtherPhone, Accepted, Drift},
		{"a number without its country", 200, json, with(`"country_code":"+91",`, ``), Sound, Accepted, Drift},
		{"before the push", 200, json, with(`"id":7`, `"verified_at":"2026-11-10T17:20:00Z"`), OldTime, Accepted, Drift},
		{"a time that is none", 200, json, with(`"id":7`, `"verified_at":"yesterday"`), Sound, Accepted, Drift},
		{"no approval of another phone", 200, json, strings.Replace(gatewaytest.Approved(otherPhone), "true", "false", 1), Sound, Refused, Pending},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := response{status: tc.status, header: tc.header, body: []byte(tc.body)}
			poll, push := classifyResult(r, theQuestion(t), theTime()), classifyPush(r, theTime())
			if poll.Violation != tc.want || poll.Class != tc.poll || push.Class != tc.push {
				t.Errorf("%q, poll %s, push %s; want %q, %s, %s", poll.Violation, poll.Class, push.Class, tc.want, tc.poll, tc.push)
			}
			if tc.want != OtherPhone && tc.want != OldTime && push.Violation != tc.want {
				t.Errorf("the push sees %q, want %q", push.Violation, tc.want)
			}
			if tc.want == Script && (push.Resend || poll.Class == Failed && poll.Status == 200 && poll.Why != Malformed) {
				t.Errorf("%+v", push)
			}
			vouches(t, r)
		})
	}
}

// vouches holds that an answer which breaks a rule is no good news to any call.
func vouches(t *testing.T, r response) {
	t.Helper()
	q := theQuestion(t)
	for _, got := range []Result{classifyResult(r, q, theTime()), classifyPush(r, theTime()), classifyLookup(r, theEmail, theTime())} {
		if good := got.Class == Approved || got.Class == Accepted || got.Class == Found; good && got.Violation != Sound {
			t.Errorf("%s in spite of %q: %d %q", got.Class, got.Violation, r.status, r.body)
		}
	}
}

func TestTooLarge(t *testing.T) {
	for _, status := range []int{200, 404, 429, 500} {
		c := plain(t, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, status, gatewaytest.Approved(testMobile)+strings.Repeat(" ", mostBody))
		})
		if got := c.Poll(t.Context(), theQuestion(t)); got.Violation != TooLarge || got.Class == Approved {
			t.Errorf("%d: %+v", status, got)
		}
	}
}

func TestViolationWords(t *testing.T) {
	seen := map[string]bool{}
	for v := range Violations {
		if seen[v.String()] || (v.String() == "") != (v == Sound) {
			t.Errorf("%q", v)
		}
		seen[v.String()] = true
	}
	if Violations.String() != NotJSON.String() {
		t.Error("a violation that is none must read as one")
	}
}

// captures are the genuine answers of the simulator and every lie that it knows, about our mobile at the time of these tests.
func captures() []answers.Reply {
	a := answers.Ask{
		Endpoint: answers.ResultEndpoint, Geofenced: true, Now: theTime(), Email: theEmail, Mobile: testMobile, Name: "Ada", SentStatus: 200,
	}
	all := []answers.Reply{
		answers.Approved(a), answers.Denied(a), answers.OutsideGeofence(a), answers.OutsideHours(a), answers.UnknownMobile(a),
		answers.Pending(a, 404), answers.Pending(a, 422), answers.Sent(a), answers.Found(a), answers.NotFound(a, 400), answers.Forbidden(),
		answers.NoRoute(), answers.TooLong(), answers.TooManyRequests(), answers.LimitExceeded(), answers.RateLimitExceeded(time.Minute),
		answers.Invalid("mobile", "The mobile field is required."),
	}
	for _, f := range answers.Faults() {
		a.Endpoint = f.Home
		if reply := f.Forge(a).Reply; len(reply.Body) <= mostBody {
			all = append(all, reply)
		}
	}
	return all
}

// TestCaptures: of everything that the simulator says, its approval alone approves, and vouches for itself.
func TestCaptures(t *testing.T) {
	approved := 0
	for _, c := range captures() {
		r := jsonAnswer(c.Status, string(c.Body))
		if got := classifyResult(r, theQuestion(t), theTime()); got.Class == Approved {
			approved++
			if got.Violation != Sound || !proves(string(c.Body)) {
				t.Errorf("%q approves: %s", got.Violation, c.Body)
			}
		}
		vouches(t, r)
	}
	if approved == 0 {
		t.Error("the genuine approval approves nobody")
	}
}
