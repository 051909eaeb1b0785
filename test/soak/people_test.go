//go:build soak

package soak_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
	"ivalt-radius/test/blackbox"
)

// The addresses of the gateways, each a client of its own.
const (
	patient = blackbox.Source // waits for 20 s
	guarded = blackbox.Second // has passwords checked
	hasty   = "127.0.0.23"    // waits for 8 s
	asker   = "127.0.0.24"    // asks back
)

const (
	password = "correct horse battery staple"
	names    = 8 // of each worker; they log in again and again: who is refused has an incident, which nobody closes
	stations = 4 // of each worker
)

// want is what a login must become in fair weather.
type want struct {
	code   radiustest.Code
	says   string // Reply-Message; empty: any
	pushes int
	always bool // in foul weather too: iVALT is not asked
}

func refusal(says string, pushes int) want {
	return want{code: radiustest.AccessReject, says: says, pushes: pushes}
}

// kind is one kind of people at gateways.
type kind struct {
	name    string
	workers int
	from    string
	does    ivalttest.Behaviour
	word    string // what user names begin with
	method  radiustest.Method
	style   radiustest.Style
	want    want
	wrong   bool          // types a wrong password
	pause   time.Duration // between logins, on average
}

func kinds() []kind {
	let := want{code: radiustest.AccessAccept, says: "Access granted.", pushes: 1}
	const denied, late = "Access denied.", "Not approved in time."
	return []kind{
		{name: "approved", workers: 5, from: patient, does: ivalttest.Approve, word: "mary", want: let},
		{name: "approved, new authenticators", workers: 3, from: patient, does: ivalttest.Approve, word: "otto", style: radiustest.NewAuthenticator, want: let},
		{name: "password and push", workers: 2, from: guarded, does: ivalttest.Approve, word: "staff", want: let},
		{name: "denied", workers: 2, from: patient, does: ivalttest.Deny, word: "nora", want: refusal(denied, 1)},
		{name: "unanswered", workers: 3, from: hasty, does: ivalttest.Ignore, word: "ivan", want: refusal(late, 1)},
		{name: "outside the geofence", workers: 1, from: patient, does: ivalttest.Geofence, word: "gina", want: refusal(denied, 1)},
		{name: "outside iVALT's hours", workers: 1, from: patient, does: ivalttest.Timezone, word: "timo", want: refusal(denied, 1)},
		{name: "not enrolled", workers: 1, from: patient, does: ivalttest.Unknown, word: "hugo", want: refusal(denied, 0)},
		{name: "outside hours", workers: 1, from: patient, does: ivalttest.Approve, word: "night", want: never()},
		{name: "elsewhere", workers: 1, from: patient, does: ivalttest.Approve, word: "ext", want: never()},
		{name: "exempt", workers: 2, from: patient, does: ivalttest.Approve, word: "svc", want: want{code: radiustest.AccessAccept, always: true}},
		{name: "CHAP", workers: 1, from: patient, does: ivalttest.Approve, word: "chap", method: radiustest.CHAP, want: never()},
		{name: "MS-CHAPv2", workers: 1, from: patient, does: ivalttest.Approve, word: "mschap", method: radiustest.MSCHAPv2, want: never()},
		{name: "wrong password", workers: 2, from: guarded, does: ivalttest.Approve, word: "staff-guessed", wrong: true, want: never(), pause: time.Second},
		{name: "stranger", workers: 2, from: guarded, does: ivalttest.Approve, word: "stranger", want: never(), pause: time.Second},
	}
}

// never is refused whatever the weather, and no phone rings.
func never() want {
	return want{code: radiustest.AccessReject, says: "Access denied.", always: true}
}

// worker plays one person after the other at a gateway.
type worker struct {
	kind
	site    *blackbox.Site
	weather *weather
	ledger  *ledger
	rng     *rand.Rand
	number  int
	seen    map[string]time.Time // when a name's last login ended
}

// Behind its end a login may still be joined: an Accept for 10 s, a question until its time is over. Whoever comes again before that is let in, or asked,
// by the former one's push, so that nobody does here.
const (
	rest     = 15 * time.Second
	longRest = 100 * time.Second
)

// rested waits until a name may come again; false: it is time to stop.
func (w *worker) rested(stop <-chan struct{}, user string, d time.Duration) bool {
	last, known := w.seen[user]
	return !known || pause(stop, max(0, d-time.Since(last)))
}

// user is one of the worker's names, which no other worker has.
func (w *worker) user(n int) string { return fmt.Sprintf("%s-%d-%d", w.word, w.number, n) }

// enrol gives all of them their phones.
func (w *worker) enrol() {
	for n := range names {
		after := time.Duration(300+w.rng.IntN(2500)) * time.Millisecond
		w.site.Enrol(w.user(n), w.does, after)
		w.site.Enrol("walker-"+w.user(n), w.does, after)
	}
}

// live logs in until told to stop.
func (w *worker) live(stop <-chan struct{}) {
	about := w.pause
	if about == 0 {
		about = 2 * time.Second
	}
	for n := 0; pause(stop, time.Duration(w.rng.Int64N(int64(2*about)))); n++ {
		user := w.user(n % names)
		if !w.rested(stop, user, rest) {
			return
		}
		w.play(user)
	}
}

// nas is a gateway that sends again every 900 ms, until behind the moment at which it must have been answered.
func (w *worker) nas() radiustest.NAS {
	const every = 900 * time.Millisecond
	within := 22 * time.Second
	if w.from == hasty {
		within = 10 * time.Second
	}
	return radiustest.NAS{
		Server: w.site.Authentication(), Secret: secret.New(blackbox.Secret), Identifier: "soak", LocalAddr: w.from,
		Retry: radiustest.Retry{Interval: every, Tries: int(within / every), Style: w.style},
	}
}

func (w *worker) play(user string) {
	c := radiustest.Credentials{User: user, Password: secret.New(password), Method: w.method, CallingStation: fmt.Sprintf("198.51.%d.%d", w.number, 1+w.rng.IntN(stations))}
	if w.wrong {
		c.Password = secret.New("guess")
	}
	before, began := w.site.Pushes(user), time.Now()
	result, err := w.nas().Login(context.Background(), c)
	w.enter(user, result, err, before, began)
}

// judge says what is wrong with an answer; nothing where all is right.
func (w *worker) judge(user string, got radiustest.Result, err error, pushes int, began time.Time, foul bool) string {
	switch {
	case err != nil:
		return fmt.Sprintf("%v after %d packets (%d discarded, %v)", err, got.Sent, got.Discarded, got.LastDiscard)
	case pushes > 1:
		return fmt.Sprintf("%d pushes", pushes)
	case !got.MessageAuthenticatorFirst:
		return "an answer without Message-Authenticator in front"
	case got.Code == radiustest.AccessAccept && w.want.pushes > 0 && !w.site.Cloud.ApprovedSince(mobile(user), began):
		return "let in without an approval"
	case got.Code == radiustest.AccessAccept && w.want.code != radiustest.AccessAccept:
		return "let in"
	case foul && !w.want.always:
		return ""
	case got.Code != w.want.code || w.want.says != "" && got.ReplyMessage != w.want.says || pushes != w.want.pushes:
		return fmt.Sprintf("%s %q after %d pushes, want %s %q after %d", got.Code, got.ReplyMessage, pushes, w.want.code, w.want.says, w.want.pushes)
	}
	return ""
}

func mobile(user string) string { return ivalttest.DerivedMobile(blackbox.Email(user)) }

// asked is somebody at the gateway that asks back: they approve, and press Enter. Others walk away: their question stays open for a while, and the same
// login would be asked it again, without a second push, so that they have names of their own.
func (w *worker) asked(stop <-chan struct{}) {
	for n := 0; pause(stop, time.Duration(w.rng.Int64N(int64(4*time.Second)))); n++ {
		user, walks := w.user(n%names), w.rng.IntN(5) == 0
		if walks {
			user = "walker-" + user
		}
		if !w.rested(stop, user, longRest) {
			return
		}
		before, began := w.site.Pushes(user), time.Now()
		c := radiustest.Credentials{User: user, Password: secret.New(password), CallingStation: "198.51.100.7"}
		nas := w.nas()
		result, err := nas.Login(context.Background(), c)
		if walks {
			w.seen[user] = time.Now()
			w.ledger.enter(entry{kind: "challenge, walks away", foul: !w.weather.fairSince(began), took: time.Since(began), wrong: said(err)})
			continue
		}
		if err == nil && result.Code == radiustest.AccessChallenge {
			passes(3 * time.Second)
			result, err = nas.Answer(context.Background(), c, result, secret.New(""))
		}
		w.enter(user, result, err, before, began)
	}
}

// enter judges what came of a login, and notes it.
func (w *worker) enter(user string, result radiustest.Result, err error, before int, began time.Time) {
	w.seen[user] = time.Now()
	foul := !w.weather.fairSince(began)
	wrong := w.judge(user, result, err, w.site.Pushes(user)-before, began, foul)
	if wrong != "" {
		wrong = fmt.Sprintf("%s, begun %s: %s", user, began.Format("15:04:05.000"), wrong)
	}
	w.ledger.enter(entry{kind: w.name, accepted: result.Code == radiustest.AccessAccept, foul: foul, took: time.Since(began), wrong: wrong})
}

// accounts has sessions begin, go on and end, and asks whether the server is there.
func accounts(site *blackbox.Site, l *ledger, rng *rand.Rand, stop <-chan struct{}) {
	nas := radiustest.NAS{
		Server: site.Accounting(), Secret: secret.New(blackbox.Secret), LocalAddr: patient, Retry: radiustest.Retry{Interval: time.Second, Tries: 15},
	}
	for n := 0; ; n++ {
		r := radiustest.Record{User: fmt.Sprintf("mary-1-%d", n%names), Session: fmt.Sprintf("session-%d", n), CallingStation: "198.51.100.9"}
		for _, status := range []uint32{1, 3, 3, 2} {
			if !pause(stop, time.Duration(rng.Int64N(int64(time.Second)))) {
				return
			}
			r.Status, r.SessionTime, r.InputOctets, r.TerminateCause = status, uint32(n%3600), uint64(n)<<20, 1
			result, err := nas.Account(context.Background(), r)
			if err == nil && result.Code != radiustest.AccountingResponse {
				err = fmt.Errorf("%s", result.Code)
			}
			l.enter(entry{kind: "accounting", took: result.Took, wrong: said(err)})
		}
		nas := nas
		nas.Server = site.Authentication()
		result, err := nas.Status(context.Background())
		l.enter(entry{kind: "Status-Server", took: result.Took, wrong: said(err)})
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// garbage sends what nobody should: octets, halves of packets, wrong secrets, from a gateway's address and from a stranger's. None of it is answered, but
// for what happens to be a whole request.
func garbage(t *testing.T, site *blackbox.Site, rng *rand.Rand, stop <-chan struct{}) {
	t.Helper()
	var sockets []*blackbox.NAS
	for _, from := range []string{patient, guarded, "127.0.0.99"} {
		sockets = append(sockets, blackbox.NewNAS(t, from, site.Authentication(), blackbox.Secret), blackbox.NewNAS(t, from, site.Accounting(), blackbox.Secret))
	}
	for n := 0; pause(stop, time.Duration(rng.Int64N(int64(300*time.Millisecond)))); n++ {
		socket := sockets[rng.IntN(len(sockets))]
		r := blackbox.NewRequest(blackbox.Login{User: fmt.Sprintf("forged-%d", n%500), Password: password, ID: byte(n)}, "a secret that nobody shares")
		for range rng.IntN(4) {
			r.Bytes[rng.IntN(len(r.Bytes))] = byte(rng.IntN(256)) //nolint:gosec // it fits
		}
		if rng.IntN(4) == 0 {
			r.Bytes = r.Bytes[:rng.IntN(len(r.Bytes))]
		}
		socket.Send(r)
	}
}
