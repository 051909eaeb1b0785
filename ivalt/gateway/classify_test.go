package gateway

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
)

// answerCase is a row: what came back, and what it means to a push, a poll and a look-up.
type answerCase struct {
	name               string
	status             int
	body               string
	push, poll, lookup Class
}

func problem(status, title, detail string) string {
	return `{"data":null,"error":{"title":"` + title + `","status":` + status + `,"detail":"` + detail + `"},"debug":{}}`
}

func table() []answerCase {
	foundBody := `{"data":{"status":true,"message":"","details":{"mobile_with_country_code":"` + testMobile + `","status":"active"}},"error":null}`
	return []answerCase{
		{"approved", 200, gatewaytest.Approved(testMobile), Accepted, Approved, Drift},
		{"push taken", 200, gatewaytest.Sent, Accepted, Drift, Unknown},
		{"push taken, 201", 201, gatewaytest.Sent, Accepted, Drift, Refused},
		{"push taken, 202", 202, gatewaytest.Sent, Accepted, Pending, Refused},
		{"push refused in a 200", 200, `{"data":{"status":false}}`, Refused, Pending, Unknown},
		{"status null", 200, `{"data":{"status":null,"details":null},"error":null}`, Accepted, Pending, Unknown},
		{"look-up found", 200, foundBody, Accepted, Drift, Found},
		{"204", 204, ``, Failed, Pending, Failed},
		{"404", 404, problem("404", "Not Found", "The mobile number provided (+91) was not found."), Unknown, Pending, Unknown},
		{"422 pending", 422, problem("422", "Unprocessable", "Authentication pending"), Refused, Pending, Refused},
		{"400 bare", 400, problem("400", "Bad Request", "Bad request"), Refused, Pending, Refused},
		{"400 user not found", 400, `{"error":{"code":"USER_NOT_FOUND","detail":"User with email x@y.z not found"}}`, Refused, Pending, Unknown},
		{"401 denied", 401, gatewaytest.Denied, Denied, Denied, BadRequest},
		{"403 denied", 403, problem("403", "Forbidden", "Authentication failed (biometric rejected), security token missing, or 5-minute window exceeded"), Denied, Denied, BadRequest},
		{"403 expired", 403, problem("403", "Forbidden", "The request has expired"), Expired, Expired, BadRequest},
		{"403 timed out", 403, problem("403", "Forbidden", "Session timed out"), Expired, Expired, BadRequest},
		{"403 timezone", 403, gatewaytest.Window, Window, Window, BadRequest},
		{"403 geofence", 403, gatewaytest.Fence, Fence, Fence, BadRequest},
		{"400 timezone", 400, problem("400", "x", "User's timezone does not match the allowed one"), Window, Window, BadRequest},
		{"400 time slot code", 400, `{"error":{"code":"INVALID_TIME_SLOT","detail":"x"}}`, Window, Window, BadRequest},
		{"400 time window", 400, problem("400", "x", "outside the time window"), Window, Window, BadRequest},
		{"400 geofence boundaries", 400, problem("400", "x", "Location outside allowed geofence boundaries"), Fence, Fence, BadRequest},
		{"422 geo-fence code", 422, `{"error":{"code":"INVALID_GEOFENCE","detail":"x"}}`, Fence, Fence, BadRequest},
		{"404 geo fence", 404, problem("404", "x", "geo fence"), Fence, Fence, Unknown},
		{"403 bad key", 403, gatewaytest.BadKey, BadKey, BadKey, BadKey},
		{"403 bad secret key", 403, `{"message":"Invalid secret key"}`, BadKey, BadKey, BadKey},
		{"403 bad path", 403, `{"message":"Missing Authentication Token"}`, BadKey, BadKey, BadKey},
		{"401 message and nulls", 401, `{"message":"Unauthorized","data":null,"error":null}`, BadKey, BadKey, BadKey},
		{"403 nothing known", 403, `{"x":1}`, Refused, Refused, Refused},
		{"422 with errors", 422, `{"message":"The mobile field is needed.","errors":{"mobile":["x"]}}`, BadRequest, BadRequest, BadRequest},
		{"422 required", 422, `{"message":"The mobile field is required."}`, BadRequest, BadRequest, BadRequest},
		{"400 invalid", 400, problem("400", "x", "Invalid mobile"), BadRequest, BadRequest, BadRequest},
		{"400 array detail", 400, `{"error":{"detail":["one","two"]}}`, BadRequest, BadRequest, BadRequest},
		{"array detail of a fence", 403, `{"error":{"detail":["x","not within the geofencing location"]}}`, Fence, Fence, BadRequest},
		{"429", 429, gatewaytest.Throttle, Throttled, Throttled, Throttled},
		{"429 quota", 429, `{"message":"Limit Exceeded"}`, Throttled, Throttled, Throttled},
		{"429 page", 429, `<html>slow down</html>`, Throttled, Throttled, Throttled},
		{"500", 500, `{"message":"Internal server error"}`, Failed, Failed, Failed},
		{"504", 504, `{"message":"Endpoint request timed out"}`, Failed, Failed, Failed},
		{"503 page", 503, `<html></html>`, Failed, Failed, Failed},
		{"599 approved", 599, gatewaytest.Approved(testMobile), Failed, Failed, Failed},
		{"200 page", 200, `<html>ok</html>`, Failed, Failed, Failed},
		{"403 page", 403, `<html>blocked</html>`, Refused, Failed, Failed},
		{"301", 301, ``, BadKey, BadKey, BadKey},
		{"302 approved", 302, gatewaytest.Approved(testMobile), BadKey, BadKey, BadKey},
		{"304", 304, ``, BadKey, BadKey, BadKey},
		{"202 approved", 202, gatewaytest.Approved(testMobile), Accepted, Pending, Refused},
		{"201 approved", 201, gatewaytest.Approved(testMobile), Accepted, Drift, Refused},
		{"206 approved", 206, gatewaytest.Approved(testMobile), Refused, Drift, Refused},
		{"405", 405, `{"message":"Method not allowed"}`, Refused, Refused, Refused},
		{"410", 410, `{"error":{"detail":"gone"}}`, Refused, Refused, Refused},
	}
}

// theTime is when the answers of these tests are read: five seconds after the push left.
func theTime() time.Time { return time.Date(2026, 11, 10, 17, 28, 40, 0, time.UTC) }

const theEmail = "ada@example.com"

func theQuestion(tb testing.TB) Question {
	tb.Helper()
	return Question{Mobile: ourMobile(tb), Sent: theTime().Add(-5 * time.Second)}
}

func jsonAnswer(status int, body string) response {
	return response{status: status, header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, body: []byte(body)}
}

func TestEveryRowOfTheTable(t *testing.T) {
	q := theQuestion(t)
	for _, c := range table() {
		t.Run(c.name, func(t *testing.T) {
			r := jsonAnswer(c.status, c.body)
			if got := classifyPush(r, theTime()).Class; got != c.push {
				t.Errorf("push: %s, want %s", got, c.push)
			}
			if got := classifyResult(r, q, theTime()).Class; got != c.poll {
				t.Errorf("poll: %s, want %s", got, c.poll)
			}
			if got := classifyLookup(r, theEmail, theTime()).Class; got != c.lookup {
				t.Errorf("look-up: %s, want %s", got, c.lookup)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	q := theQuestion(t)
	for _, fault := range []Class{Failed, Unsent} {
		r := response{fault: fault}
		for i, got := range []Result{classifyPush(r, theTime()), classifyResult(r, q, theTime()), classifyLookup(r, theEmail, theTime())} {
			if got.Class != fault || got.Resend != (fault == Failed) {
				t.Errorf("call %d: %s gives %+v", i, fault, got)
			}
		}
	}
	if r := classifyPush(jsonAnswer(200, "<html>"), theTime()); r.Resend {
		t.Error("a push that was answered 200 may be sent again")
	}
}

func TestHostileBodiesApproveNothing(t *testing.T) {
	for name, body := range hostile() {
		t.Run(name, func(t *testing.T) {
			q := theQuestion(t)
			q.Request = "ours"
			if got := classifyResult(jsonAnswer(200, body), q, theTime()); got.Class == Approved {
				t.Errorf("approved by %s", body)
			}
		})
	}
}

func TestProofAsItMayBe(t *testing.T) {
	full := gatewaytest.Approved(testMobile)
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
			q.Request = "ours"
			if got := classifyResult(jsonAnswer(200, c.body), q, theTime()); got.Class != Approved {
				t.Errorf("%s, want approved: %s", got.Class, c.body)
			}
		})
	}
}

func TestMissingDetails(t *testing.T) {
	q := theQuestion(t)
	q.Proof = MayLackEcho
	bodies := hostile()
	for name, want := range map[string]Class{
		"details null": Approved, "details absent": Approved, "mobile null": Approved,
		"details a list": Drift, "details a text": Drift, "another mobile": Drift, "mobile empty": Drift, "status a string": Drift,
		"the push's own message": Drift, "status twice": Failed, "error an object": Drift,
	} {
		if got := classifyResult(jsonAnswer(200, bodies[name]), q, theTime()).Class; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestContentType(t *testing.T) {
	for contentType, want := range map[string]Class{
		"": Approved, "application/json": Approved, "APPLICATION/JSON; charset=utf-8": Approved, "application/problem+json": Approved,
		"text/html": Failed, "text/plain": Failed, "application/javascript": Failed, ";": Approved,
	} {
		r := response{status: 200, header: http.Header{"Content-Type": {contentType}}, body: []byte(gatewaytest.Approved(testMobile))}
		if got := classifyResult(r, theQuestion(t), theTime()).Class; got != want {
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
		want       Class
	}{
		{"one", details(one), Found},
		{"without plus", details(`{"mobile_with_country_code":"919876543210"}`), Found},
		{"a list of one", details(`[` + one + `]`), Found},
		{"twice the same", details(`[` + one + `,` + one + `]`), Found},
		{"two phones", details(`[` + one + `,` + other + `]`), Unknown},
		{"one active", details(`[` + one + `,{"mobile_with_country_code":"` + otherPhone + `","status":"blocked"}]`), Found},
		{"inactive", details(`{"mobile_with_country_code":"` + testMobile + `","status":"inactive"}`), Unknown},
		{"status no text", details(`{"mobile_with_country_code":"` + testMobile + `","status":true}`), Unknown},
		{"status null", details(`{"mobile_with_country_code":"` + testMobile + `","status":null}`), Found},
		{"own address", details(`{"email":" ADA@example.com","mobile_with_country_code":"` + testMobile + `"}`), Found},
		{"another address", details(`{"email":"eve@example.com","mobile_with_country_code":"` + testMobile + `"}`), Drift},
		{"no number", details(`{"mobile":"9876543210"}`), Drift},
		{"bad number", details(`{"mobile_with_country_code":"0049"}`), Drift},
		{"list of texts", details(`["` + testMobile + `"]`), Drift},
		{"empty list", details(`[]`), Unknown},
		{"no details", details(`null`), Unknown},
		{"with an error", `{"data":{"details":` + one + `},"error":{"detail":"x"}}`, Drift},
		{"no data", `{"details":` + one + `}`, Drift},
		{"status false", `{"data":{"status":false,"details":` + one + `},"error":null}`, Unknown},
		{"twice in one", details(`{"mobile_with_country_code":"` + otherPhone + `","mobile_with_country_code":"` + testMobile + `"}`), Failed},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			got := classifyLookup(jsonAnswer(200, c.body), theEmail, theTime())
			if got.Class != c.want {
				t.Errorf("%s, want %s", got.Class, c.want)
			}
			if want := (auth.Mobile{}); got.Class != Found && got.Mobile != want {
				t.Error("a mobile without a finding")
			}
			if got.Class == Found && got.Mobile != ourMobile(t) {
				t.Errorf("found %s", got.Mobile)
			}
		})
	}
}

func TestMarksOfAnswers(t *testing.T) {
	q := theQuestion(t)
	if got := classifyPush(jsonAnswer(200, gatewaytest.Sent), theTime()).Activity; got != "7Vun" {
		t.Errorf("activity %q", got)
	}
	for _, id := range []string{`"a b"`, `"\u001b[1m"`, `7`, `"` + strings.Repeat("a", 65) + `"`} {
		if got := classifyResult(jsonAnswer(404, `{"debug":{"activityId":`+id+`}}`), q, theTime()).Activity; got != "" {
			t.Errorf("activity %q from %s", got, id)
		}
	}
	for body, want := range map[string]string{
		`{"data":{"status":true,"request_id":"r1"}}`:             "r1",
		`{"data":{"status":true,"details":{"request_id":"r2"}}}`: "r2",
		`{"request_id":7}`: "7",
		`{"request_id":"` + strings.Repeat("r", 200) + `"}`: "",
	} {
		if got := classifyPush(jsonAnswer(200, body), theTime()).Request; got != want {
			t.Errorf("request id %q from %s", got, body)
		}
	}
}

func TestClassWords(t *testing.T) {
	seen := map[string]bool{}
	for c := range Classes {
		if seen[c.String()] {
			t.Errorf("%q twice", c)
		}
		seen[c.String()] = true
		if c.Trouble() != (c <= Throttled) {
			t.Errorf("%s: trouble %v", c, c.Trouble())
		}
	}
	if Classes.String() != "failed" {
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
	for _, c := range captures() {
		f.Add(c.Status, string(c.Body))
	}
	q := theQuestion(f)
	f.Fuzz(func(t *testing.T, status int, body string) {
		r := jsonAnswer(status, body)
		classifyPush(r, theTime())
		if classifyLookup(r, theEmail, theTime()).Class == Found && !strings.Contains(body, "mobile_with_country_code") && !strings.Contains(body, `\u`) {
			t.Errorf("found in %s", body)
		}
		vouches(t, r)
		if classifyResult(r, q, theTime()).Class == Approved && (status != http.StatusOK || !proves(body)) {
			t.Errorf("%d approved by %s", status, body)
		}
	})
}
