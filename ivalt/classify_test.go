package ivalt

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"ivalt-radius/auth"
)

// answerCase is a row: what came back, and what it means to a push, a poll and a look-up.
type answerCase struct {
	name               string
	status             int
	body               string
	push, poll, lookup class
}

func problem(status, title, detail string) string {
	return `{"data":null,"error":{"title":"` + title + `","status":` + status + `,"detail":"` + detail + `"},"debug":{}}`
}

func table() []answerCase {
	foundBody := `{"data":{"status":true,"message":"","details":{"mobile_with_country_code":"` + testMobile + `","status":"active"}},"error":null}`
	return []answerCase{
		{"approved", 200, bodyApproved(testMobile), accepted, approved, drift},
		{"push taken", 200, bodySent, accepted, drift, unknown},
		{"push taken, 201", 201, bodySent, accepted, drift, refused},
		{"push taken, 202", 202, bodySent, accepted, pending, refused},
		{"push refused in a 200", 200, `{"data":{"status":false}}`, refused, pending, unknown},
		{"status null", 200, `{"data":{"status":null,"details":null},"error":null}`, accepted, pending, unknown},
		{"look-up found", 200, foundBody, accepted, drift, found},
		{"204", 204, ``, failed, pending, failed},
		{"404", 404, problem("404", "Not Found", "The mobile number provided (+91) was not found."), unknown, pending, unknown},
		{"422 pending", 422, problem("422", "Unprocessable", "Authentication pending"), refused, pending, refused},
		{"400 bare", 400, problem("400", "Bad Request", "Bad request"), refused, pending, refused},
		{"400 user not found", 400, `{"error":{"code":"USER_NOT_FOUND","detail":"User with email x@y.z not found"}}`, refused, pending, unknown},
		{"401 denied", 401, bodyDenied, denied, denied, badRequest},
		{"403 denied", 403, problem("403", "Forbidden", "Authentication failed (biometric rejected), security token missing, or 5-minute window exceeded"), denied, denied, badRequest},
		{"403 expired", 403, problem("403", "Forbidden", "The request has expired"), expired, expired, badRequest},
		{"403 timed out", 403, problem("403", "Forbidden", "Session timed out"), expired, expired, badRequest},
		{"403 timezone", 403, bodyWindow, window, window, badRequest},
		{"403 geofence", 403, bodyFence, fence, fence, badRequest},
		{"400 timezone", 400, problem("400", "x", "User's timezone does not match the allowed one"), window, window, badRequest},
		{"400 time slot code", 400, `{"error":{"code":"INVALID_TIME_SLOT","detail":"x"}}`, window, window, badRequest},
		{"400 time window", 400, problem("400", "x", "outside the time window"), window, window, badRequest},
		{"400 geofence boundaries", 400, problem("400", "x", "Location outside allowed geofence boundaries"), fence, fence, badRequest},
		{"422 geo-fence code", 422, `{"error":{"code":"INVALID_GEOFENCE","detail":"x"}}`, fence, fence, badRequest},
		{"404 geo fence", 404, problem("404", "x", "geo fence"), fence, fence, unknown},
		{"403 bad key", 403, bodyBadKey, badKey, badKey, badKey},
		{"403 bad secret key", 403, `{"message":"Invalid secret key"}`, badKey, badKey, badKey},
		{"403 bad path", 403, `{"message":"Missing Authentication Token"}`, badKey, badKey, badKey},
		{"401 message and nulls", 401, `{"message":"Unauthorized","data":null,"error":null}`, badKey, badKey, badKey},
		{"403 nothing known", 403, `{"x":1}`, refused, refused, refused},
		{"422 with errors", 422, `{"message":"The mobile field is needed.","errors":{"mobile":["x"]}}`, badRequest, badRequest, badRequest},
		{"422 required", 422, `{"message":"The mobile field is required."}`, badRequest, badRequest, badRequest},
		{"400 invalid", 400, problem("400", "x", "Invalid mobile"), badRequest, badRequest, badRequest},
		{"400 array detail", 400, `{"error":{"detail":["one","two"]}}`, badRequest, badRequest, badRequest},
		{"array detail of a fence", 403, `{"error":{"detail":["x","not within the geofencing location"]}}`, fence, fence, badRequest},
		{"429", 429, bodyThrottle, throttled, throttled, throttled},
		{"429 quota", 429, `{"message":"Limit Exceeded"}`, throttled, throttled, throttled},
		{"429 page", 429, `<html>slow down</html>`, throttled, throttled, throttled},
		{"500", 500, `{"message":"Internal server error"}`, failed, failed, failed},
		{"504", 504, `{"message":"Endpoint request timed out"}`, failed, failed, failed},
		{"503 page", 503, `<html></html>`, failed, failed, failed},
		{"599 approved", 599, bodyApproved(testMobile), failed, failed, failed},
		{"200 page", 200, `<html>ok</html>`, failed, failed, failed},
		{"403 page", 403, `<html>blocked</html>`, refused, failed, failed},
		{"301", 301, ``, badKey, badKey, badKey},
		{"302 approved", 302, bodyApproved(testMobile), badKey, badKey, badKey},
		{"304", 304, ``, badKey, badKey, badKey},
		{"202 approved", 202, bodyApproved(testMobile), accepted, pending, refused},
		{"201 approved", 201, bodyApproved(testMobile), accepted, drift, refused},
		{"206 approved", 206, bodyApproved(testMobile), refused, drift, refused},
		{"405", 405, `{"message":"Method not allowed"}`, refused, refused, refused},
		{"410", 410, `{"error":{"detail":"gone"}}`, refused, refused, refused},
	}
}

func theQuestion(tb testing.TB) question {
	tb.Helper()
	return question{mobile: mobile(tb, testMobile), email: "ada@example.com", sincePush: 5 * time.Second, now: time.Date(2026, 11, 10, 17, 28, 40, 0, time.UTC)}
}

func jsonAnswer(status int, body string) response {
	return response{status: status, header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, body: []byte(body)}
}

func TestEveryRowOfTheTable(t *testing.T) {
	q := theQuestion(t)
	for _, c := range table() {
		t.Run(c.name, func(t *testing.T) {
			r := jsonAnswer(c.status, c.body)
			if got := classifyPush(r, q).class; got != c.push {
				t.Errorf("push: %s, want %s", got, c.push)
			}
			if got := classifyResult(r, q).class; got != c.poll {
				t.Errorf("poll: %s, want %s", got, c.poll)
			}
			if got := classifyLookup(r, q).class; got != c.lookup {
				t.Errorf("look-up: %s, want %s", got, c.lookup)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	q := theQuestion(t)
	for _, fault := range []class{failed, unsent} {
		r := response{fault: fault}
		for i, got := range []result{classifyPush(r, q), classifyResult(r, q), classifyLookup(r, q)} {
			if got.class != fault || got.resend != (fault == failed) {
				t.Errorf("call %d: %s gives %+v", i, fault, got)
			}
		}
	}
	if r := classifyPush(jsonAnswer(200, "<html>"), q); r.resend {
		t.Error("a push that was answered 200 may be sent again")
	}
}

func TestHostileBodiesApproveNothing(t *testing.T) {
	for name, body := range hostile() {
		t.Run(name, func(t *testing.T) {
			q := theQuestion(t)
			q.request = "ours"
			if got := classifyResult(jsonAnswer(200, body), q); got.class == approved {
				t.Errorf("approved by %s", body)
			}
		})
	}
}

func TestProofAsItMayBe(t *testing.T) {
	full := bodyApproved(testMobile)
	with := func(old, replacement string) string { return strings.Replace(full, old, replacement, 1) }
	tests := []struct {
		name, body string
	}{
		{"as captured", full},
		{"country code without plus", with(`"+91"`, `"91"`)},
		{"country code a number", with(`"+91"`, `91`)},
		{"mobile a number", with(`"`+testMobile[3:]+`"`, testMobile[3:])},
		{"mobile whole", with(`"mobile":"`+testMobile[3:], `"mobile":"`+testMobile)},
		{"mobile whole, no plus, no country", strings.Replace(with(`"mobile":"`+testMobile[3:], `"mobile":"`+testMobile[1:]), `"country_code":"+91",`, "", 1)},
		{"mobile with blanks", with(testMobile[3:], "98765 43-210")},
		{"error absent", with(`"error":null,`, ``)},
		{"huge number", with(`"id":7`, `"id":1e999999`)},
		{"a time after the push", with(`"id":7`, `"verified_at":"2026-11-10T17:28:35Z"`)},
		{"our request id", with(`"status":true`, `"status":true,"request_id":"ours"`)},
		{"white space around", " \n" + full + "\r\n"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			q := theQuestion(t)
			q.request = "ours"
			if got := classifyResult(jsonAnswer(200, c.body), q); got.class != approved {
				t.Errorf("%s, want approved: %s", got.class, c.body)
			}
		})
	}
}

func TestMissingDetails(t *testing.T) {
	q := theQuestion(t)
	q.missingProof = mayLackEcho
	bodies := hostile()
	for name, want := range map[string]class{
		"details null": approved, "details absent": approved, "mobile null": approved,
		"details a list": drift, "details a text": drift, "another mobile": drift, "mobile empty": drift, "status a string": drift,
		"the push's own message": drift, "status twice": failed, "error an object": drift,
	} {
		if got := classifyResult(jsonAnswer(200, bodies[name]), q).class; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestContentType(t *testing.T) {
	for contentType, want := range map[string]class{
		"": approved, "application/json": approved, "APPLICATION/JSON; charset=utf-8": approved, "application/problem+json": approved,
		"text/html": failed, "text/plain": failed, "application/javascript": failed, ";": approved,
	} {
		r := response{status: 200, header: http.Header{"Content-Type": {contentType}}, body: []byte(bodyApproved(testMobile))}
		if got := classifyResult(r, theQuestion(t)).class; got != want {
			t.Errorf("%q: %s, want %s", contentType, got, want)
		}
	}
}

func TestLookup(t *testing.T) {
	details := func(text string) string { return `{"data":{"status":true,"details":` + text + `},"error":null}` }
	one := `{"mobile_with_country_code":"` + testMobile + `"}`
	other := `{"mobile_with_country_code":"` + otherPhone + `"}`
	tests := []struct {
		name, body string
		want       class
	}{
		{"one", details(one), found},
		{"without plus", details(`{"mobile_with_country_code":"919876543210"}`), found},
		{"a list of one", details(`[` + one + `]`), found},
		{"twice the same", details(`[` + one + `,` + one + `]`), found},
		{"two phones", details(`[` + one + `,` + other + `]`), unknown},
		{"one active", details(`[` + one + `,{"mobile_with_country_code":"` + otherPhone + `","status":"blocked"}]`), found},
		{"inactive", details(`{"mobile_with_country_code":"` + testMobile + `","status":"inactive"}`), unknown},
		{"status no text", details(`{"mobile_with_country_code":"` + testMobile + `","status":true}`), unknown},
		{"status null", details(`{"mobile_with_country_code":"` + testMobile + `","status":null}`), found},
		{"own address", details(`{"email":" ADA@example.com","mobile_with_country_code":"` + testMobile + `"}`), found},
		{"another address", details(`{"email":"eve@example.com","mobile_with_country_code":"` + testMobile + `"}`), drift},
		{"no number", details(`{"mobile":"9876543210"}`), drift},
		{"bad number", details(`{"mobile_with_country_code":"0049"}`), drift},
		{"list of texts", details(`["` + testMobile + `"]`), drift},
		{"empty list", details(`[]`), unknown},
		{"no details", details(`null`), unknown},
		{"with an error", `{"data":{"details":` + one + `},"error":{"detail":"x"}}`, drift},
		{"no data", `{"details":` + one + `}`, drift},
		{"status false", `{"data":{"status":false,"details":` + one + `},"error":null}`, unknown},
		{"twice in one", details(`{"mobile_with_country_code":"` + otherPhone + `","mobile_with_country_code":"` + testMobile + `"}`), failed},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			got := classifyLookup(jsonAnswer(200, c.body), theQuestion(t))
			if got.class != c.want {
				t.Errorf("%s, want %s", got.class, c.want)
			}
			if want := (auth.Mobile{}); got.class != found && got.mobile != want {
				t.Error("a mobile without a finding")
			}
			if got.class == found && got.mobile != mobile(t, testMobile) {
				t.Errorf("found %s", got.mobile)
			}
		})
	}
}

func TestMarksOfAnswers(t *testing.T) {
	q := theQuestion(t)
	if got := classifyPush(jsonAnswer(200, bodySent), q).activity; got != "7Vun" {
		t.Errorf("activity %q", got)
	}
	for _, id := range []string{`"a b"`, `"\u001b[1m"`, `7`, `"` + strings.Repeat("a", 65) + `"`} {
		if got := classifyResult(jsonAnswer(404, `{"debug":{"activityId":`+id+`}}`), q).activity; got != "" {
			t.Errorf("activity %q from %s", got, id)
		}
	}
	for body, want := range map[string]string{
		`{"data":{"status":true,"request_id":"r1"}}`:             "r1",
		`{"data":{"status":true,"details":{"request_id":"r2"}}}`: "r2",
		`{"request_id":7}`: "7",
		`{"request_id":"` + strings.Repeat("r", 200) + `"}`: "",
	} {
		if got := classifyPush(jsonAnswer(200, body), q).request; got != want {
			t.Errorf("request id %q from %s", got, body)
		}
	}
}

func TestClassWords(t *testing.T) {
	seen := map[string]bool{}
	for c := range classCount {
		if seen[c.String()] {
			t.Errorf("%q twice", c)
		}
		seen[c.String()] = true
	}
	if classCount.String() != "failed" {
		t.Error("a class that is none must read as a failure")
	}
}

// FuzzResult holds that no octets approve but those which a second, laxer reading finds to be the proof.
func FuzzResult(f *testing.F) {
	for _, c := range table() {
		f.Add(c.status, c.body)
	}
	for _, body := range hostile() {
		f.Add(200, body)
	}
	q := theQuestion(f)
	f.Fuzz(func(t *testing.T, status int, body string) {
		r := jsonAnswer(status, body)
		classifyPush(r, q)
		if classifyLookup(r, q).class == found && !strings.Contains(body, "mobile_with_country_code") && !strings.Contains(body, `\u`) {
			t.Errorf("found in %s", body)
		}
		if classifyResult(r, q).class == approved && (status != http.StatusOK || !proves(body)) {
			t.Errorf("%d approved by %s", status, body)
		}
	})
}

func FuzzPause(f *testing.F) {
	f.Add("7", "", `{"retry_after":60}`)
	f.Add("Tue, 10 Nov 2026 17:29:40 GMT", "1794331780", `{"error":{"retry_after":"60"}}`)
	f.Add("-1", "99999999999999999999", `{}`)
	f.Fuzz(func(t *testing.T, after, reset, body string) {
		doc, _ := parse([]byte(body))
		header := http.Header{"Retry-After": {after}, "X-Ratelimit-Reset": {reset}}
		if d := pause(header, doc, theQuestion(t).now); d < 0 || d > askedPause {
			t.Errorf("pause %s", d)
		}
	})
}

func TestCorpusIsKept(t *testing.T) {
	for _, target := range []string{"FuzzResult", "FuzzPause", "FuzzLabel"} {
		if seeds, err := os.ReadDir("testdata/fuzz/" + target); err != nil || len(seeds) == 0 {
			t.Errorf("%s has no committed seeds: %v", target, err)
		}
	}
}
