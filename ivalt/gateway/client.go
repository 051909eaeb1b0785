package gateway

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ivalt-radius/secret"
)

// Timeout is how long a call may take, connection and answer together.
const Timeout = 10 * time.Second

// ProbeTimeout is how long a Probe may take.
const ProbeTimeout = 4 * time.Second

// mostBody is as much of an answer as is read.
const mostBody = 64 << 10

// Options say whom a Client speaks to, and how; Settings.Options makes them.
type Options struct {
	URL         string         // the base of the dialect, already checked; a slash at its end is ignored
	Dialect     string         // as in Settings
	Endpoint    string         // as in Settings
	APIKey      secret.Secret  // sent with every call
	Roots       *x509.CertPool // trusted; nil: the system's
	Pins        []Pin          // one of them must be in the verified chain; empty: none need be
	Proxy       secret.Secret  // URL of the proxy, already checked; empty: none
	Signing     secret.Secret  // signs every request; empty: none is signed
	Refused     []int          // statuses of the result endpoint that do not mean "pending" here
	Version     string         // of the program, for User-Agent; empty: none is told
	TellAddress bool           // send the person's address on
	Connections int            // the most there are at once; 0 is unlimited
	Ends        *atomic.Int64  // as in Settings

	// Dial and Transport are for tests. Dial replaces the way to an address; Transport replaces all of HTTP and follows no
	// redirect.
	Dial      func(ctx context.Context, network, address string) (net.Conn, error)
	Transport http.RoundTripper
}

// Client speaks to one base URL with one key. It is never changed: a reload makes another. Safe for concurrent use.
type Client struct {
	base        string
	host        string // of base
	application bool   // base is the application's own
	paths       [Endpoints]string
	key         secret.Secret
	signing     secret.Secret
	agent       string
	refused     statuses
	tellAddress bool
	trip        http.RoundTripper
	own         *http.Transport // trip, where it is ours to close
	buffers     sync.Pool       // *bytes.Buffer, for bodies; no Result refers to one
	retired     atomic.Bool     // connections close as soon as their calls are over
}

// New makes a client. It speaks to nobody yet.
func New(o Options) *Client {
	c := &Client{
		base:        strings.TrimRight(o.URL, "/"),
		host:        hostOf(o.URL),
		application: application(o.URL),
		paths:       pathsOf(o.Dialect, o.Endpoint),
		key:         o.APIKey,
		signing:     o.Signing,
		agent:       agent(o.Version),
		tellAddress: o.TellAddress,
		trip:        o.Transport,
		buffers:     sync.Pool{New: func() any { return &bytes.Buffer{} }},
	}
	for _, status := range o.Refused {
		c.refused |= statusOf(status)
	}
	if c.trip == nil {
		c.own = newTransport(o)
		c.trip = c.own
	}
	return c
}

// SamePeople reports that both ask the same iVALT as the same customer, so that what one was told holds for the other.
func (c *Client) SamePeople(d *Client) bool { return c.base == d.base && c.key.Equal(d.key) }

// Realm names iVALT and the customer without telling the key: two clients have one exactly where they ask the SamePeople.
func (c *Client) Realm() string {
	mac := hmac.New(sha256.New, []byte(c.key.Reveal()))
	mac.Write([]byte("ivalt-radius realm\x00" + c.base)) // never fails
	return hex.EncodeToString(mac.Sum(nil)[:12])
}

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

func (c *Client) done(body io.Closer) {
	_ = body.Close() // the answer is read; a connection that ends badly is not kept
	if c.retired.Load() && c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// proxyConnect is the operation of net/http's errors on the way to a proxy.
const proxyConnect = "proxyconnect"

// faultOf tells a request that certainly never left from one that may have arrived.
func faultOf(err error) Class {
	var (
		dial      *net.OpError
		untrusted *tls.CertificateVerificationError
		refused   proxyError
	)
	switch {
	case errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == proxyConnect),
		errors.As(err, &untrusted), errors.Is(err, errUnpinned), errors.As(err, &refused):
		return Unsent
	}
	return Failed
}
