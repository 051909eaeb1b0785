package health

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"ivalt-radius/admin/view"
)

// Health is what health is served of.
type Health struct {
	Alive *Checker // loops that must not hang: /healthz, and the watchdog
	Ready *Checker // what a login needs: /readyz
	// Trusted reports that a request comes from somebody who may read notes. Others learn of each check whether it is as it should be, and
	// nothing else. nil: nobody is.
	Trusted func(*http.Request) bool
}

// Handle serves /healthz and /readyz.
func (h Health) Handle(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, h.Alive, "ok", "not alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, h.Ready, "ready", "not ready") })
}

// Answer is what JSON has.
type Answer struct {
	OK     bool         `json:"ok"`
	Checks []view.Check `json:"checks"`
}

// serve answers 200 where all is as it should be, else 503. The text's first line is the one word; /healthz has no more where all is well.
func (h Health) serve(w http.ResponseWriter, r *http.Request, c *Checker, good, bad string) {
	checks := c.Now(r.Context())
	answer := Answer{OK: OK(checks), Checks: h.shown(r, checks)}
	status, word := http.StatusOK, good
	if !answer.OK {
		status, word = http.StatusServiceUnavailable, bad
	}
	if wantsJSON(r) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, word)
	if c == h.Alive && answer.OK {
		return
	}
	for _, check := range answer.Checks {
		state := "ok"
		if !check.OK {
			state = "FAILED"
		}
		_, _ = fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%-14s %-6s %s", check.Name, state, check.Note), " "))
	}
}

// shown are the checks as whoever asks may see them.
func (h Health) shown(r *http.Request, checks []view.Check) []view.Check {
	out := make([]view.Check, len(checks))
	trusted := h.Trusted != nil && h.Trusted(r)
	for i, c := range checks {
		if out[i] = c; !trusted {
			out[i].Note = ""
		}
	}
	return out
}

func wantsJSON(r *http.Request) bool {
	return r.URL.Query().Get("format") == "json" || strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}
