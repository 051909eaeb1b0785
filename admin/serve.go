package admin

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"time"
)

// RequestID is the header that names a request, in its answer and in the log. What a peer sends in it does not count.
const RequestID = "X-Request-Id"

// Streams is where the paths of server-sent events begin: what is served there has no end of its own.
const Streams = "/events/"

// MachineStream is the one of the API.
const MachineStream = "/api/v1/events"

// policy is the Content-Security-Policy of every answer: nothing but our own files, and nobody may frame us.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// ServeHTTP implements http.Handler: what holds for every request, before a part answers it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := newID()
	header(w.Header(), r, id)
	defer s.survive(w, id)
	if s.requests.Add(1) > mostRequests {
		s.requests.Add(-1)
		http.Error(w, "too many requests at once: try again in a moment", http.StatusServiceUnavailable)
		return
	}
	defer s.requests.Add(-1)
	if !s.mayAsk(r.Host) {
		http.Error(w, "this is no name of this server: ask it by its IP address, or add the name to admin.hosts", http.StatusMisdirectedRequest)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostBody)
	if streams(r) {
		s.stream(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// header sets what every answer has. A part may replace Cache-Control.
func header(h http.Header, r *http.Request, id string) {
	h.Set(RequestID, id)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// newID is 64 bits by lot.
func newID() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// streams reports a request for what has no end. One with a body is none: whoever sends it slowly would hold the connection for good, known or not.
func streams(r *http.Request) bool {
	return r.ContentLength == 0 && (strings.HasPrefix(r.URL.Path, Streams) || r.URL.Path == MachineStream)
}

// stream serves what has no end: until the peer goes, or the server closes.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.ended, cancel)() //nolint:contextcheck // the stream ends with the request, and with the server
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // both fail on a writer that has no connection, and needs none
	_ = control.SetWriteDeadline(time.Time{})
	s.mux.ServeHTTP(&slow{ResponseWriter: w, control: control}, r.WithContext(ctx))
}

// slow is the answer of a stream, each write of which has its own time.
type slow struct {
	http.ResponseWriter

	control *http.ResponseController
}

// Unwrap is for http.ResponseController.
func (w *slow) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Write implements http.ResponseWriter. It gives a peer that no longer reads some seconds.
func (w *slow) Write(p []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(streamWithin))
	return w.ResponseWriter.Write(p) //nolint:wrapcheck // net/http's own
}

// FlushError is for http.ResponseController: what is flushed is written now.
func (w *slow) FlushError() error {
	_ = w.control.SetWriteDeadline(time.Now().Add(streamWithin))
	return w.control.Flush() //nolint:wrapcheck // net/http's own
}

// survive keeps a panic to its one request. The log has nothing of it but its id. http.ErrAbortHandler breaks the connection, as it should.
func (s *Server) survive(w http.ResponseWriter, id string) {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(http.ErrAbortHandler)
	}
	s.deps.Log.WithField("kind", fmt.Sprintf("%T", p)).WithField("request", id).WithField("stack", where()).
		Error("a request to the window panicked")
	http.Error(w, "something went wrong here; the log has it as request "+id, http.StatusInternalServerError)
}

// where names the functions of a panic, without their arguments.
func where() []string {
	const skip, depth = 4, 16
	pcs := make([]uintptr, depth)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(skip, pcs)])
	var out []string
	for {
		f, more := frames.Next()
		out = append(out, fmt.Sprintf("%s:%d", f.Function, f.Line))
		if !more {
			return out
		}
	}
}

// names are the DNS names under which the window may be asked, in lower case.
type names map[string]bool

func newNames(hosts []string) *names {
	out := names{"localhost": true}
	for _, host := range hosts {
		out[strings.ToLower(host)] = true
	}
	return &out
}

// mayAsk judges a Host header. A page of another site can have its own name lead here (DNS rebinding), but neither an IP address nor one of
// our names.
func (s *Server) mayAsk(host string) bool {
	name := hostname(host)
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return (*s.names.Load())[name] || s.pair != nil && name != "" && s.pair.covers(name)
}

// hostname is a Host header without port, brackets, and the dot of the root, in lower case.
func hostname(host string) string {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"), "."))
}
