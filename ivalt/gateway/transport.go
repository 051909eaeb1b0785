package gateway

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"ivalt-radius/secret"
)

// Pin is the SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469 section 2.4).
type Pin [sha256.Size]byte

// errUnpinned: the chain is trusted, and holds none of the keys that the operator named.
var errUnpinned = errors.New("none of ivalt.pins is in the verified chain")

// proxyError is a proxy's answer to CONNECT that is not 200.
type proxyError struct{ status int }

func (r proxyError) Error() string { return "status " + strconv.Itoa(r.status) + " to CONNECT" }

// newTransport takes no proxy from the environment, speaks HTTP/2 or HTTP/1.1 over kept connections, and asks for no
// compression, so that no small answer grows. A RoundTripper follows no redirect.
//
// By itself net/http repeats a request with a body where it can get the body anew (Request.GetBody): over HTTP/1.1 where not one
// octet was written; over HTTP/2 after REFUSED_STREAM and after a GOAWAY that leaves the stream out, both unprocessed by RFC
// 9113 section 8.7, but also after a PROTOCOL_ERROR, of which no RFC says so. Hence post gives it no GetBody: what is left is
// a request whose connection was gone before any of it was sent.
func newTransport(o Options) *http.Transport {
	t := &http.Transport{
		DialContext:            o.dial(),
		TLSClientConfig:        o.tls(),
		TLSHandshakeTimeout:    Timeout / 2,
		ForceAttemptHTTP2:      true,
		HTTP2:                  liveliness(),
		DisableCompression:     true,
		MaxConnsPerHost:        o.Connections,
		MaxIdleConns:           o.Connections,
		MaxIdleConnsPerHost:    o.Connections,
		IdleConnTimeout:        30 * time.Second, // below a gateway's, so that a push seldom meets a closing connection
		MaxResponseHeaderBytes: 32 << 10,
	}
	if proxy := parseProxy(o.Proxy); proxy != nil {
		plain := *proxy
		plain.Scheme = "http" // o.dial does TLS with the proxy, so that no pin of iVALT's is asked of it
		t.Proxy = http.ProxyURL(&plain)
		t.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, r *http.Response) error {
			if r.StatusCode != http.StatusOK {
				return proxyError{status: r.StatusCode}
			}
			return nil
		}
	}
	return t
}

// liveliness has a connection that went silent, or takes nothing any more, closed within the time of one call: all calls would
// go on using it.
func liveliness() *http.HTTP2Config {
	return &http.HTTP2Config{SendPingTimeout: Timeout / 3, PingTimeout: Timeout / 3, WriteByteTimeout: Timeout / 2}
}

// verified is the part of TLS that iVALT and a proxy have in common: 1.3, or 1.2 with an AEAD cipher and forward secrecy.
func (o Options) verified() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		RootCAs:    o.Roots,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
	}
}

// tls adds the pins, and notes when the certificate ends.
func (o Options) tls() *tls.Config {
	c := o.verified()
	c.VerifyConnection = func(state tls.ConnectionState) error {
		if !o.pinned(state.VerifiedChains) {
			return errUnpinned
		}
		if o.Ends != nil {
			o.Ends.Store(state.PeerCertificates[0].NotAfter.Unix())
		}
		return nil
	}
	return c
}

// pinned looks for a pin in chains that the usual verification has built, so that pins only ever narrow it.
func (o Options) pinned(chains [][]*x509.Certificate) bool {
	return len(o.Pins) == 0 || slices.ContainsFunc(chains, func(chain []*x509.Certificate) bool {
		return slices.ContainsFunc(chain, func(c *x509.Certificate) bool {
			return slices.Contains(o.Pins, sha256.Sum256(c.RawSubjectPublicKeyInfo))
		})
	})
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// dial is the way to an address: to the proxy's where there is one, through TLS where its URL says so.
func (o Options) dial() dialFunc {
	dial := o.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: Timeout / 2}).DialContext
	}
	proxy := parseProxy(o.Proxy)
	if proxy == nil || proxy.Scheme != "https" {
		return dial
	}
	config := o.verified()
	config.ServerName = proxy.Hostname()
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		plain, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, Timeout/2)
		defer cancel()
		conn := tls.Client(plain, config)
		if err := conn.HandshakeContext(ctx); err != nil {
			_ = plain.Close()
			return nil, err
		}
		return conn, nil
	}
}

// parseProxy is the proxy's URL with its port; nil where there is none, or where it is no URL of a proxy.
func parseProxy(text secret.Secret) *url.URL {
	u, err := url.Parse(text.Reveal())
	if err != nil || text.Empty() || u.Hostname() == "" || u.Opaque != "" || u.RawQuery != "" || u.Fragment != "" || (u.Path != "" && u.Path != "/") {
		return nil
	}
	port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	if port == "" {
		return nil
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), port)
	}
	return u
}
