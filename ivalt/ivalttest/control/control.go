package control

import (
	"embed"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"ivalt-radius/ivalt/ivalttest"
)

// Reach is who may open the page and use the endpoint. The zero Reach is the safe one.
type Reach uint8

// The reaches.
const (
	ThisMachine      Reach = iota // loopback addresses, under a name of this machine
	InsecureAnywhere              // whoever reaches the listener: they can approve logins
)

// deck is the endpoint of one Cloud.
type deck struct {
	cloud *ivalttest.Cloud
	reach Reach
}

// New serves the phone page at /, the endpoint under /control/, and the Cloud everywhere else.
func New(cloud *ivalttest.Cloud, reach Reach) http.Handler {
	d := &deck{cloud: cloud, reach: reach}
	own := d.gate(d.routes())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.Path
		if p == "/" || strings.HasPrefix(p, "/control/") || strings.HasPrefix(p, "/phone.") {
			own.ServeHTTP(w, r)
			return
		}
		cloud.ServeHTTP(w, r)
	})
}

func (d *deck) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", asset("page.html", "text/html; charset=utf-8"))
	mux.HandleFunc("GET /phone.js", asset("phone.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("GET /phone.css", asset("phone.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET /phone.svg", asset("phone.svg", "image/svg+xml"))
	mux.HandleFunc("GET /control/state", d.getState)
	mux.HandleFunc("POST /control/person", posted(d.postPerson))
	mux.HandleFunc("POST /control/approve", posted(answered(d.cloud.Approve, d.cloud.ApprovePush)))
	mux.HandleFunc("POST /control/deny", posted(answered(d.cloud.Deny, d.cloud.DenyPush)))
	mux.HandleFunc("POST /control/fault", posted(d.postFault))
	mux.HandleFunc("POST /control/options", posted(d.postOptions))
	mux.HandleFunc("POST /control/reset", posted(d.postReset))
	return mux
}

// maxBody bounds what a POST may hold.
const maxBody = 64 << 10

//go:embed page.html phone.js phone.css phone.svg
var assets embed.FS

// policyHeader lets the page load its own three files and speak to its own origin, and nothing else.
const policyHeader = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

func asset(name, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		b, err := assets.ReadFile(name)
		if err != nil {
			http.Error(w, "no such page", http.StatusNotFound)
			return
		}
		write(w, http.StatusOK, kind, b)
	}
}

// gate lets this machine in and nobody else: by the address that asks, and by the name that was asked for, since a page
// elsewhere may bind its own name to 127.0.0.1.
func (d *deck) gate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Security-Policy": policyHeader, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			w.Header().Set(name, value)
		}
		if local := loopback(r.RemoteAddr) && loopback(r.Host); !local && d.reach != InsecureAnywhere {
			refuse(w, http.StatusForbidden, errors.New("the phone and the control endpoint answer this machine alone"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// loopback reports whether an address or a Host, with or without port, is this machine.
func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// posted is a POST that no foreign page can make: its type forces a browser to ask first, and its Origin is our own.
func posted(do func(body []byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || media != "application/json" {
			refuse(w, http.StatusUnsupportedMediaType, errors.New("Content-Type must be application/json"))
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host {
			refuse(w, http.StatusForbidden, errors.New("the request comes from another site"))
			return
		}
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
			refuse(w, http.StatusForbidden, errors.New("the request comes from another site"))
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		if err != nil || len(body) > maxBody {
			refuse(w, http.StatusRequestEntityTooLarge, errors.New("the body cannot be read, or is over 64 KiB"))
			return
		}
		if err := do(body); err != nil {
			refuse(w, statusOf(err), err)
			return
		}
		write(w, http.StatusOK, kindJSON, []byte(`{"ok":true}`))
	}
}

// errNothingOpen is an answer to a push that nobody waits for.
var errNothingOpen = errors.New("no such push waits for an answer")

func statusOf(err error) int {
	if errors.Is(err, errNothingOpen) {
		return http.StatusConflict
	}
	return http.StatusBadRequest
}

func refuse(w http.ResponseWriter, status int, err error) {
	b, failed := json.Marshal(map[string]string{"error": err.Error()})
	if failed != nil {
		b = []byte(`{"error":"refused"}`)
	}
	write(w, status, kindJSON, b)
}

const kindJSON = "application/json"

func write(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// decode reads one JSON object and nothing else.
func decode(body []byte, into any) error {
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one JSON document")
	}
	return nil
}

// span is a duration as JSON carries it: Go's text.
type span time.Duration

// MarshalText implements encoding.TextMarshaler.
func (s span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = span(d)
	return err
}
