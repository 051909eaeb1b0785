package probe

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/secret"
)

// How often the result is asked for in one wait for the person: at a client's pace at first, then seldom enough for the wait
// to end within mostPolls.
const (
	briskPolls = 6
	mostPolls  = 12
	briskly    = 2 * time.Second

	expiryPoll = 20 * time.Second
	expiryWait = 330 * time.Second
)

// The texts of a push, in characters.
const (
	shortLabel  = 24
	usualLabel  = 60 // the longest that the server sends
	longLabel   = 128
	longerLabel = 255
)

// nobodysKey has the form of a key, and is random.
func nobodysKey() secret.Secret { return secret.New(rand.Text() + rand.Text()) }

// label is a text for the phone that shows where it was cut.
func label(length int) string {
	const begin, end = "ivalt-radius probe ", " END"
	text := begin + strings.Repeat("1234567890", length/10+1)
	return text[:length-len(end)] + end
}

// agree is step 1.
func (w *walk) agree(ctx context.Context) error {
	rings := Rings
	if w.WaitExpiry {
		rings += MoreRings
	}
	w.tell("This walks the live iVALT API once, with one person who holds the phone and has agreed.")
	w.tell("The phone will ring about %d times; at most %d requests leave, %s apart or more, so that no limit should be met.", rings, w.Calls(), apart)
	w.tell("A server that runs with the same key shares its budget with them. Nobody should log in meanwhile with this phone.")
	answer, err := w.Person.Ask(ctx, Prompt{
		Kind: Consent, Text: "Has the person agreed, and do they hold the phone?", Choices: []string{Yes, "no"},
	})
	if err == nil && answer != Yes {
		err = errDeclined
	}
	return err
}

// identify is step 2: whose mobile it is, and what it looks like when there is nothing, or nothing may be asked.
func (w *walk) identify(ctx context.Context) error {
	w.tell("Step 2: the key and the look-up")
	found, err := w.send(ctx, asks{purpose: forPerson, place: lookUps, path: w.paths.LookUp, fields: map[string]string{"email": w.Email.Reveal()}})
	if err != nil {
		return err
	}
	if found.result.Class == gateway.Unsent {
		w.tell("  %s", found.raw.Cause)
		return errSilent
	}
	w.mobile = found.result.Mobile
	w.scrub.keepMobile(w.mobile.E164())
	nobody := strings.ToLower("probe-" + rand.Text() + "@" + rand.Text() + ".invalid")
	wrong := w.stranger
	for _, a := range []asks{
		{purpose: forNobody, place: lookUps, path: w.paths.LookUp, fields: map[string]string{"email": nobody}},
		{purpose: forWrongKey, place: lookUps, path: w.paths.LookUp, fields: map[string]string{"email": nobody}, client: wrong},
		{purpose: forNoPath, place: nowhere, path: "/ivalt-radius-probe-of-no-path", fields: map[string]string{}},
	} {
		if _, err := w.send(ctx, a); err != nil {
			return err
		}
	}
	switch {
	case found.result.Class == gateway.BadKey:
		return errKey
	case w.mobile.Empty():
		return errNobody
	}
	w.tell("  the mobile is %s", w.mobile)
	return nil
}

// idle is step 3: what both result endpoints say of a mobile to which nothing was sent, whether they are there at all, and which
// spellings of the mobile they take.
func (w *walk) idle(ctx context.Context) error {
	w.tell("Step 3: the results of a phone that was asked nothing")
	for _, p := range []place{geofence, plain} {
		c, err := w.poll(ctx, forIdle, p)
		if err != nil {
			return err
		}
		switch {
		case w.absent(c):
			w.tell("  this endpoint cannot be used")
		case w.main == "":
			w.main = p
		default:
			w.other = p
		}
	}
	if w.main == "" {
		return w.otherDialect(ctx)
	}
	digits := strings.TrimPrefix(w.mobile.E164(), "+")
	for _, a := range []asks{
		{purpose: forDigits, fields: map[string]string{"mobile": digits}},
		{purpose: forSpaces, fields: map[string]string{"mobile": "+" + digits[:2] + " " + digits[2:]}},
	} {
		a.place, a.path = w.main, w.pathOf(w.main)
		if _, err := w.send(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// otherDialect asks the paths of the other dialect that read, and never one at which a phone submits. The walk ends with it: whether
// anything may be sent there is for the operator to say, by the setting.
func (w *walk) otherDialect(ctx context.Context) error {
	w.tell("  the other dialect's paths that read are tried, nothing is sent")
	paths := gateway.PathsOf(otherThan(w.Gateway.Dialect))
	for _, a := range []asks{
		{purpose: forOtherDialect, place: geofence, path: paths.Geofence},
		{purpose: forOtherDialect, place: plain, path: paths.Plain},
	} {
		if w.client.Submits(a.path) {
			w.tell("  left out, since phones submit there: %s", a.path)
			continue
		}
		a.fields = map[string]string{"mobile": w.mobile.E164()}
		if _, err := w.send(ctx, a); err != nil {
			return err
		}
	}
	return errDialect
}

func otherThan(dialect string) string {
	if dialect == gateway.DialectLaravel {
		return gateway.DialectGateway
	}
	return gateway.DialectLaravel
}

// ring has the phone ring while its person keeps still.
func (w *walk) ring(ctx context.Context, say string, p purpose) error {
	if err := w.instruct(ctx, KeepStill, say); err != nil {
		return err
	}
	sent, err := w.push(ctx, p, shortLabel)
	if err == nil && sent.result.Class != gateway.Accepted {
		err = errPush
	}
	return err
}

// pend is step 4: what is said while nobody has answered.
func (w *walk) pend(ctx context.Context) error {
	w.tell("Step 4: a push that is not answered yet")
	err := w.ring(ctx, "The phone rings next. Do nothing on it yet.", forPush)
	if err != nil {
		return err
	}
	for range 2 {
		if w.before, err = w.pollBoth(ctx, forPending); err != nil {
			return err
		}
	}
	if w.approvedAt(forPending) && !w.approvedAt(forIdle) {
		return errEarly // and where a read takes the result, it is gone
	}
	return nil
}

// approvedAt reports that a call of one purpose read an approval.
func (w *walk) approvedAt(p purpose) bool {
	return slices.ContainsFunc(w.calls, func(c call) bool { return c.purpose == p && readable(c) })
}

// approve is step 5: what an approval looks like, and whether it is still there once it was read.
func (w *walk) approve(ctx context.Context) error {
	w.tell("Step 5: the approval")
	if err := w.instruct(ctx, ApproveNow, "Go on, and then approve the request on the phone."); err != nil {
		return err
	}
	said, err := w.await(ctx, forApproval, func(c call) bool { return readable(c) || !waits(c) && !alike(c, w.before) })
	if err != nil {
		return err
	}
	if policy(said) && w.other != "" {
		w.tell("  iVALT's own policy refuses the approval; the other endpoint is asked")
		w.main, w.other = w.other, w.main
		if said, err = w.await(ctx, forApproval, func(c call) bool { return !waits(c) }); err != nil {
			return err
		}
	}
	if !readable(said) {
		return errNoYes
	}
	for range 2 {
		if _, err := w.poll(ctx, forReread, w.main); err != nil {
			return err
		}
	}
	if w.other == "" {
		return nil
	}
	_, err = w.poll(ctx, forCross, w.other)
	return err
}

// deny is step 6: whether a new push clears the old result, and what a denial looks like.
func (w *walk) deny(ctx context.Context) error {
	w.tell("Step 6: the next push, and the denial")
	if err := w.ring(ctx, "The phone rings again. Do nothing on it yet.", forNextPush); err != nil {
		return err
	}
	before, err := w.poll(ctx, forReset, w.main)
	if err != nil {
		return err
	}
	if err := w.instruct(ctx, DenyNow, "Go on, and then deny the request on the phone, or cancel it where the app has no other way."); err != nil {
		return err
	}
	_, err = w.await(ctx, forDenial, func(c call) bool { return !waits(c) && !alike(c, before) })
	return err
}

// labels is step 7: how long a text the push takes and the phone shows, and whether an approval that nobody has read outlives the
// next push.
func (w *walk) labels(ctx context.Context) error {
	w.tell("Step 7: longer texts on the phone")
	for _, length := range []int{usualLabel, longLabel, longerLabel} {
		sent, err := w.push(ctx, forLabel, length)
		if err != nil {
			return err
		}
		if sent.result.Class != gateway.Accepted {
			w.tell("  a text of %d characters is not taken", length)
			continue
		}
		if err := w.unread(ctx, sent); err != nil {
			return err
		}
		if w.seen.shown[length], err = w.Person.Ask(ctx, Prompt{
			Kind: Shown, Text: "The newest request's text ends with END. How did the phone show it?", Choices: []string{Whole, Cut, NotShown},
		}); err != nil {
			return err
		}
		if length == usualLabel {
			if w.seen.unread, err = w.Person.Ask(ctx, Prompt{
				Kind: ApproveUnread, Text: "Approve that request now. What has the phone said?", Choices: []string{Done, "something else"},
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// unread asks once, behind the first push after an approval that nobody has read, whether it is still there.
func (w *walk) unread(ctx context.Context, sent call) error {
	if w.seen.unread != Done || w.seen.unreadAt != 0 {
		return nil
	}
	w.seen.unreadAt = sent.number
	_, err := w.poll(ctx, forUnread, w.main)
	return err
}

// expire is step 8.
func (w *walk) expire(ctx context.Context) error {
	if !w.WaitExpiry {
		return nil
	}
	w.tell("Step 8: a push that is left alone until it is too old, %s", expiryWait)
	if err := w.ring(ctx, "The phone rings a last time. Leave it alone until this ends.", forNextPush); err != nil {
		return err
	}
	for end := w.pushed.Add(expiryWait); time.Now().Before(end); {
		if err := sleep(ctx, expiryPoll); err != nil {
			return err
		}
		c, err := w.poll(ctx, forExpiry, w.main)
		if err != nil || c.result.Class == gateway.Expired {
			return err
		}
	}
	return nil
}

func (w *walk) instruct(ctx context.Context, k Kind, text string) error {
	_, err := w.Person.Ask(ctx, Prompt{Kind: k, Text: text})
	return err
}

// push has the phone ring, with a text of a length.
func (w *walk) push(ctx context.Context, p purpose, length int) (call, error) {
	fields := map[string]string{"mobile": w.mobile.E164(), "requestFrom": label(length)}
	c, err := w.send(ctx, asks{purpose: p, place: pushes, path: w.paths.Push, fields: fields})
	if c.result.Class == gateway.Accepted {
		w.pushed = c.raw.Left
	}
	return c, err
}

func (w *walk) poll(ctx context.Context, p purpose, at place) (call, error) {
	return w.send(ctx, asks{purpose: p, place: at, path: w.pathOf(at), fields: map[string]string{"mobile": w.mobile.E164()}})
}

func (w *walk) pathOf(p place) string {
	if p == plain {
		return w.paths.Plain
	}
	return w.paths.Geofence
}

// pollBoth asks the main endpoint, and then the other one where it is there. It returns the main one's answer.
func (w *walk) pollBoth(ctx context.Context, p purpose) (call, error) {
	c, err := w.poll(ctx, p, w.main)
	if err != nil || w.other == "" {
		return c, err
	}
	_, err = w.poll(ctx, p, w.other)
	return c, err
}

// await asks the main endpoint until it says what is waited for, or the person's time is over. It returns the last answer.
func (w *walk) await(ctx context.Context, p purpose, until func(call) bool) (c call, err error) {
	slowly := max(briskly, (w.Patience-briskPolls*briskly)/(mostPolls-briskPolls))
	end := time.Now().Add(w.Patience)
	for n := 1; n <= mostPolls; n++ {
		gap := briskly
		if n > briskPolls {
			gap = slowly
		}
		if err = sleep(ctx, gap); err != nil {
			return c, err
		}
		if c, err = w.poll(ctx, p, w.main); err != nil || until(c) || time.Now().After(end) {
			return c, err
		}
	}
	return c, nil
}

// absent reports that an endpoint cannot be used: its path is refused, it answers as the path that does not exist did and not in
// iVALT's envelope, or there is no usable answer.
func (w *walk) absent(c call) bool {
	if slices.Contains([]gateway.Class{gateway.Failed, gateway.Unsent, gateway.BadKey, gateway.Throttled}, c.result.Class) {
		return true
	}
	at := slices.IndexFunc(w.calls, func(c call) bool { return c.purpose == forNoPath })
	return at >= 0 && c.result.Status == w.calls[at].result.Status && !enveloped(c.raw.Body) && !enveloped(w.calls[at].raw.Body)
}

// waits reports an answer that does not end a wait: "not yet", a failure, or something that is no answer.
func waits(c call) bool {
	return slices.Contains([]gateway.Class{gateway.Pending, gateway.Failed, gateway.Unsent, gateway.Throttled}, c.result.Class)
}

// readable reports an approval, one that is older than the newest push too.
func readable(c call) bool {
	return c.result.Class == gateway.Approved || c.result.Violation == gateway.OldTime
}

// policy reports that iVALT's own rules refuse a person who has approved.
func policy(c call) bool { return c.result.Class == gateway.Fence || c.result.Class == gateway.Window }

// alike reports two answers of the same meaning.
func alike(a, b call) bool {
	return a.result.Status == b.result.Status && a.result.Class == b.result.Class
}
