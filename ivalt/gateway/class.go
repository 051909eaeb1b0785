package gateway

import (
	"net/http"
	"time"

	"ivalt-radius/auth"
)

// Class is what an answer of iVALT means: the rows of the classification table in docs/ivalt.md. The zero Class is a
// failure, never an approval.
type Class uint8

// The classes.
const (
	Failed     Class = iota // no usable answer (transport, time-out, 5xx, not JSON): what became of the call is unknown
	Unsent                  // the request certainly never left (no connection)
	Refused                 // an answer, but of no known meaning
	Throttled               // 429
	BadKey                  // key or path refused, or a redirect: no call can succeed
	BadRequest              // iVALT cannot take this number or address
	Fence                   // outside the geofence
	Window                  // outside iVALT's time window
	Denied                  // the person said no
	Expired                 // the push is too old
	Unknown                 // iVALT does not know the number or the address
	Pending                 // nothing said yet
	Accepted                // the push is on its way
	Found                   // the look-up gave exactly one mobile
	Drift                   // a 200 that is no proof
	Approved                // the full proof
	Classes                 // how many there are
)

// String is the word in the log.
func (c Class) String() string {
	words := [Classes]string{
		"failed", "unsent", "refused", "throttled", "bad key or path", "bad request", "geofence", "timezone", "denied",
		"expired", "unknown", "pending", "accepted", "found", "shape drift", "approved",
	}
	if c < Classes {
		return words[c]
	}
	return words[Failed]
}

// Trouble reports an answer that says nothing about the login.
func (c Class) Trouble() bool { return c == Failed || c == Unsent || c == Refused || c == Throttled }

// Question is what the answer to a poll is held against.
type Question struct {
	Mobile  auth.Mobile   // the number that is asked about
	Sent    time.Time     // when the push left, with its monotonic reading: nothing older is an answer to it
	Request string        // the push's Result.Request; empty: any
	Skew    time.Duration // how far iVALT's clock is ahead of ours, as measured; for answers that do not tell their own time
	Proof   Proof
	Address string // the person's: see Order

	refused statuses // of the Client
}

// statuses are some of those that the result endpoint may use for "nobody has answered yet".
type statuses uint8

// statusOf is the set of one status; empty where it is none of the five.
func statusOf(status int) statuses {
	switch status {
	case http.StatusAccepted:
		return 1
	case http.StatusNoContent:
		return 1 << 1
	case http.StatusBadRequest:
		return 1 << 2
	case http.StatusNotFound:
		return 1 << 3
	case http.StatusUnprocessableEntity:
		return 1 << 4
	}
	return 0
}

// Proof says what to do with an approval that does not echo the mobile. One that echoes another never counts.
type Proof uint8

// The proofs. The zero Proof is the full one.
const (
	MustEcho Proof = iota
	MayLackEcho
)

// Result is an answer's meaning and the little of it that may be kept.
type Result struct {
	Class    Class
	Status   int           // 0: there was no answer
	Resend   bool          // the push may be sent once more: nothing speaks for its having been taken
	Mobile   auth.Mobile   // of the person, where the class is Found
	Request  string        // the push's id, should iVALT ever give one; at most 128 octets, hostile ones
	Activity string        // iVALT's own mark of the answer, for the log: at most 64 letters and digits
	Why      Why           // of an answer that says nothing; Answered where there was a usable one
	Cause    string        // beside Why, for the log: the transport's own text or a status; no header, body, key or person
	Pause    time.Duration // after a 429: how long it asks us to stay away, at most 15 min; 0: it asks for nothing

	Violation Violation // a rule of well-formed answers that it breaks; such an answer approves nobody
	Rate      Rate      // what it says of the usage plan
	Clock     time.Time // iVALT's own clock when it answered; zero: it does not say
	RequestID string    // the X-Request-ID that the call carried

	Path string        // of the URL, behind its base
	Took time.Duration // from the call's begin to its answer, or to what stood for one
}

// Rate is what an answer's X-RateLimit headers say. The zero Rate says nothing.
type Rate struct {
	Limit     int           // calls in the window; 0: it does not say
	Remaining int           // calls left in it; only where Limit is not 0
	Reset     time.Duration // until there are more; 0: it does not say
}

// Violation is what is wrong with an answer's form. The zero Violation is a sound answer, or none at all.
type Violation uint8

// The violations.
const (
	Sound      Violation = iota
	OddStatus            // a status that the API never uses
	NotJSON              // another content type, or no JSON
	TooLarge             // larger than is read
	TooDeep              // nested deeper, or with more members, than is read
	TwoNames             // one name twice in one object
	Script               // script-like content
	OtherPhone           // an approval that names another mobile
	OldTime              // an approval that is older than the push
	Violations           // how many there are
)

// OfContent reports what one person's data can do to an answer: it says nothing about the endpoint, and asking again does not help.
func (v Violation) OfContent() bool {
	switch v {
	case Script, TooDeep, TwoNames, OtherPhone, OldTime:
		return true
	case Sound, OddStatus, NotJSON, TooLarge, Violations:
	}
	return false
}

// String is the constant word of log and trail; empty for Sound.
func (v Violation) String() string {
	words := [Violations]string{
		"", "unexpected status", "not JSON", "too large", "nested too deep", "a name twice", "script-like content",
		"approval of another mobile", "approval older than the push",
	}
	if v < Violations {
		return words[v]
	}
	return words[NotJSON]
}

// response is what came back, or why nothing did.
type response struct {
	fault  Class // Failed or Unsent where there was no answer (status is 0 then)
	why    Why   // beside fault
	cause  string
	status int
	header http.Header
	body   []byte // whole; nil where it was larger than the cap
}
