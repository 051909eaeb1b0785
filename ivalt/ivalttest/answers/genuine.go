package answers

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Endpoint is one of the calls of the API. The zero Endpoint stands for all of them.
type Endpoint uint8

// The endpoints; the result's paths, with policy and without, are one. Each has its paths in both dialects.
const (
	AnyEndpoint    Endpoint = iota
	LookUpEndpoint          // "look-up": /get-user-by-email
	PushEndpoint            // "push": /biometric-auth-request, /send/global/notification
	ResultEndpoint          // "result": /biometric-…-result(s), /validate/global/auth, /validate-geo-fence-auth
	SubmitEndpoint          // "submit": a phone says what its person did, by /admin/public/api/biometric-geo-fence-auth-results
)

// String is the word that the control endpoint uses; empty for AnyEndpoint.
func (e Endpoint) String() string {
	switch e {
	case AnyEndpoint:
		return ""
	case LookUpEndpoint:
		return "look-up"
	case PushEndpoint:
		return "push"
	case ResultEndpoint:
		return "result"
	case SubmitEndpoint:
		return "submit"
	}
	return ""
}

// MarshalText implements encoding.TextMarshaler.
func (e Endpoint) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *Endpoint) UnmarshalText(text []byte) error {
	for _, known := range []Endpoint{AnyEndpoint, LookUpEndpoint, PushEndpoint, ResultEndpoint, SubmitEndpoint} {
		if known.String() == string(text) {
			*e = known
			return nil
		}
	}
	return fmt.Errorf("no endpoint %q (known: look-up, push, result, submit)", text)
}

// Ask is a call, and whom it is about.
type Ask struct {
	Endpoint  Endpoint
	Geofenced bool      // the result endpoint that applies iVALT's policy
	Now       time.Time // of the answer

	Email, Mobile, Name string // the person's
	SecondMobile        string // a look-up names this one too; empty: the person has one mobile
	Inactive            bool   // the person's account is switched off

	SentStatus int    // of an accepted push
	Request    string // the push's id, as documents describe it; empty: none, as all captures have it
}

// instance is the application's own path, as error.instance shows it. The plain result endpoint's was never captured.
func (a Ask) instance() string {
	switch {
	case a.Endpoint == PushEndpoint:
		return "send/global/notification"
	case a.Endpoint == SubmitEndpoint:
		return "biometric-geo-fence-auth-results"
	case a.Geofenced:
		return "validate-geo-fence-auth"
	}
	return "validate/global/auth"
}

// Found is a look-up that finds the person.
func Found(a Ask) Reply {
	details := string(found(a))
	if a.SecondMobile != "" {
		details = `[` + details + `,` + string(found(a.as(a.SecondMobile))) + `]`
	}
	return foundAs(a, details)
}

// foundAs is a look-up with details of any kind; details is JSON.
func foundAs(a Ask, details string) Reply {
	return data(http.StatusOK, a.Now, "User found.", []byte(details))
}

// NotFound is a look-up that finds nobody, as documented; nobody has captured one.
func NotFound(a Ask, status int) Reply {
	b := append([]byte(`{"data":null,"error":{"code":"USER_NOT_FOUND","detail":`), appendText(nil, "User with email "+a.Email+" not found")...)
	b = append(b, `},`...)
	return Reply{Status: status, Body: appendDebug(b, a.Now)}
}

// Sent is a push that rings.
func Sent(a Ask) Reply {
	details := []byte("null")
	if a.Request != "" {
		details = append(appendText([]byte(`{"request_id":`), a.Request), '}')
	}
	return data(a.SentStatus, a.Now, textSent, details)
}

// Approved is the proof: the only answer that may let anybody in.
func Approved(a Ask) Reply { return data(http.StatusOK, a.Now, textApproved, details(a)) }

// Denied is the person's no.
func Denied(a Ask) Reply {
	return problem(http.StatusUnauthorized, a.Now, "Unauthorized", textDenied, a.instance())
}

// Rejected is the person's no as documents word it, with 403.
func Rejected(a Ask) Reply {
	return problem(http.StatusForbidden, a.Now, "Forbidden", textRejected, a.instance())
}

// Lapsed is what documents say of a push that nobody answered in time; nobody has captured one.
func Lapsed(a Ask) Reply {
	return problem(http.StatusForbidden, a.Now, "Forbidden", textExpired, a.instance())
}

// Submitted takes the result that a phone brings; nobody has captured one.
func Submitted(a Ask) Reply { return data(http.StatusOK, a.Now, textSubmitted, []byte("null")) }

// OutsideGeofence is the policy's no for the place.
func OutsideGeofence(a Ask) Reply {
	return problem(http.StatusForbidden, a.Now, titleInvalid, textGeofence, a.instance())
}

// OutsideHours is the policy's no for the time.
func OutsideHours(a Ask) Reply {
	return problem(http.StatusForbidden, a.Now, titleInvalid, textHours, a.instance())
}

// UnknownMobile is the captured 404; a result endpoint says it of people who have not answered, too.
func UnknownMobile(a Ask) Reply {
	return problem(http.StatusNotFound, a.Now, "Not Found", "The mobile number provided ("+a.Mobile+") was not found.", a.instance())
}

// Pending is a result that nobody has given yet, with the status 404, 422 or 400.
func Pending(a Ask, status int) Reply {
	switch status {
	case http.StatusNotFound:
		return UnknownMobile(a)
	case http.StatusBadRequest:
		return problem(status, a.Now, "Bad Request", textPending, a.instance())
	}
	return problem(http.StatusUnprocessableEntity, a.Now, "Unprocessable Entity", textPending, a.instance())
}

// Forbidden is the gateway's refusal of a key.
func Forbidden() Reply { return plain(http.StatusForbidden, bodyForbidden) }

// Unsigned is the refusal of a call by the operator's own proxy, whose signature is missing, wrong, old or used.
func Unsigned() Reply { return plain(http.StatusUnauthorized, bodyUnsigned) }

// NoRoute is the gateway's refusal of a path.
func NoRoute() Reply { return plain(http.StatusForbidden, bodyNoRoute) }

// TooLong is the gateway's refusal of a body.
func TooLong() Reply { return plain(http.StatusRequestEntityTooLarge, bodyTooLong) }

// TooManyRequests is the gateway's refusal of a call over the rate.
func TooManyRequests() Reply {
	return plain(http.StatusTooManyRequests, `{"message":"Too Many Requests"}`)
}

// LimitExceeded is the gateway's refusal of a call over the quota.
func LimitExceeded() Reply {
	return plain(http.StatusTooManyRequests, `{"message":"Limit Exceeded"}`)
}

// RateLimitExceeded is the refusal of a call over a limit as iVALT documents it.
func RateLimitExceeded(wait time.Duration) Reply {
	s := strconv.Itoa(int(wait / time.Second))
	return plain(http.StatusTooManyRequests,
		`{"error":{"code":"RATE_LIMIT_EXCEEDED","message":"Rate limit exceeded","retry_after":`+s+`}}`)
}

// Header makes an http.Header of names and values in turn.
func Header(pairs ...string) http.Header {
	h := make(http.Header, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}
