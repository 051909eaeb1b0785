package way

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"
)

// Bounds of one POST.
const (
	postWithin  = 20 * time.Second
	dialWithin  = 10 * time.Second
	mostAnswer  = 64 << 10 // octets of the body that are read, so that the server sees its answer taken
	mostHeaders = 16 << 10
	mostAfter   = time.Hour // of Retry-After
)

// poster POSTs to one URL. It follows no redirect, and asks no proxy of the environment: what a notice says is for the receiver alone.
type poster struct {
	at     *url.URL
	client *http.Client
}

func newPoster(at *url.URL, security *tls.Config) poster {
	dialer := &net.Dialer{Timeout: dialWithin}
	if at != nil && at.Scheme == "http" {
		dialer.Control = loopbackAlone
	}
	return poster{at: at, client: &http.Client{
		Timeout:       postWithin,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSClientConfig: security, TLSHandshakeTimeout: dialWithin,
			DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: mostHeaders,
		},
	}}
}

// loopbackAlone lets no name lead plain HTTP to another host.
func loopbackAlone(_, address string, _ syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().Unmap().IsLoopback() {
		return errNotLoopback
	}
	return nil
}

// post sends a body, with headers.
func (p poster) post(ctx context.Context, body []byte, headers map[string]string) (said string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.at.String(), bytes.NewReader(body))
	if err != nil {
		return "", failure("its url cannot be used")
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("User-Agent", "ivalt-radius")
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	answer, err := p.client.Do(request)
	if err != nil {
		return "", connection(err)
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.CopyN(io.Discard, answer.Body, mostAnswer) // whatever it says, the status is what counts
	return judge(answer, time.Now())
}

// judge is what an answer means.
func judge(answer *http.Response, now time.Time) (said string, err error) {
	said = fmt.Sprintf("it answered %d", answer.StatusCode)
	switch code := answer.StatusCode; {
	case code >= http.StatusOK && code < http.StatusMultipleChoices:
		return said, nil
	case code >= http.StatusMultipleChoices && code < http.StatusBadRequest:
		return "", failure(said + ", a redirect, which is not followed: write the url that it leads to")
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= http.StatusInternalServerError:
		return "", &Error{What: said, After: patience(answer.Header.Get("Retry-After"), now)}
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusNotFound: // the settings' fault, or the account's, which somebody mends
		return "", failure(said + ": is the url still right, and allowed?")
	case code >= http.StatusBadRequest:
		return "", &Error{What: said, Permanent: true}
	}
	return "", failure(said)
}

// patience reads Retry-After (RFC 9110 section 10.2.3), up to an hour; 0 where there is none.
func patience(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, mostAfter)
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return max(0, min(at.Sub(now), mostAfter))
}
