package ivalt

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

// The gateway dialect's paths. The result is read where iVALT's own geofence and time window are judged too.
const (
	lookUpPath = "/get-user-by-email"
	pushPath   = "/biometric-auth-request"
	resultPath = "/biometric-geo-fence-auth-results"
)

// mostBody is as much of an answer as is read.
const mostBody = 64 << 10

// client speaks to one base URL with one key. It is never changed: a reload makes another. Safe for concurrent use.
type client struct {
	base    string
	key     secret.Secret
	header  http.Header // shared by all requests, never written
	trip    http.RoundTripper
	own     *http.Transport // trip, where it is ours to close
	retired atomic.Bool     // connections close as soon as their calls are over
}

// newClient makes the client of settings that passed their check. trip is nil but in tests.
func newClient(s Settings, connections int, roots *x509.CertPool, trip http.RoundTripper) *client {
	c := &client{
		base: strings.TrimRight(s.URL, "/"),
		key:  s.APIKey,
		header: http.Header{
			"X-Api-Key":    {s.APIKey.Reveal()},
			"Content-Type": {"application/json"},
			"Accept":       {"application/json"},
			"User-Agent":   {"ivalt-radius"},
		},
		trip: trip,
	}
	if trip == nil {
		c.own = newTransport(connections, roots)
		c.trip = c.own
	}
	return c
}

// newTransport takes no proxy from the environment, speaks HTTP/1.1 over kept connections, and asks for no compression, so
// that no small answer grows. A RoundTripper follows no redirect.
func newTransport(connections int, roots *x509.CertPool) *http.Transport {
	dialer := &net.Dialer{Timeout: callTimeout / 2}
	return &http.Transport{
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    callTimeout / 2,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
		DisableCompression:     true,
		MaxConnsPerHost:        connections,
		MaxIdleConns:           connections,
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        30 * time.Second, // below a gateway's, so that a push seldom meets a closing connection
		MaxResponseHeaderBytes: 32 << 10,
	}
}

// sameKey reports that both speak with one key.
func (c *client) sameKey(d *client) bool { return c.key.Equal(d.key) }

// retire lets go of the connections, those in use once their calls are over.
func (c *client) retire() {
	c.retired.Store(true)
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// post sends one request and reads its answer into buf, which the response's body then lies in. Nothing is ever repeated
// here; net/http repeats a POST only where not one octet of it was written.
func (c *client) post(ctx context.Context, path string, payload []byte, buf *bytes.Buffer) response {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(payload))
	if err != nil {
		return response{fault: unsent}
	}
	req.Header = c.header
	res, err := c.trip.RoundTrip(req)
	if err != nil {
		return response{fault: faultOf(err)}
	}
	defer c.done(res.Body)
	buf.Reset()
	n, err := buf.ReadFrom(io.LimitReader(res.Body, mostBody+1))
	r := response{status: res.StatusCode, header: res.Header}
	switch {
	case n > mostBody:
		return r
	case err != nil:
		return response{fault: failed}
	}
	r.body = buf.Bytes()
	return r
}

func (c *client) done(body io.Closer) {
	_ = body.Close() // the answer is read; a connection that ends badly is not kept
	if c.retired.Load() && c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// faultOf tells a request that certainly never left from one that may have arrived.
func faultOf(err error) class {
	var dial *net.OpError
	var untrusted *tls.CertificateVerificationError
	if (errors.As(err, &dial) && dial.Op == "dial") || errors.As(err, &untrusted) {
		return unsent
	}
	return failed
}

// payloads. encoding/json cannot fail on strings.

func lookUpBody(email string) []byte { return marshal(map[string]string{"email": email}) }

func pushBody(m auth.Mobile, label string) []byte {
	return marshal(map[string]string{"mobile": m.E164(), "requestFrom": label})
}

func resultBody(m auth.Mobile) []byte { return []byte(`{"mobile":"` + m.E164() + `"}`) }

func marshal(fields map[string]string) []byte {
	text, err := json.Marshal(fields)
	if err != nil {
		return nil
	}
	return text
}
