package ivalttest

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/gateway/signature"
	"ivalt-radius/secret"
)

const testSigning = "signing_secret_of_32_characters_"

// signed is a call that is signed as it should be.
func (r *rig) signed(path, body string) *http.Request {
	r.t.Helper()
	req := r.request(path, body)
	signature.Add(req.Header, secret.New(testSigning), req.Method, req.URL.EscapedPath(), []byte(body), r.clock.Now())
	return req
}

// TestSignedCalls: with a signing secret nothing takes effect that is not signed, fresh, whole and new.
func TestSignedCalls(t *testing.T) {
	const body = `{"mobile":"` + alice + `"}`
	for name, spoil := range map[string]func(*rig) *http.Request{
		"unsigned":     func(r *rig) *http.Request { return r.request(pathPush, body) },
		"another path": func(r *rig) *http.Request { q := r.signed(pathPolicy, body); q.URL.Path = pathPush; return q },
		"another body": func(r *rig) *http.Request {
			q := r.signed(pathPush, strings.Replace(body, alice, bob, 1))
			other := r.request(pathPush, body)
			other.Header = q.Header
			return other
		},
		"stale":   func(r *rig) *http.Request { q := r.signed(pathPush, body); r.clock.Pass(301 * time.Second); return q },
		"early":   func(r *rig) *http.Request { q := r.signed(pathPush, body); r.clock.Pass(-301 * time.Second); return q },
		"too big": func(r *rig) *http.Request { return r.signed(pathPush, body+strings.Repeat(" ", maxBody)) },
		"another secret": func(r *rig) *http.Request {
			q := r.request(pathPush, body)
			signature.Add(q.Header, secret.New(testSigning+"x"), q.Method, pathPush, []byte(body), r.clock.Now())
			return q
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{Default: Step{Behaviour: Manual}, SigningSecret: secret.New(testSigning)})
			r.do(spoil(r)).want(t, 401, `{"message":"Invalid signature"}`)
			if n := r.Counters(); r.Pushes(alice) != 0 || n.Unsigned != 1 || n.Pushes != 0 {
				t.Errorf("%+v", n)
			}
		})
	}
}

func TestReplayedCalls(t *testing.T) {
	const body = `{"mobile":"` + alice + `"}`
	r := newRig(t, Options{Default: Step{Behaviour: Manual}, SigningSecret: secret.New(testSigning)})
	first := r.signed(pathPush, body)
	r.do(first).want(t, 200, textSent)
	replay := func() {
		t.Helper()
		again := r.request(pathPush, body)
		again.Header = first.Header
		r.do(again).want(t, 401, "Invalid signature")
	}
	replay()
	if err := r.Change(func(o *Options) { o.Sticky = true }); err != nil {
		t.Fatal(err)
	}
	replay() // other options do not forget the nonces
	r.do(r.signed(pathPolicy, body)).want(t, 404, "was not found.")
	if n := r.Counters(); r.Pushes(alice) != 1 || n.Unsigned != 2 {
		t.Errorf("%+v", n)
	}
	if err := r.Change(func(o *Options) { o.SigningSecret = secret.Secret{} }); err != nil {
		t.Fatal(err)
	}
	r.push(alice).want(t, 200, textSent)
}

// TestSigningGoesByTheShownClock: a proxy whose clock is wrong refuses those whose clock is right.
func TestSigningGoesByTheShownClock(t *testing.T) {
	for offset, status := range map[time.Duration]int{299 * time.Second: 404, 302 * time.Second: 401, -302 * time.Second: 401} {
		r := newRig(t, Options{Default: Step{Behaviour: Manual}, SigningSecret: secret.New(testSigning), ClockOffset: offset})
		r.do(r.signed(pathPolicy, `{"mobile":"`+alice+`"}`)).want(t, status, "")
	}
}
