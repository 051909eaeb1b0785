package probe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/secret"
)

// The pace of a walk: less than half of the documented limits.
const (
	apart      = 1500 * time.Millisecond // between two calls, at least
	mostCalls  = 50                      // of one walk
	mostExpiry = 18                      // more of them, to wait for a push to expire
	mostPause  = 5 * time.Minute         // that a 429 may ask for
	ownPause   = time.Minute             // after a 429 that asks for none
	mostFailed = 3                       // calls in a row without a usable answer
)

// Rings is how often the phone rings in a walk, MoreRings how much more often to wait for a push to expire.
const (
	Rings     = 5
	MoreRings = 1
)

// Options say whose API is walked, and with whom.
type Options struct {
	Gateway gateway.Options // as the server would use them
	Email   secret.Secret   // of the person
	Person  Person
	// Patience is how long each wait for the person may take, from 1 s on.
	Patience time.Duration
	// WaitExpiry leaves a push alone until it is too old, which takes five and a half minutes more.
	WaitExpiry bool
}

// Calls is the most that a walk makes.
func (o Options) Calls() int {
	if o.WaitExpiry {
		return mostCalls + mostExpiry
	}
	return mostCalls
}

// Kind is what a Person is asked.
type Kind uint8

// The kinds. KeepStill, ApproveNow and DenyNow are instructions: any answer will do, and what is asked of the person is to happen
// after it.
const (
	Consent       Kind = iota // may the phone ring? Yes alone goes on
	KeepStill                 // the phone rings next, and is to be left alone
	ApproveNow                // the newest request
	DenyNow                   // the newest request
	Shown                     // what the phone showed of a text: Whole, Cut or NotShown
	ApproveUnread             // approve the newest request, and say Done when the phone has taken it
)

// Answers that mean something. Any other is none.
const (
	Yes      = "yes"
	Whole    = "whole"
	Cut      = "cut"
	NotShown = "not shown"
	Done     = "done"
)

// Prompt is one question or instruction.
type Prompt struct {
	Kind    Kind
	Text    string
	Choices []string // empty: any answer will do
}

// Person holds the phone. No text that they are told holds anything personal but the masked mobile.
type Person interface {
	// Tell says what happens.
	Tell(text string)
	// Ask returns one of the choices, or an empty text where there is no answer. An error ends the walk.
	Ask(ctx context.Context, p Prompt) (string, error)
}

// Why a walk ended before its end.
var (
	errDeclined = errors.New("the person did not agree")
	errCalls    = errors.New("more calls would have been needed than were announced")
	errLimit    = errors.New("iVALT asks to come less often (429)")
	errSilent   = errors.New("iVALT gives no usable answer")
	errKey      = errors.New("the key or the paths are refused")
	errNobody   = errors.New("the look-up names no mobile for the e-mail")
	errDialect  = errors.New("no result endpoint of ivalt.dialect can be used")
	errPush     = errors.New("the push was not taken")
	errNoYes    = errors.New("nobody approved in time")
	errEarly    = errors.New("the phone was answered before it was to be: run it again, and wait for the word")
	errStopped  = errors.New("interrupted")
)

// purpose says what a call was to find out; it stands in the record.
type purpose string

// The purposes.
const (
	forPerson       purpose = "look-up"
	forNobody       purpose = "look-up of an address that does not exist"
	forWrongKey     purpose = "a wrong key"
	forNoPath       purpose = "a path that does not exist"
	forIdle         purpose = "result before any push"
	forOtherDialect purpose = "result in the other dialect"
	forDigits       purpose = "mobile without the plus"
	forSpaces       purpose = "mobile with spaces"
	forPush         purpose = "push"
	forPending      purpose = "result while nobody has answered"
	forApproval     purpose = "result while the person approves"
	forReread       purpose = "result read again"
	forCross        purpose = "result read again at the other endpoint"
	forNextPush     purpose = "push after a result"
	forReset        purpose = "result right after the next push"
	forDenial       purpose = "result while the person denies"
	forLabel        purpose = "push with a long text"
	forUnread       purpose = "result that nobody read, after the next push"
	forExpiry       purpose = "result of a push that is left alone"
)

// place is where a call goes, in words.
type place string

// The places.
const (
	lookUps  place = "look-up"
	pushes   place = "push"
	geofence place = "result, geofence"
	plain    place = "result, plain"
	nowhere  place = "none"
)

// call is one exchange and what it was for.
type call struct {
	number  int // from 1
	step    int
	purpose purpose
	place   place
	path    string
	label   int           // characters of requestFrom
	after   time.Duration // since the walk began
	raw     gateway.Raw
	result  gateway.Result
	echo    gateway.Class // of a poll: what it would be without forgiving a missing echo
}

// asks is a call before it is made.
type asks struct {
	purpose purpose
	place   place
	path    string
	fields  map[string]string
	client  *gateway.Client // nil: the one with the right key
}

// walk is one walk under way. It belongs to one goroutine.
type walk struct {
	Options

	client   *gateway.Client
	stranger *gateway.Client // has a key that is nobody's
	paths    gateway.Paths
	scrub    *scrubber

	began  time.Time
	last   time.Time // when the last call ended
	step   int
	calls  []call
	failed int // calls in a row without a usable answer
	pushed time.Time
	before call // the main endpoint's last answer before the person was to approve

	mobile auth.Mobile
	main   place // the result endpoint that is used
	other  place // the one beside it; empty where it is not there
	seen   answersOfPerson
}

// answersOfPerson are those that only a person can give.
type answersOfPerson struct {
	shown    map[int]string // what the phone showed of a text, by its length
	unread   string         // Done: an approval that nobody has read
	unreadAt int            // number of the push that came behind it; 0: none
}

// Run walks, and reports what it found: all of it, or as much as there is when the walk has to end early. It makes no call before
// the person has agreed.
func Run(ctx context.Context, o Options) Report {
	w := &walk{
		Options: o, client: gateway.New(o.Gateway), paths: gateway.PathsOf(o.Gateway.Dialect),
		scrub: newScrubber(o.Email.Reveal(), o.Gateway.APIKey, o.Gateway.Signing, o.Gateway.Proxy),
		began: time.Now(), seen: answersOfPerson{shown: map[int]string{}},
	}
	wrong := o.Gateway
	wrong.APIKey = nobodysKey()
	w.stranger = gateway.New(wrong)
	defer w.client.Retire()
	defer w.stranger.Retire()
	err := w.run(ctx)
	if ctx.Err() != nil {
		err = errStopped
	}
	return w.report(err)
}

func (w *walk) run(ctx context.Context) error {
	for number, step := range []func(context.Context) error{
		w.agree, w.identify, w.idle, w.pend, w.approve, w.deny, w.labels, w.expire,
	} {
		w.step = number + 1
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) tell(format string, args ...any) { w.Person.Tell(fmt.Sprintf(format, args...)) }

// send makes one call, with its distance from the last one. One that is throttled waits and is made once more.
func (w *walk) send(ctx context.Context, a asks) (call, error) {
	made, err := w.once(ctx, a)
	if err != nil || made.result.Class != gateway.Throttled {
		return made, err
	}
	pause := made.result.Pause
	if pause <= 0 {
		pause = ownPause
	}
	if pause > mostPause {
		return made, errLimit
	}
	w.tell("  iVALT asks us to wait: %s", pause.Round(time.Second))
	if err := sleep(ctx, pause); err != nil {
		return made, err
	}
	if made, err = w.once(ctx, a); err == nil && made.result.Class == gateway.Throttled {
		err = errLimit
	}
	return made, err
}

func (w *walk) once(ctx context.Context, a asks) (call, error) {
	if len(w.calls) >= w.Calls() {
		return call{}, errCalls
	}
	if err := sleep(ctx, time.Until(w.last.Add(apart))); err != nil {
		return call{}, err
	}
	client := a.client
	if client == nil {
		client = w.client
	}
	made := call{
		number: len(w.calls) + 1, step: w.step, purpose: a.purpose, place: a.place, path: a.path,
		label: len(a.fields["requestFrom"]), after: time.Since(w.began),
	}
	made.raw = client.Raw(ctx, a.path, a.fields)
	w.last = time.Now()
	if ctx.Err() != nil {
		return call{}, ctx.Err() // what it would have said is not known
	}
	w.judge(&made)
	w.calls = append(w.calls, made)
	w.scrub.learnFrom(made.raw.Body)
	// A page where no path is says nothing about the others.
	if w.failed++; made.result.Class != gateway.Failed && made.result.Class != gateway.Unsent || made.place == nowhere && made.result.Status != 0 {
		w.failed = 0
	}
	w.tell("  call %d, %s: %s", made.number, made.purpose, answered(made))
	if w.failed >= mostFailed {
		return made, errSilent
	}
	return made, nil
}

// judge reads the answer as the server would, a missing echo forgiven.
func (w *walk) judge(c *call) {
	switch c.place {
	case lookUps:
		c.result = c.raw.LookedUp(w.Email.Reveal())
	case pushes:
		c.result = c.raw.Pushed()
	case geofence, plain, nowhere:
		q := gateway.Question{Mobile: w.mobile, Sent: w.pushed, Proof: gateway.MayLackEcho}
		if w.pushed.IsZero() {
			q.Sent = w.began.Add(-time.Hour) // whatever is there is older than any push of ours
		}
		c.result = c.raw.Polled(q)
		q.Proof = gateway.MustEcho
		c.echo = c.raw.Polled(q).Class
	}
}

// answered is an answer in words that are ours.
func answered(c call) string {
	if c.result.Status == 0 {
		return c.raw.Why.String()
	}
	return fmt.Sprintf("%d, %s", c.result.Status, called(c.result))
}

// sleep waits, or ends with ctx.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
