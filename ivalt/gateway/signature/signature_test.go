package signature

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"ivalt-radius/secret"
)

const (
	goldenKey   = "0123456789abcdef0123456789abcdef"
	goldenPath  = "/base/biometric-auth-request"
	goldenBody  = `{"mobile":"+919876543210","requestFrom":"VPN"}`
	goldenTime  = "1794331720"
	goldenNonce = "000102030405060708090a0b0c0d0e0f"
	golden      = "28419e8a53e61083fb48fb25551f4b06156ee70b4fbc56d9e7e7627de473c4b7"
)

func TestGoldenVector(t *testing.T) {
	got := Sign(secret.New(goldenKey), http.MethodPost, goldenPath, []byte(goldenBody), goldenTime, goldenNonce)
	if got != golden {
		t.Errorf("%s, want %s", got, golden)
	}
}

func signed() *http.Request {
	r := httptest.NewRequest(http.MethodPost, goldenPath, strings.NewReader(goldenBody)) //nolint:noctx // it goes nowhere
	r.Header.Set(Timestamp, goldenTime)
	r.Header.Set(Nonce, goldenNonce)
	r.Header.Set(Signature, golden)
	return r
}

func goldenNow() time.Time { return time.Unix(1794331720, 0) }

func TestTampering(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*http.Request)
		body   string
		key    string
		late   time.Duration
		want   error
	}{
		{"as it was signed", func(*http.Request) {}, goldenBody, goldenKey, 0, nil},
		{"method", func(r *http.Request) { r.Method = http.MethodPut }, goldenBody, goldenKey, 0, ErrWrong},
		{"path", func(r *http.Request) { r.URL.Path += "s" }, goldenBody, goldenKey, 0, ErrWrong},
		{"escaped path", func(r *http.Request) { r.URL.RawPath = "/base%2Fbiometric-auth-request" }, goldenBody, goldenKey, 0, ErrWrong},
		{"body", func(*http.Request) {}, strings.Replace(goldenBody, "0", "1", 1), goldenKey, 0, ErrWrong},
		{"no body", func(*http.Request) {}, "", goldenKey, 0, ErrWrong},
		{"time", func(r *http.Request) { r.Header.Set(Timestamp, "1794331721") }, goldenBody, goldenKey, 0, ErrWrong},
		{"time with a sign", func(r *http.Request) { r.Header.Set(Timestamp, "+"+goldenTime) }, goldenBody, goldenKey, 0, ErrUnsigned},
		{"nonce", func(r *http.Request) { r.Header.Set(Nonce, strings.Repeat("0", 32)) }, goldenBody, goldenKey, 0, ErrWrong},
		{"short nonce", func(r *http.Request) { r.Header.Set(Nonce, "0") }, goldenBody, goldenKey, 0, ErrUnsigned},
		{"signature", func(r *http.Request) { r.Header.Set(Signature, strings.Repeat("0", 64)) }, goldenBody, goldenKey, 0, ErrWrong},
		{"part of the signature", func(r *http.Request) { r.Header.Set(Signature, golden[:32]) }, goldenBody, goldenKey, 0, ErrWrong},
		{"no hex", func(r *http.Request) { r.Header.Set(Signature, "x") }, goldenBody, goldenKey, 0, ErrUnsigned},
		{"no signature", func(r *http.Request) { r.Header.Del(Signature) }, goldenBody, goldenKey, 0, ErrUnsigned},
		{"two signatures", func(r *http.Request) { r.Header.Add(Signature, golden) }, goldenBody, goldenKey, 0, ErrUnsigned},
		{"no time", func(r *http.Request) { r.Header.Del(Timestamp) }, goldenBody, goldenKey, 0, ErrUnsigned},
		{"another key", func(*http.Request) {}, goldenBody, strings.Repeat("k", 32), 0, ErrWrong},
		{"no key", func(*http.Request) {}, goldenBody, "", 0, ErrUnsigned},
		{"old", func(*http.Request) {}, goldenBody, goldenKey, window, nil},
		{"too old", func(*http.Request) {}, goldenBody, goldenKey, window + time.Second, ErrStale},
		{"early", func(*http.Request) {}, goldenBody, goldenKey, -window, nil},
		{"too early", func(*http.Request) {}, goldenBody, goldenKey, -window - time.Second, ErrStale},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v, r := Verifier{Key: secret.New(tc.key)}, signed()
			tc.change(r)
			if got := v.Verify(r, []byte(tc.body), goldenNow().Add(tc.late)); !errors.Is(got, tc.want) {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
}

func TestReplay(t *testing.T) {
	v := Verifier{Key: secret.New(goldenKey)}
	for i, want := range []error{nil, ErrReplayed, ErrReplayed} {
		if got := v.Verify(signed(), []byte(goldenBody), goldenNow().Add(time.Duration(i)*window/2)); !errors.Is(got, want) {
			t.Errorf("time %d: %v, want %v", i, got, want)
		}
	}
	if got := v.Verify(signed(), []byte(goldenBody), goldenNow().Add(window+time.Second)); !errors.Is(got, ErrStale) {
		t.Errorf("%v", got)
	}
}

// TestTheMemoryIsBounded fills it, waits until all is stale, and finds room again.
func TestTheMemoryIsBounded(t *testing.T) {
	v, now := Verifier{Key: secret.New(goldenKey)}, goldenNow()
	for i := range mostNonces {
		if err := v.once(fmt.Sprintf("%032d", i), now, now); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.once("one more", now, now); !errors.Is(err, ErrFull) {
		t.Errorf("%v", err)
	}
	if err := v.once(fmt.Sprintf("%032d", 0), now, now.Add(window)); !errors.Is(err, ErrReplayed) {
		t.Errorf("forgotten while it could come back: %v", err)
	}
	if err := v.once("one more", now, now.Add(window+time.Second)); err != nil || len(v.seen) != 1 || len(v.order) != 1 {
		t.Errorf("%v, %d remembered", err, len(v.seen))
	}
}

func TestAdd(t *testing.T) {
	v, now, nonces := Verifier{Key: secret.New(goldenKey)}, goldenNow(), map[string]bool{}
	for range 3 {
		r := httptest.NewRequest(http.MethodPost, "/a%2Fb", http.NoBody) //nolint:noctx // it goes nowhere
		Add(r.Header, v.Key, r.Method, r.URL.EscapedPath(), []byte("x"), now)
		if err := v.Verify(r, []byte("x"), now); err != nil {
			t.Error(err)
		}
		if got := r.Header.Get(Timestamp); got != strconv.FormatInt(now.Unix(), 10) {
			t.Errorf("time %s", got)
		}
		nonces[r.Header.Get(Nonce)] = true
	}
	if len(nonces) != 3 {
		t.Errorf("%d nonces of 3 requests", len(nonces))
	}
}
