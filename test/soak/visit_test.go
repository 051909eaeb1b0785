//go:build soak

package soak_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
	"ivalt-radius/test/blackbox"
)

// visit opens pages of the window and closes them; some watch what comes for a while. Now and then somebody signs in anew.
func (l *load) visit(t *testing.T, rng *rand.Rand, stop <-chan struct{}) {
	t.Helper()
	paths := []string{
		"/now", "/logins", "/logins?user=mary", "/people", "/incidents", "/incidents?all=true", "/clients", "/settings", "/account", "/signin", "/healthz", "/readyz",
		"/api/v1/logins?user=nora", "/api/v1/incidents?all=true", "/metrics",
	}
	v := l.visitor
	for n := 0; pause(stop, time.Duration(rng.Int64N(int64(2*time.Second)))); n++ {
		if n%200 == 199 {
			v = l.site.Visitor()
			v.SignIn(t, "viewer", password)
		}
		if n%5 == 4 {
			l.ledger.enter(entry{kind: "pages that watch", wrong: said(l.stare(v, time.Duration(rng.Int64N(int64(4*time.Second)))))})
			continue
		}
		path := paths[rng.IntN(len(paths))]
		began := time.Now()
		a, err := v.Try(t, path)
		wrong := said(err)
		right := a.Status == http.StatusOK || path == "/signin" && a.Status == http.StatusSeeOther ||
			path == "/readyz" && a.Status == http.StatusServiceUnavailable && !l.weather.fairSince(began)
		if err == nil && !right {
			wrong = fmt.Sprintf("%s: status %d", path, a.Status)
		}
		l.ledger.enter(entry{kind: "pages", took: time.Since(began), wrong: wrong})
	}
}

// stare keeps a page that watches open for a while, and leaves without a word.
func (l *load) stare(v *blackbox.Visitor, d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d+10*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.Base+"/events/now", http.NoBody)
	if err != nil {
		return err
	}
	r.Header.Set("Cookie", v.Cookie())
	alone := &http.Transport{DisableKeepAlives: true}
	resp, err := alone.RoundTrip(r)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("/events/now answers %d", resp.StatusCode)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// move changes users.file: a person gets another phone, others come and go. The next login rings the new phone.
func (l *load) move(t *testing.T, rng *rand.Rand, stop <-chan struct{}) {
	t.Helper()
	nas := (&worker{site: l.site, kind: kind{from: patient}}).nas()
	for n := 1; pause(stop, time.Duration(10+rng.IntN(20))*time.Second); n++ {
		phone := moved(n)
		l.site.Cloud.Set(ivalttest.Person{Email: fmt.Sprintf("mover-%d@example.net", n%50), Mobile: phone, Behaviour: ivalttest.Approve, After: time.Second})
		l.site.List(t, listed(n))
		if !pause(stop, 20*time.Second) { // a running server takes changes by itself, at the second look at them, and looks every 5 s
			return
		}
		before, began := l.site.Cloud.Pushes(phone), time.Now()
		result, err := nas.Login(context.Background(), radiustest.Credentials{User: "mover", Password: secret.New(password), CallingStation: "198.51.100.8"})
		foul, wrong := !l.weather.fairSince(began), said(err)
		rang := l.site.Cloud.Pushes(phone) - before
		if err == nil && !foul && (result.Code != radiustest.AccessAccept || rang != 1) {
			wrong = fmt.Sprintf("%s after %d pushes on the new phone", result.Code, rang)
		}
		l.ledger.enter(entry{kind: "another phone in users.file", accepted: result.Code == radiustest.AccessAccept, foul: foul, took: time.Since(began), wrong: wrong})
	}
}
