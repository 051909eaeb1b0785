package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Report is what a walk came to.
type Report struct {
	Findings []Finding
	Settings Settings
	Calls    int   // that were made
	Ended    error // why the walk ended early; nil: it did not. Its text is fit for a screen

	record record
	scrub  *scrubber
}

// errLeak is a fault of this package: the record is not given out.
var errLeak = errors.New("the record holds something of the person or a secret, and is not written; please report this")

// record is the file.
type record struct {
	Format   int            `json:"format"`
	Tool     string         `json:"tool"`
	Date     string         `json:"date"`
	Host     string         `json:"host"`
	Dialect  string         `json:"dialect"`
	Signed   string         `json:"signed,omitempty"`
	Proxy    string         `json:"proxy,omitempty"`
	Ended    string         `json:"ended_early,omitempty"`
	Findings []Finding      `json:"findings"`
	Settings string         `json:"settings"`
	Calls    []recordedCall `json:"calls"`
}

// recordedCall is one exchange without anything of anybody.
type recordedCall struct {
	Number    int         `json:"call"`
	Step      int         `json:"step"`
	Purpose   purpose     `json:"purpose"`
	Endpoint  place       `json:"endpoint"`
	Path      string      `json:"path"`
	Label     int         `json:"request_from_characters,omitempty"`
	AfterMS   int64       `json:"after_ms"`
	TookMS    int64       `json:"took_ms"`
	Status    int         `json:"status"`
	NoAnswer  string      `json:"no_answer,omitempty"`
	Class     string      `json:"class"`
	WithEcho  string      `json:"class_with_echo,omitempty"` // where it is another one
	Header    headerShape `json:"header"`
	Body      any         `json:"body"`
	BodyBytes int         `json:"body_octets"`
}

// report makes all of it, now that every word is known that has to be kept out.
func (w *walk) report(ended error) Report {
	w.scrub.keepMobile(w.mobile.E164())
	r := Report{Findings: w.findings(), Settings: w.settings(), Calls: len(w.calls), Ended: ended, scrub: w.scrub}
	r.record = record{
		Format: 1, Tool: "ivalt-radius", Date: w.began.UTC().Format(time.DateOnly), Host: hostWord(w.client.Host()),
		Dialect: w.Gateway.Dialect, Findings: r.Findings, Settings: r.Settings.YAML(), Calls: []recordedCall{},
	}
	if w.Gateway.Version != "" {
		r.record.Tool += " " + w.Gateway.Version
	}
	if !w.Gateway.Signing.Empty() {
		r.record.Signed = "yes"
	}
	if !w.Gateway.Proxy.Empty() {
		r.record.Proxy = "yes"
	}
	if ended != nil {
		r.record.Ended = ended.Error()
	}
	for _, c := range w.calls {
		r.record.Calls = append(r.record.Calls, w.recorded(c))
	}
	return r
}

func (w *walk) recorded(c call) recordedCall {
	out := recordedCall{
		Number: c.number, Step: c.step, Purpose: c.purpose, Endpoint: c.place, Path: c.path, Label: c.label,
		AfterMS: c.after.Milliseconds(), TookMS: c.raw.Came.Sub(c.raw.Left).Milliseconds(), Status: c.result.Status,
		NoAnswer: c.raw.Why.String(), Class: called(c.result), Header: w.scrub.header(c.raw.Header, c.raw.Came),
		Body: w.scrub.body(c.raw.Body), BodyBytes: len(c.raw.Body),
	}
	if (c.place == geofence || c.place == plain) && c.echo != c.result.Class {
		out.WithEcho = c.echo.String()
	}
	if c.result.Status != 0 && c.raw.Body == nil {
		out.Body = "larger than is read"
	}
	return out
}

// hostWord names iVALT's own hosts alone: another one is the operator's.
func hostWord(host string) string {
	if slices.Contains([]string{"api.ivalt.com", "dev.api.ivalt.com"}, host) {
		return host
	}
	return "another"
}

// JSON is the record as a file has it. It is looked through once more for what it may not hold; finding any is an error.
func (r Report) JSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(r.record); err != nil {
		return nil, fmt.Errorf("writing the record: %w", err)
	}
	if r.scrub.leaks(b.String()) {
		return nil, errLeak
	}
	return b.Bytes(), nil
}
