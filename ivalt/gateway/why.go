package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
)

// Why says why a call had no usable answer. The zero Why is an answer.
type Why uint8

// The kinds of an outage.
const (
	Answered     Why = iota
	Untrusted        // the server's certificate is not trusted, or is another host's
	Unpinned         // it is trusted, and its chain holds none of the pinned keys
	NoTLS            // TLS could not be agreed on
	NoName           // the host's name leads nowhere
	NoListener       // the connection was refused
	NoProxy          // the proxy cannot be reached
	ProxyRefused     // the proxy was reached and lets us through to nobody
	Late             // no answer in time
	Broken           // the connection could not be made, or broke
	ServerError      // 5xx
	NoJSON           // an answer that is no JSON, or is larger than is read
	Malformed        // JSON with script-like content
	GivenUp          // we ended the call ourselves: it says nothing about iVALT
	Whys             // how many there are
)

// String is the constant word of the log and of an attempt's detail; empty for an answer.
func (w Why) String() string {
	words := [Whys]string{
		"", "iVALT: TLS certificate not trusted", "iVALT: no pinned key in the certificate chain", "iVALT: no TLS connection",
		"iVALT: name not found", "iVALT: connection refused", "iVALT: the proxy cannot be reached", "iVALT: the proxy refused",
		"iVALT: no answer in time", "iVALT: connection failed", "iVALT: server error", "iVALT: answered no JSON",
		"iVALT: answered script-like content", "iVALT: call given up",
	}
	if w < Whys {
		return words[w]
	}
	return words[Broken]
}

// mostCause is how much of an error's text is kept.
const mostCause = 300

// whyOf sorts the error of a call, and gives the text of it that is fit for a log. Only errors whose texts are written by
// ourselves, the resolver, the socket or the TLS stack are quoted: net/http's own may hold octets of the answer, and
// a url.Error the whole URL.
func whyOf(err error) (why Why, cause string) {
	var (
		untrusted *tls.CertificateVerificationError
		name      *net.DNSError
		record    tls.RecordHeaderError
		socket    *net.OpError
		timeout   net.Error
		refused   proxyError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return GivenUp, ""
	case errors.As(err, &refused):
		return ProxyRefused, refused.Error()
	case errors.As(err, &socket) && socket.Op == proxyConnect:
		return NoProxy, clean(socket.Error())
	case errors.Is(err, errUnpinned):
		return Unpinned, errUnpinned.Error()
	case errors.As(err, &untrusted):
		return Untrusted, clean(untrusted.Error())
	case errors.As(err, &name) && !name.IsTimeout:
		return NoName, clean(name.Error())
	case errors.Is(err, syscall.ECONNREFUSED) && errors.As(err, &socket):
		return NoListener, clean(socket.Error())
	case errors.As(err, &socket) && socket.Timeout():
		return Late, clean(socket.Error())
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return Late, "no answer within " + Timeout.String()
	case errors.As(err, &record):
		return NoTLS, clean(record.Error())
	case errors.Is(err, http.ErrSchemeMismatch):
		return NoTLS, "an HTTP answer where HTTPS was asked"
	case errors.As(err, &socket) && (socket.Op == "remote error" || socket.Op == "local error"):
		return NoTLS, clean(socket.Error()) // an alert
	case errors.As(err, &socket):
		return Broken, clean(socket.Error())
	case strings.HasPrefix(err.Error(), "tls: "):
		return NoTLS, clean(err.Error())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return Broken, "the connection was closed before the answer was whole"
	}
	return Broken, "the connection broke, or the answer is no HTTP"
}

// clean makes a text one printable line of bounded length: a certificate's names are the peer's to choose.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), mostCause)]
}

// pageOf says in constant words what came instead of an answer.
func pageOf(r response, broken Violation) string {
	what := "no JSON object"
	media, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	switch {
	case r.body == nil:
		what = "larger than is read"
	case broken == TooDeep || broken == TwoNames || broken == Script:
		what = broken.String()
	case strings.EqualFold(strings.TrimSpace(media), "text/html"):
		what = "an HTML page"
	}
	return statusText(r.status) + ": " + what
}

func statusText(status int) string { return "status " + strconv.Itoa(status) }
