package ivalt

import (
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/habit"
	"ivalt-radius/secret"
)

const lara = "https://api.ivalt.com/admin/public/api"

// TestDialectsAndEndpoints is a whole login, look-up included, in every dialect and at both result endpoints. No call ever goes where a
// phone submits its result.
func TestDialectsAndEndpoints(t *testing.T) {
	for _, tc := range []struct {
		name, url, dialect, endpoint string
		cloud                        habit.Dialect
		does                         ivalttest.Behaviour
		want                         auth.Outcome
	}{
		{"gateway", "https://api.ivalt.com", gateway.DialectGateway, gateway.EndpointGeofence, habit.Gateway, ivalttest.Approve, auth.Approved},
		{"gateway, plain", "https://api.ivalt.com", gateway.DialectGateway, gateway.EndpointPlain, habit.Gateway, ivalttest.Approve, auth.Approved},
		{"gateway, outside the fence", "https://api.ivalt.com", gateway.DialectGateway, gateway.EndpointGeofence, habit.Gateway, ivalttest.Geofence, auth.OutsideFence},
		{"gateway, plain knows no fence", "https://api.ivalt.com", gateway.DialectGateway, gateway.EndpointPlain, habit.Gateway, ivalttest.Geofence, auth.Approved},
		{"Laravel", lara, gateway.DialectLaravel, gateway.EndpointGeofence, habit.Laravel, ivalttest.Approve, auth.Approved},
		{"Laravel, denied", lara, gateway.DialectLaravel, gateway.EndpointGeofence, habit.Laravel, ivalttest.Deny, auth.Denied},
		{"Laravel, outside the hours", lara, gateway.DialectLaravel, gateway.EndpointGeofence, habit.Laravel, ivalttest.Timezone, auth.OutsideTime},
		{"Laravel, plain", lara, gateway.DialectLaravel, gateway.EndpointPlain, habit.Laravel, ivalttest.Approve, auth.Approved},
		{"Laravel at the bare host", "https://api.ivalt.com", gateway.DialectLaravel, gateway.EndpointGeofence, habit.Both, ivalttest.Approve, auth.Approved},
		{"the wrong dialect", "https://api.ivalt.com", gateway.DialectLaravel, gateway.EndpointGeofence, habit.Gateway, ivalttest.Approve, auth.Misconfigured},
		{"the other wrong one", "https://api.ivalt.com", gateway.DialectGateway, gateway.EndpointGeofence, habit.Laravel, ivalttest.Approve, auth.Misconfigured},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := settings()
				s.API.URL, s.API.Dialect, s.API.Endpoint = tc.url, tc.dialect, tc.endpoint
				r := rehearseWith(t, ivalttest.Options{Dialect: tc.cloud}, s)
				r.cloud.Set(ivalttest.Person{Email: ada, Behaviour: tc.does, After: 6 * time.Second})
				if a := r.login(t); a.Outcome != tc.want {
					t.Errorf("%s (%s), want %s", a.Outcome, a.Detail, tc.want)
				}
				if n := r.cloud.Counters(); n.Submissions != 0 || (n.Refused > 0) != (tc.want == auth.Misconfigured) {
					t.Errorf("%d submissions, %d refused", n.Submissions, n.Refused)
				}
			})
		})
	}
}

// TestSignedRequests: a proxy that verifies takes our signature, and no other; without the secret nobody comes in.
func TestSignedRequests(t *testing.T) {
	const right, wrong = "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdeX"
	for _, tc := range []struct {
		name, ours, theirs string
		offset             time.Duration
		want               auth.Outcome
	}{
		{"equal secrets", right, right, 0, auth.Approved},
		{"signed, and nobody verifies", right, "", 0, auth.Approved},
		{"another secret", wrong, right, 0, auth.Misconfigured},
		{"no secret", "", right, 0, auth.Misconfigured},
		{"the proxy's clock is four minutes ahead", right, right, 4 * time.Minute, auth.Approved},
		{"and ten minutes", right, right, 10 * time.Minute, auth.Misconfigured},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := settings()
				s.API.SigningSecret = secret.New(tc.ours)
				r := rehearseWith(t, ivalttest.Options{SigningSecret: secret.New(tc.theirs), ClockOffset: tc.offset}, s)
				r.cloud.Set(ivalttest.Person{Email: ada, Behaviour: ivalttest.Approve, After: 6 * time.Second})
				if a := r.login(t); a.Outcome != tc.want {
					t.Errorf("%s (%s), want %s", a.Outcome, a.Detail, tc.want)
				}
				if n := r.cloud.Counters(); (n.Unsigned > 0) != (tc.want == auth.Misconfigured) {
					t.Errorf("%d unsigned", n.Unsigned)
				}
			})
		})
	}
}
