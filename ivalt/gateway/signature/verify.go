package signature

import (
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"ivalt-radius/secret"
)

const (
	// window is how far a request's time may lie from the verifier's, either way.
	window = 300 * time.Second
	// mostNonces bounds the memory of nonces.
	mostNonces = 100_000
)

// Why a request was refused.
var (
	ErrUnsigned = errors.New("no signature, or one of another form")
	ErrWrong    = errors.New("the signature is of another request or key")
	ErrStale    = errors.New("the time lies more than 300 s away")
	ErrReplayed = errors.New("the nonce was used before")
	ErrFull     = errors.New("more requests in 300 s than can be remembered")
)

// Verifier says whether requests are signed, fresh and new. The zero Verifier refuses all. Safe for concurrent use.
type Verifier struct {
	Key secret.Secret

	mu    sync.Mutex
	seen  map[string]bool
	order []used // by the time of arrival
}

type used struct {
	nonce string
	until time.Time // from then on its request is stale by its own time
}

// Verify judges one request whose body is read. Nothing is remembered of a request with a wrong signature, so that nobody without
// the key can fill the memory; where that is full a request is refused, never a nonce forgotten that could come back.
func (v *Verifier) Verify(r *http.Request, body []byte, now time.Time) error {
	timestamp, nonce, given := single(r.Header, Timestamp), single(r.Header, Nonce), single(r.Header, Signature)
	seconds, err := strconv.ParseUint(timestamp, 10, 40)
	claimed, bad := hex.DecodeString(given)
	if err != nil || bad != nil || len(nonce) != 32 || len(claimed) == 0 || v.Key.Len() < Shortest {
		return ErrUnsigned
	}
	if !hmac.Equal(claimed, sum(v.Key, r.Method, r.URL.EscapedPath(), body, timestamp, nonce)) {
		return ErrWrong
	}
	at := time.Unix(int64(seconds), 0)
	if d := now.Sub(at); d > window || d < -window {
		return ErrStale
	}
	return v.once(nonce, at, now)
}

// once takes a nonce the first time.
func (v *Verifier) once(nonce string, at, now time.Time) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.forget(now)
	if v.seen[nonce] {
		return ErrReplayed
	}
	if len(v.order) >= mostNonces {
		return ErrFull
	}
	if v.seen == nil {
		v.seen = map[string]bool{}
	}
	v.seen[nonce] = true
	v.order = append(v.order, used{nonce: nonce, until: at.Add(window)})
	return nil
}

// forget lets go of nonces whose requests are stale by now. Those behind a later one wait for it: a few minutes at most.
func (v *Verifier) forget(now time.Time) {
	n := 0
	for n < len(v.order) && now.After(v.order[n].until) {
		delete(v.seen, v.order[n].nonce)
		n++
	}
	v.order = v.order[n:]
}

// single is a header that stands there exactly once.
func single(h http.Header, name string) string {
	if values := h[name]; len(values) == 1 {
		return values[0]
	}
	return ""
}
