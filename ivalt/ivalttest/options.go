package ivalttest

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"ivalt-radius/ivalt/gateway/signature"
	"ivalt-radius/ivalt/ivalttest/habit"
	"ivalt-radius/ivalt/ivalttest/plan"
	"ivalt-radius/secret"
)

// Options are the switches of a Cloud. The zero Options know nobody, take any key, have no limits, and let a read
// consume a result.
type Options struct {
	Now func() time.Time // the clock; nil is time.Now

	APIKey secret.Secret // what x-api-key must be; empty takes any key, but not none
	// SigningSecret is shared with the client: every call must then be signed as gateway/signature has it, by the clock that
	// answers show. Empty asks for no signature; fewer than signature.Shortest characters refuse every call.
	SigningSecret secret.Secret

	Default Step // everybody who is not Set: any e-mail then has its DerivedMobile; the zero Step knows nobody

	Dialect     habit.Dialect // the paths that are answered
	ClockOffset time.Duration // how far the clock that answers show is ahead: debug.timestamp, Date, X-RateLimit-Reset

	Sticky       bool         // reading a result leaves it there; false: a result is read once
	KeepResults  bool         // a push leaves an older result readable; false: a push clears it
	Pending      Pending      // what a result endpoint says while nobody has answered
	PendingPlain Pending      // the same for the plain endpoint alone; PendingCaptured: as Pending has it
	Denial       habit.Denial // how a no is told
	Expiry       habit.Expiry // what is said once PushLifetime is over
	RequestIDs   bool         // a push's answer and its result carry details.request_id, as only documents have it

	Mobiles        habit.Mobiles // the spellings of a mobile that are taken
	MaxRequestFrom int           // characters of requestFrom, more are refused with 422; 0 takes any number

	PushStatus     int               // of an accepted push: 200, 201 or 202; 0 is 200
	NotFoundStatus int               // of a look-up that finds nobody: 400, as documented, or 404; 0 is 400
	PushLifetime   time.Duration     // how long a push can be answered and its answer be read; 0 is 5 minutes
	Limits         Limits            // the usage plan; the zero Limits have none
	RateHeaders    habit.RateHeaders // what X-RateLimit-* speak of
	CountPeaks     bool              // Counters tell the busiest second, minute and hour; it costs a lock a call
}

// Pending is what a result endpoint says while nobody has answered.
type Pending = habit.Pending

// The ways of saying that nobody has answered yet.
const (
	PendingCaptured = habit.PendingCaptured
	Pending404      = habit.Pending404
	Pending422      = habit.Pending422
	Pending400      = habit.Pending400
)

// ParsePending reads a word as Pending.String writes it.
func ParsePending(word string) (Pending, error) { return habit.ParsePending(word) }

// pending is the status that the call brings while nobody has answered.
func (k *call) pending() int {
	p := k.options.Pending
	if k.policy == habit.NoPolicy && k.options.PendingPlain != PendingCaptured {
		p = k.options.PendingPlain
	}
	return p.Status(k.policy)
}

// Limits are a usage plan, over sliding windows; 0 is unlimited.
type Limits = plan.Limits

// DocumentedLimits are the limits that iVALT's own documents name.
func DocumentedLimits() Limits { return plan.Documented() }

// maxOffset keeps the clock within the years that a timestamp can show.
const maxOffset = 24 * 365 * time.Hour

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
		return errors.New("a duration is below zero")
	}
	if o.ClockOffset.Abs() > maxOffset {
		return fmt.Errorf("the clock can be wrong by %s at most", maxOffset)
	}
	if n := o.SigningSecret.Len(); n > 0 && n < signature.Shortest {
		return fmt.Errorf("the signing secret has %d characters, at least %d are needed", n, signature.Shortest)
	}
	if o.MaxRequestFrom < 0 {
		return errors.New("the longest requestFrom is below zero")
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
