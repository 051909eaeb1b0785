package access

import (
	"context"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/secret"
)

// Recorder keeps the evidence.
type Recorder interface {
	// Commit returns once the event is durable; an error means that it may not be, and that nobody is signed in.
	Commit(ctx context.Context, e audit.Event) error
	// Note keeps an event that nothing waits for.
	Note(e audit.Event)
}

// Deps is what a Keeper works with. All are needed but Render and Refused.
type Deps struct {
	// Verify reports whether a password is the hash's. It takes as long whether it is or not; an empty hash is nobody's. An error means that it was
	// not checked: too much waits already, or ctx has ended.
	Verify   func(ctx context.Context, hash, password secret.Secret) (bool, error)
	Recorder Recorder
	Now      func() time.Time // with a monotonic reading: then setting the clock neither ends a session nor prolongs it
	Log      logrus.FieldLogger

	Render  func(w http.ResponseWriter, r *http.Request, p SignInPage)  // nil: a plain form
	Refused func(w http.ResponseWriter, r *http.Request, p RefusedPage) // nil: a plain page
}

// Keeper is the Door of the window: it knows sessions and tokens, signs people in and out, and has it all recorded. It is safe for concurrent use.
type Keeper struct {
	deps     Deps
	cross    *http.CrossOriginProtection
	table    *table
	machines machines
	throttle *throttle
	checks   chan struct{} // as many as derive a password's key at once

	failed, tokens, refused, forged *quota // of records a minute

	counts struct{ signedIn, failed, throttled, busy, tokensRefused, refused, forged atomic.Uint64 }
}

// mostChecks is how many passwords are checked at once: the window takes no more than that of what logins need for theirs.
const mostChecks = 2

// New makes a Keeper. An account or token that is not sound (a name, role, hash or digest that is none, or one that stands twice) counts as none.
// Close it.
func New(s Settings, d Deps) *Keeper {
	k := &Keeper{deps: d, cross: http.NewCrossOriginProtection(), throttle: newThrottle(d.Now), checks: make(chan struct{}, mostChecks)}
	k.table = newTable(d.Now, k.over)
	k.failed = newQuota(d.Now, func(more string) { k.note(audit.Security{Event: "window_sign_in_failed", Detail: more}) })
	k.tokens = newQuota(d.Now, func(more string) { k.note(audit.Security{Event: "window_token_refused", Detail: more}) })
	k.refused = newQuota(d.Now, func(more string) { k.note(audit.Action{Action: "window_refused", Detail: more}) })
	k.forged = newQuota(d.Now, func(more string) { k.note(audit.Security{Event: "window_request_forged", Detail: more}) })
	k.Adopt(s)
	return k
}

// Adopt brings other settings into force. Sessions of an account that is gone, or whose password hash or role is another, end before it returns,
// and so do the requests of a token that is gone or changed.
func (k *Keeper) Adopt(s Settings) {
	k.machines.adopt(s.soundTokens())
	k.table.adopt(s)
}

// Close ends all sessions, without a record, and what waits for them.
func (k *Keeper) Close() {
	k.table.close()
	k.machines.adopt(nil)
	for _, q := range []*quota{k.failed, k.tokens, k.refused, k.forged} {
		q.close()
	}
}

func (k *Keeper) note(e audit.Event) { k.deps.Recorder.Note(e) }

// Counts are numbers since the start.
type Counts struct {
	SignedIn      uint64 // sign-ins
	Failed        uint64 // wrong names and passwords
	Throttled     uint64 // sign-ins that were not checked, after too many that failed
	Busy          uint64 // sign-ins that were not checked, for want of room or of a durable record
	TokensRefused uint64 // requests with a token that is none, or has expired
	Refused       uint64 // requests for want of a permission
	Forged        uint64 // requests without the session's CSRF token, or of another web site
	Sessions      int    // now
}

// Counts are the numbers, for metrics.
func (k *Keeper) Counts() Counts {
	c := &k.counts
	return Counts{
		SignedIn: c.signedIn.Load(), Failed: c.failed.Load(), Throttled: c.throttled.Load(), Busy: c.busy.Load(),
		TokensRefused: c.tokensRefused.Load(), Refused: c.refused.Load(), Forged: c.forged.Load(), Sessions: k.table.count(),
	}
}

// peer is where a request comes from; the zero Addr where that is no address, as at a socket of the file system.
func peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}
