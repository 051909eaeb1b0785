package gateway

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
	"net/url"
	"strings"
	"sync"
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

// Timeout is how long a call may take, connection and answer together.
const Timeout = 10 * time.Second

// mostBody is as much of an answer as is read.
const mostBody = 64 << 10

// Options say whom a Client speaks to.
type Options struct {
	URL         string         // the base of the gateway dialect, already checked; a slash at its end is ignored
	APIKey      secret.Secret  // sent with every call
	Roots       *x509.CertPool // trusted; nil: the system's
	Connections int            // the most there are at once; 0 is unlimited

	// Dial and Transport are for tests. Dial replaces the way to the address; Transport replaces all of HTTP, follows no
	// redirect and must not write to a request's header.
	Dial      func(ctx context.Context, network, address string) (net.Conn, error)
	Transport http.RoundTripper
}

// Client speaks to one base URL with one key. It is never changed: a reload makes another. Safe for concurrent use.
type Client struct {
	base    string
	host    string // of base
	key     secret.Secret
	header  http.Header // shared by all requests, never written
	trip    http.RoundTripper
	own     *http.Transport // trip, where it is ours to close
	buffers sync.Pool       // *bytes.Buffer, for bodies; no Result refers to one
	retired atomic.Bool     // connections close as soon as their calls are over
}

// New makes a client. It speaks to nobody yet.
func New(o Options) *Client {
	c := &Client{
		base: strings.TrimRight(o.URL, "/"),
		key:  o.APIKey,
		header: http.Header{
			"X-Api-Key":    {o.APIKey.Reveal()},
			"Content-Type": {"application/json"},
			"Accept":       {"application/json"},
			"User-Agent":   {"ivalt-radius"},
		},
		host:    hostOf(o.URL),
		trip:    o.Transport,
		buffers: sync.Pool{New: func() any { return &bytes.Buffer{} }},
	}
	if c.trip == nil {
		c.own = newTransport(o)
		c.trip = c.own
	}
	return c
}

// newTransport takes no proxy from the environment, speaks HTTP/1.1 over kept connections, and asks for no compression, so
// that no small answer grows. A RoundTripper follows no redirect.
func newTransport(o Options) *http.Transport {
	dial := o.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: Timeout / 2}).DialContext
	}
	return &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
		TLSHandshakeTimeout:    Timeout / 2,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
		DisableCompression:     true,
		MaxConnsPerHost:        o.Connections,
		MaxIdleConns:           o.Connections,
		MaxIdleConnsPerHost:    o.Connections,
		IdleConnTimeout:        30 * time.Second, // below a gateway's, so that a push seldom meets a closing connection
		MaxResponseHeaderBytes: 32 << 10,
	}
}

// SamePeople reports that both ask the same iVALT as the same customer, so that what one was told holds for the other.
func (c *Client) SamePeople(d *Client) bool { return c.base == d.base && c.key.Equal(d.key) }

// Host is where it speaks to, host and port alone, for the log.
func (c *Client) Host() string { return c.host }

// hostOf is a URL's host and port, empty where it is no URL.
func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Host
}

// Retire lets go of the connections, those in use once their calls are over. Calls may still be made.
func (c *Client) Retire() {
	c.retired.Store(true)
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// LookUp asks for the mobile of an e-mail. Found alone comes with a mobile.
func (c *Client) LookUp(ctx context.Context, email string) Result {
	return c.post(ctx, lookUpPath, marshal(map[string]string{"email": email}), func(r response) Result {
		return classifyLookup(r, email, time.Now())
	})
}

// Push has the phone ask its person; label is what it shows. Nothing is ever sent twice here: net/http repeats a POST only
// where not one octet of it was written.
func (c *Client) Push(ctx context.Context, m auth.Mobile, label string) Result {
	return c.post(ctx, pushPath, marshal(map[string]string{"mobile": m.E164(), "requestFrom": label}), func(r response) Result {
		return classifyPush(r, time.Now())
	})
}

// Poll asks for what the person said. It alone can give Approved.
func (c *Client) Poll(ctx context.Context, q Question) Result {
	return c.post(ctx, resultPath, []byte(`{"mobile":"`+q.Mobile.E164()+`"}`), func(r response) Result {
		return classifyResult(r, q, time.Now())
	})
}

// post sends one request and has its answer read.
func (c *Client) post(ctx context.Context, path string, payload []byte, read func(response) Result) Result {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(payload))
	if err != nil {
		return read(response{fault: Unsent, why: Broken, cause: "the address makes no request"}) // not quoted: it may be anything
	}
	req.Header = c.header
	res, err := c.trip.RoundTrip(req)
	if err != nil {
		why, cause := whyOf(err)
		return read(response{fault: faultOf(err), why: why, cause: cause})
	}
	defer c.done(res.Body)
	buf, ok := c.buffers.Get().(*bytes.Buffer)
	if !ok {
		buf = &bytes.Buffer{}
	}
	defer c.buffers.Put(buf)
	buf.Reset()
	n, err := buf.ReadFrom(io.LimitReader(res.Body, mostBody+1))
	r := response{status: res.StatusCode, header: res.Header}
	switch {
	case n > mostBody: // as if there were none; pageOf tells by the nil body
	case err != nil:
		r = response{fault: Failed}
		r.why, r.cause = whyOf(err)
	default:
		r.body = buf.Bytes()
	}
	answer := read(r)
	answer.Status = r.status
	return answer
}

func (c *Client) done(body io.Closer) {
	_ = body.Close() // the answer is read; a connection that ends badly is not kept
	if c.retired.Load() && c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// faultOf tells a request that certainly never left from one that may have arrived.
func faultOf(err error) Class {
	var dial *net.OpError
	var untrusted *tls.CertificateVerificationError
	if (errors.As(err, &dial) && dial.Op == "dial") || errors.As(err, &untrusted) {
		return Unsent
	}
	return Failed
}

// marshal makes a payload. encoding/json cannot fail on strings.
func marshal(fields map[string]string) []byte {
	text, err := json.Marshal(fields)
	if err != nil {
		return nil
	}
	return text
}
