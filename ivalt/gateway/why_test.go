package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"ivalt-radius/ivalt/ivalttest/gatewaytest"
)

func TestWhyOfErrors(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for _, tc := range []struct {
		name  string
		err   error
		why   Why
		cause string
	}{
		{"untrusted", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, Untrusted, "x509: certificate signed by unknown authority"},
		{"no such host", &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "api.example", IsNotFound: true}}, NoName, "lookup api.example: no such host"},
		{"a slow resolver", &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "i/o timeout", Name: "api.example", IsTimeout: true}}, Late, "i/o timeout"},
		{"refused", refused, NoListener, "connect: connection refused"},
		{"a deadline", fmt.Errorf("trip: %w", context.DeadlineExceeded), Late, "no answer within 10s"},
		{"a slow connection", &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}, Late, "i/o timeout"},
		{"no TLS", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, NoTLS, "first record"},
		{"plain HTTP", http.ErrSchemeMismatch, NoTLS, "an HTTP answer"},
		{"an alert", &net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}, NoTLS, "handshake failure"},
		{"no version", errors.New("tls: server selected unsupported protocol version 302"), NoTLS, "version 302"},
		{"reset", &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}, Broken, "reset by peer"},
		{"closed", io.ErrUnexpectedEOF, Broken, "closed before"},
		{"given up", context.Canceled, GivenUp, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			why, cause := whyOf(tc.err)
			if why != tc.why || !strings.Contains(cause, tc.cause) {
				t.Errorf("%q, %q; want %q, %q", why, cause, tc.why, tc.cause)
			}
		})
	}
	for w := range Whys {
		if (w.String() == "") != (w == Answered) {
			t.Errorf("kind %d has the word %q", w, w)
		}
	}
	if Whys.String() != Broken.String() {
		t.Error("a kind that is none has no word")
	}
}

// TestACauseQuotesNobody: net/http's own texts hold octets of the answer, a url.Error the URL.
func TestACauseQuotesNobody(t *testing.T) {
	secretText := testKey + testMobile
	for _, err := range []error{
		&url.Error{Op: "Post", URL: "https://user:" + secretText + "@api.example/?k=" + secretText, Err: io.EOF},
		errors.New(`malformed HTTP response "` + secretText + `"`),
		&url.Error{Op: "Post", URL: "https://" + secretText, Err: &net.OpError{Op: "read", Net: "tcp", Err: errors.New("reset")}},
	} {
		if _, cause := whyOf(err); cause == "" || strings.Contains(cause, testKey) || strings.Contains(cause, testMobile) {
			t.Errorf("%q", cause)
		}
	}
	loud := &tls.CertificateVerificationError{Err: errors.New("x509: \x1b[2J\n" + strings.Repeat("ü", 500))}
	if _, cause := whyOf(loud); len(cause) > mostCause || strings.ContainsFunc(cause, func(r rune) bool { return r < ' ' || r > '~' }) {
		t.Errorf("%q", cause)
	}
}

func TestWhyOfAnswers(t *testing.T) {
	for _, tc := range []struct {
		name  string
		write func(w http.ResponseWriter)
		why   Why
		cause string
	}{
		{"an answer", func(w http.ResponseWriter) { answer(w, 404, gatewaytest.Pending) }, Answered, ""},
		{"a refusal", func(w http.ResponseWriter) { answer(w, 403, gatewaytest.BadKey) }, Answered, ""},
		{"5xx", func(w http.ResponseWriter) { answer(w, 503, testKey) }, ServerError, "status 503"},
		{"a page", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "<html>"+testKey)
		}, NoJSON, "status 200: an HTML page"},
		{"an empty body", func(w http.ResponseWriter) { answer(w, 200, "") }, NoJSON, "status 200: no JSON object"},
		{"huge", func(w http.ResponseWriter) { answer(w, 200, strings.Repeat(" ", mostBody+1)) }, NoJSON, "status 200: larger than is read"},
		{"cut", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "5000")
			answer(w, 200, gatewaytest.Pending)
		}, Broken, "the connection was closed before the answer was whole"},
		{"a header with an echo", func(w http.ResponseWriter) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, testKey+" is what you sent\r\n\r\n")
				_ = conn.Close()
			}
		}, Broken, "the connection broke, or the answer is no HTTP"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := plain(t, func(w http.ResponseWriter, _ *http.Request) { tc.write(w) })
			if got := c.Poll(t.Context(), theQuestion(t)); got.Why != tc.why || got.Cause != tc.cause {
				t.Errorf("%q, %q; want %q, %q", got.Why, got.Cause, tc.why, tc.cause)
			}
		})
	}
}

func TestWhyOfTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	c := newTestClient(t, Options{URL: server.URL, Roots: x509.NewCertPool()})
	if got := c.Poll(t.Context(), theQuestion(t)); got.Why != Untrusted || !strings.Contains(got.Cause, "x509:") {
		t.Errorf("%+v", got)
	}
	c = newTestClient(t, Options{URL: strings.Replace(server.URL, "https", "http", 1)})
	if want := strings.TrimPrefix(server.URL, "https://"); c.Host() != want {
		t.Errorf("host %q, want %q", c.Host(), want)
	}
	if got := New(Options{URL: "https://user:pass@api.example:8443/base?key=1"}).Host(); got != "api.example:8443" {
		t.Errorf("host %q", got)
	}
	if got := New(Options{URL: "http://a b"}).Host(); got != "" {
		t.Errorf("host %q", got)
	}
}
