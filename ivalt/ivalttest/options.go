package ivalttest

import (
	"fmt"
	"net/http"
	"time"

	"ivalt-radius/ivalt/ivalttest/plan"
	"ivalt-radius/secret"
)

// Options are the switches of a Cloud. The zero Options know nobody, take any key, have no limits, and let a read
// consume a result.
type Options struct {
	Now func() time.Time // the clock; nil is time.Now

	APIKey  secret.Secret // what x-api-key must be; empty takes any key, but not none
	Default Step          // everybody who is not Set: any e-mail then has its DerivedMobile; the zero Step knows nobody

	Sticky      bool    // reading a result leaves it there; false: a result is read once
	KeepResults bool    // a push leaves an older result readable; false: a push clears it
	Pending     Pending // what a result endpoint says while nobody has answered

	PushStatus     int           // of an accepted push: 200, 201 or 202; 0 is 200
	NotFoundStatus int           // of a look-up that finds nobody: 400, as documented, or 404; 0 is 400
	PushLifetime   time.Duration // how long a push can be answered and its answer be read; 0 is 5 minutes
	Limits         Limits        // the usage plan; the zero Limits have none
	CountPeaks     bool          // Counters tell the busiest second, minute and hour; it costs a lock a call
}

// Limits are a usage plan, over sliding windows; 0 is unlimited.
type Limits = plan.Limits

// DocumentedLimits are the limits that iVALT's own documents name.
func DocumentedLimits() Limits { return plan.Documented() }

// Pending is what a result endpoint says while nobody has answered. Clients disagree about it, so a bridge must take all.
type Pending uint8

// The ways of saying that nobody has answered yet.
const (
	PendingCaptured Pending = iota // 404 "…was not found." after the geofence, 422 "Authentication pending" on the plain endpoint
	Pending404                     // 404 on both
	Pending422                     // 422 on both
	Pending400                     // 400 on both
)

// String is the word that flags and the control endpoint use.
func (p Pending) String() string {
	switch p {
	case PendingCaptured:
		return "captured"
	case Pending404:
		return "404"
	case Pending422:
		return "422"
	case Pending400:
		return "400"
	}
	return "captured"
}

// ParsePending reads a word as String writes it.
func ParsePending(word string) (Pending, error) {
	for _, p := range []Pending{PendingCaptured, Pending404, Pending422, Pending400} {
		if p.String() == word {
			return p, nil
		}
	}
	return PendingCaptured, fmt.Errorf("no way %q of saying pending (known: captured, 404, 422, 400)", word)
}

// status is the status on one of the two result endpoints.
func (p Pending) status(k *call) int {
	switch p {
	case PendingCaptured:
		if k.geofenced {
			return http.StatusNotFound
		}
	case Pending404:
		return http.StatusNotFound
	case Pending400:
		return http.StatusBadRequest
	case Pending422:
	}
	return http.StatusUnprocessableEntity
}

// MarshalText implements encoding.TextMarshaler.
func (p Pending) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Pending) UnmarshalText(text []byte) error {
	parsed, err := ParsePending(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// Check says which option has a value that the real API never shows.
func (o Options) Check() error {
	switch o.PushStatus {
	case 0, http.StatusOK, http.StatusCreated, http.StatusAccepted:
	default:
		return fmt.Errorf("push status %d: only 200, 201 and 202 are known", o.PushStatus)
	}
	switch o.NotFoundStatus {
	case 0, http.StatusBadRequest, http.StatusNotFound:
	default:
		return fmt.Errorf("not-found status %d: only 400 and 404 are known", o.NotFoundStatus)
	}
	if l := o.Limits; min(l.PerSecond, l.PerMinute, l.PerHour) < 0 || max(l.PerSecond, l.PerMinute, l.PerHour) > plan.MaxLimit {
		return fmt.Errorf("limits must lie between 0 and %d", plan.MaxLimit)
	}
	if o.Default.After < 0 || o.PushLifetime < 0 {
		return fmt.Errorf("a duration is below zero")
	}
	return nil
}

// filled puts the defaults in place of zeros.
func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.PushStatus == 0 {
		o.PushStatus = http.StatusOK
	}
	if o.NotFoundStatus == 0 {
		o.NotFoundStatus = http.StatusBadRequest
	}
	if o.PushLifetime == 0 {
		o.PushLifetime = 5 * time.Minute
	}
	return o
}
