package signature

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"ivalt-radius/secret"
)

// The headers of a signed request, in their canonical form.
const (
	Timestamp = "X-Timestamp" // seconds since 1970
	Nonce     = "X-Nonce"     // 32 hex digits
	Signature = "X-Signature" // 64 hex digits
)

// Shortest is how many characters a signing secret has at least.
const Shortest = 32

// Sign is the signature of one request.
func Sign(key secret.Secret, method, path string, body []byte, timestamp, nonce string) string {
	return hex.EncodeToString(sum(key, method, path, body, timestamp, nonce))
}

func sum(key secret.Secret, method, path string, body []byte, timestamp, nonce string) []byte {
	digest := sha256.Sum256(body)
	text := make([]byte, 0, 256)
	text = append(append(text, method...), '\n')
	text = append(append(text, path...), '\n')
	text = append(hex.AppendEncode(text, digest[:]), '\n')
	text = append(append(text, timestamp...), '\n')
	text = append(text, nonce...)
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	_, _ = mac.Write(text) // never fails
	return mac.Sum(nil)
}

// Add signs a request that is about to leave at now: it sets the three headers.
func Add(header http.Header, key secret.Secret, method, path string, body []byte, now time.Time) {
	timestamp, nonce := strconv.FormatInt(now.Unix(), 10), Fresh()
	header[Timestamp] = []string{timestamp}
	header[Nonce] = []string{nonce}
	header[Signature] = []string{Sign(key, method, path, body, timestamp, nonce)}
}

// Fresh is a text that was never there before: 32 hex digits drawn by lot.
func Fresh() string {
	var octets [16]byte
	_, _ = rand.Read(octets[:]) // never fails
	return hex.EncodeToString(octets[:])
}
