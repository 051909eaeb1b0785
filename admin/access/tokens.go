package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"ivalt-radius/secret"
)

// tokenPrefix is what every token begins with, so that whoever finds one knows what it is for.
const tokenPrefix = "ivr_"

// longestToken is more octets than a token has.
const longestToken = 128

// DrawToken draws a token of 256 bits, and its digest for `admin.tokens`.
func DrawToken() (token secret.Secret, digest [sha256.Size]byte) {
	random := make([]byte, idOctets)
	_, _ = rand.Read(random) // never fails
	text := tokenPrefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random))
	return secret.New(text), sha256.Sum256([]byte(text))
}

// machine is a token in force.
type machine struct {
	Token

	over context.Context //nolint:containedctx // ends when the token is taken away, not with a request
	end  context.CancelFunc
}

// machines are all of them. The zero machines are none.
type machines struct {
	mu  sync.RWMutex
	all []*machine
}

// adopt brings other tokens into force. What one does that is gone or changed ends.
func (m *machines) adopt(tokens []Token) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.all
	m.all = nil
	for _, t := range tokens {
		i := slices.IndexFunc(before, func(b *machine) bool { return b.same(t) })
		if i >= 0 {
			m.all = append(m.all, before[i])
			continue
		}
		made := &machine{Token: t}
		made.over, made.end = context.WithCancel(context.Background())
		m.all = append(m.all, made)
	}
	for _, b := range before {
		if !slices.Contains(m.all, b) {
			b.end()
		}
	}
}

// same reports a token that is as it was.
func (m *machine) same(t Token) bool {
	return m.Name == t.Name && m.Role == t.Role && m.Digest == t.Digest && m.Expires.Equal(t.Expires) &&
		(m.Scopes == nil) == (t.Scopes == nil) && slices.Equal(m.Scopes, t.Scopes)
}

// find is the token's machine, expired or not; nil where it is none. It compares digests, with all of them, in constant time.
func (m *machines) find(token string) *machine {
	digest := sha256.Sum256([]byte(token))
	m.mu.RLock()
	defer m.mu.RUnlock()
	var found *machine
	for _, one := range m.all {
		if subtle.ConstantTimeCompare(digest[:], one.Digest[:]) == 1 {
			found = one
		}
	}
	return found
}

// bearer is the token of a request (RFC 6750 section 2.1), empty where it shows something else; shown is false where there is no Authorization at all.
func bearer(r *http.Request) (token string, shown bool) {
	headers := r.Header["Authorization"]
	if len(headers) == 0 {
		return "", false
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") || len(token) > longestToken || !strings.HasPrefix(token, tokenPrefix) {
		return "", true
	}
	return token, true
}

// byToken is who shows a token. A good one is never throttled, whatever else its address tries.
func (k *Keeper) byToken(r *http.Request, token string) (Principal, life, *refusal) {
	from, now := peer(r), k.deps.Now()
	m := k.machines.find(token)
	if m != nil && now.Before(m.Expires) {
		who := Principal{Name: m.Name, Machine: true, Role: m.Role, Scopes: m.Scopes, Address: from}
		return who, life{over: m.over, left: m.Expires.Sub(now)}, nil
	}
	k.counts.tokensRefused.Add(1)
	no := &refusal{status: http.StatusUnauthorized, machine: true, words: "the token is not known here: make one with `ivalt-radius token`, and put it into admin.tokens"}
	name, why := "", "a token that is none of admin.tokens"
	if m != nil {
		no.words = "the token has expired: make another with `ivalt-radius token`"
		name, why = m.Name, "the token has expired"
	}
	if wait := k.throttle.miss(from); wait > 0 {
		no.status, no.wait, no.words = http.StatusTooManyRequests, wait, "too many tokens from this address were refused"
		return Principal{}, life{}, no
	}
	k.refusedToken(name, from, why)
	return Principal{}, life{}, no
}

// life is how long what a request does may go on: until over ends, and no longer than left, where that is not 0.
type life struct {
	over context.Context //nolint:containedctx // as in session and machine
	left time.Duration
}

// bind ends a context with a life.
func (l life) bind(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(l.over, cancel)
	if l.left == 0 {
		return ctx, func() { stop(); cancel() }
	}
	timed, done := context.WithTimeout(ctx, l.left)
	return timed, func() { stop(); done(); cancel() }
}
