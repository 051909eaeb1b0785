package answers

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func someAsk(e Endpoint) Ask {
	return Ask{
		Endpoint: e, Geofenced: true, Now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), SentStatus: http.StatusAccepted,
		Email: "alice@example.com", Mobile: "+919876543210", Name: "Alice",
	}
}

// look is a fault and what it must look like.
type look struct {
	kind   Kind
	status int
	text   string
}

func (l look) check(t *testing.T, e Endpoint) {
	t.Helper()
	for _, f := range Faults() {
		if f.Kind != l.kind {
			continue
		}
		w := httptest.NewRecorder()
		f.Forge(someAsk(e)).Send(w, nil, 0)
		if w.Code != l.status || !strings.Contains(w.Body.String(), l.text) {
			t.Errorf("%s: %d %s\nwant %d with %q", l.kind, w.Code, w.Body, l.status, l.text)
		}
		return
	}
	t.Errorf("no fault %s", l.kind)
}

func TestGatewayFaults(t *testing.T) {
	for _, l := range []look{
		{ServerError, 500, `{"message":"Internal server error"}`},
		{BadGateway, 502, "<h1>502 Bad Gateway</h1>"},
		{Unavailable, 503, `{"message":"Service Unavailable"}`},
		{GatewayTimeout, 504, `{"message":"Endpoint request timed out"}`},
		{HTML200, 200, "<html>"},
		{TwoDocuments, 200, `}{"data":null`},
		{EmptyBody, 200, ""},
		{DeepNesting, 200, "[[[["},
		{WrongKey, 403, bodyForbidden},
		{WrongKeyApp, 403, `{"message":"Invalid secret key"}`},
		{WrongPath, 403, bodyNoRoute},
		{Throttled, 429, `{"message":"Too Many Requests"}`},
		{QuotaExceeded, 429, `{"message":"Limit Exceeded"}`},
		{ThrottledHeader, 429, `"retry_after":60`},
		{Misconfigured, 422, `"errors":{"mobile"`},
		{Redirect, 307, ""},
		{HugeBody, 200, `xxxx","data":{"status":true`},
		{HugeTail, 200, "}        "},
		{TruncatedJSON, 200, textApproved},
	} {
		l.check(t, ResultEndpoint)
	}
}

func TestResultLies(t *testing.T) {
	for _, l := range []look{
		{OtherMobile, 200, `"country_code":"+999","mobile":"000000000000"`},
		{LongerMobile, 200, `"mobile":"98765432100"`},
		{LocalMobile, 200, `"details":{"mobile":"9876543210"}`},
		{NoDetails, 200, `"details":null`},
		{MissingDetails, 200, `"message":"` + textApproved + `" },"error":null`},
		{EmptyDetails, 200, `"details":{}`},
		{StatusText, 200, `"status":"true","message"`},
		{StatusOne, 200, `"status":1,"message"`},
		{StatusNull, 200, `"status":null,"message"`},
		{StatusFalse, 200, `"status":false,"message"`},
		{StatusMissing, 200, `{"data":{ "message"`},
		{ApprovedError, 200, `"error":{"type"`},
		{PushMessage, 200, textSent},
		{DuplicateStatus, 200, `"status":false,"status":true`},
		{DuplicateData, 200, `{"data":null,"data":{"status":true`},
		{DuplicateError, 200, `,"error":null,"debug"`},
		{OtherCase, 200, `{"Data":{"STATUS":true`},
		{ListedData, 200, `[{"data"`},
		{ApprovedStatus, 201, textApproved},
		{ApprovedRefusal, 403, textApproved},
		{ApprovedOutage, 500, textApproved},
		{InventedStatus, 200, `"status":"success"`},
		{InventedSuccess, 200, `"success":true`},
		{InventedVerified, 200, `"authenticated":true`},
		{Expired, 403, "expired"},
		{DuplicateMobile, 200, `"mobile":"000000000000","id"`},
		{ListedDetails, 200, `"details":[{"id"`},
		{StaleApproval, 200, `"country_code":"+91","mobile":"9876543210"`},
		{ApprovedPartial, 206, textApproved},
		{ApprovedTeapot, 418, textApproved},
		{ApprovedPage, 200, textApproved},
		{ApprovedEarlier, 200, `"approved_at":"2026-11-23T08:50:00.000000Z"}},"error":null`},
		{ScriptName, 200, `"name":"Ada <script src=//example.com></script>","email"`},
		{ScriptEscaped, 200, `"name":"\u006aavascript:alert(1)","email"`},
		{TooDeep, 200, `{"more":{"more":1}}`},
		{TooMany, 200, `,"more198":1,"more199":1}},"error":null`},
		{DuplicateCase, 200, `"status":true,"Status":false,"message"`},
	} {
		l.check(t, ResultEndpoint)
	}
}

func TestOtherLies(t *testing.T) {
	for _, l := range []look{
		{LookUpAmbiguous, 200, `"details":[{"user_id"`},
		{LookUpInactive, 200, `"status":"inactive"`},
		{LookUpBadMobile, 200, `"mobile_with_country_code":"call me"`},
		{LookUpNoMobile, 200, `"mobile_with_country_code":""`},
		{LookUpNoData, 200, `"details":null`},
	} {
		l.check(t, LookUpEndpoint)
	}
	look{PushRefused, 202, `"status":false`}.check(t, PushEndpoint)
	look{PushUnknown, 404, "was not found."}.check(t, PushEndpoint)
	look{Redirect, 307, ""}.check(t, AnyEndpoint)
	look{TruncatedJSON, 200, "{"}.check(t, AnyEndpoint)
}

// TestEveryFault forges all of them everywhere: names differ, none is the genuine answer, and only those that stop on the
// way end the connection.
func TestEveryFault(t *testing.T) {
	seen := map[Kind]bool{}
	for _, f := range Faults() {
		if seen[f.Kind] {
			t.Errorf("%s twice", f.Kind)
		}
		seen[f.Kind] = true
		for _, e := range []Endpoint{LookUpEndpoint, PushEndpoint, ResultEndpoint, SubmitEndpoint} {
			if f.Home != AnyEndpoint && f.Home != e {
				continue
			}
			travels := f.Forge(someAsk(e)).Delivery
			if broken := sendBroken(t, f.Forge(someAsk(e))); broken != (travels != Whole && travels != Genuine) {
				t.Errorf("%s at %s: broken %v", f.Kind, e, broken)
			}
		}
	}
}

// sendBroken sends the answer and reports whether it ended the connection.
func sendBroken(t *testing.T, f Forged) (broken bool) {
	t.Helper()
	defer func() {
		if err, ok := recover().(error); ok {
			broken = errors.Is(err, http.ErrAbortHandler)
		}
	}()
	f.Send(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil), time.Nanosecond)
	return false
}

func TestGenuine(t *testing.T) {
	tests := []struct {
		name   string
		reply  Reply
		status int
		text   string
	}{
		{"found", Found(someAsk(LookUpEndpoint)), 200, `"mobile_with_country_code":"+919876543210","status":"active"`},
		{"not found", NotFound(someAsk(LookUpEndpoint), 400), 400, `"detail":"User with email alice@example.com not found"`},
		{"sent", Sent(someAsk(PushEndpoint)), 202, textSent},
		{"two mobiles", Found(twoMobiles()), 200, `"mobile_with_country_code":"+491701234567","status":"inactive"}]},"error":null`},
		{"sent with an id", Sent(withRequest(PushEndpoint)), 202, `"details":{"request_id":"req_7"}},"error":null`},
		{"approved with an id", Approved(withRequest(ResultEndpoint)), 200, `,"request_id":"req_7"}},"error":null`},
		{"rejected", Rejected(someAsk(ResultEndpoint)), 403, textRejected},
		{"lapsed", Lapsed(someAsk(ResultEndpoint)), 403, textExpired},
		{"submitted", Submitted(someAsk(SubmitEndpoint)), 200, textSubmitted + `","details":null},"error":null`},
		{"submitted by a stranger", UnknownMobile(someAsk(SubmitEndpoint)), 404, "api/biometric-geo-fence-auth-results"},
		{"unsigned", Unsigned(), 401, `{"message":"Invalid signature"}`},
		{"denied", Denied(someAsk(ResultEndpoint)), 401, textDenied},
		{"geofence", OutsideGeofence(someAsk(ResultEndpoint)), 403, textGeofence},
		{"hours", OutsideHours(someAsk(ResultEndpoint)), 403, textHours},
		{"pending 400", Pending(someAsk(ResultEndpoint), 400), 400, textPending},
		{"pending 404", Pending(someAsk(ResultEndpoint), 404), 404, "was not found."},
		{"pending 422", Pending(someAsk(ResultEndpoint), 422), 422, textPending},
		{"plain result", Pending(Ask{Endpoint: ResultEndpoint}, 422), 422, "validate/global/auth"},
		{"unknown", UnknownMobile(someAsk(PushEndpoint)), 404, "send/global/notification"},
		{"invalid", Invalid("mobile", "no"), 422, `{"message":"no","errors":{"mobile":["no"]}}`},
		{"too long", TooLong(), 413, "Request Too Long"},
		{"limit", RateLimitExceeded(7 * time.Second), 429, `"retry_after":7}`},
	}
	for _, tt := range tests {
		if tt.reply.Status != tt.status || !strings.Contains(string(tt.reply.Body), tt.text) {
			t.Errorf("%s: %d %s", tt.name, tt.reply.Status, tt.reply.Body)
		}
	}
}

func twoMobiles() Ask {
	a := someAsk(LookUpEndpoint)
	a.SecondMobile, a.Inactive = "+491701234567", true
	return a
}

func withRequest(e Endpoint) Ask {
	a := someAsk(e)
	a.Request = "req_7"
	return a
}

func TestEndpointWords(t *testing.T) {
	for _, e := range []Endpoint{AnyEndpoint, LookUpEndpoint, PushEndpoint, ResultEndpoint, SubmitEndpoint} {
		text, err := e.MarshalText()
		var got Endpoint
		if failed := got.UnmarshalText(text); err != nil || failed != nil || got != e {
			t.Errorf("%d: %s, %v, %v", e, text, err, failed)
		}
	}
	var e Endpoint
	if e.UnmarshalText([]byte("moon")) == nil || Endpoint(99).String() != "" {
		t.Error("an endpoint that is none")
	}
}
