package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"ivalt-radius/admin/view"
)

// Problem says why something was not done (RFC 9457). Its type is always about:blank: the status says of what sort it is, and the title is the
// status in words (section 4.2.1).
type Problem struct {
	Type   string    `json:"type"`
	Title  string    `json:"title"`
	Status int       `json:"status"`
	Detail string    `json:"detail,omitempty"` // in words, with what to do
	Errors []Invalid `json:"errors,omitempty"` // what is wrong with what was asked

	// What the door adds.
	Permission string   `json:"permission,omitempty"`  // that is missing
	Roles      []string `json:"roles,omitempty"`       // who has it
	RetryAfter int      `json:"retry_after,omitempty"` // seconds, until it may help to ask again
}

// Invalid is a field that cannot be taken. It never repeats the value.
type Invalid struct {
	Detail    string `json:"detail"`
	Pointer   string `json:"pointer,omitempty"`   // into the body, as a fragment: RFC 6901 section 6
	Parameter string `json:"parameter,omitempty"` // of query or path
}

// mostInvalid bounds how many are told.
const mostInvalid = 20

// refused is a Problem on its way.
type refused struct {
	status  int
	detail  string
	invalid []Invalid
}

// Error implements error.
func (r refused) Error() string { return r.detail }

// faulty is a request with fields that cannot be taken.
func faulty(invalid []Invalid) refused {
	return refused{http.StatusBadRequest, "some of what was asked cannot be taken: see errors", invalid[:min(len(invalid), mostInvalid)]}
}

// statusOf is that of what the server refused.
func statusOf(k view.Kind) int {
	switch k {
	case view.Invalid:
		return http.StatusBadRequest
	case view.Missing:
		return http.StatusNotFound
	case view.Conflicting:
		return http.StatusConflict
	case view.Unavailable:
		return http.StatusServiceUnavailable
	case view.Failed:
	}
	return http.StatusInternalServerError
}

// problem is an error as whoever asked may know it: words that are not for people stay here.
func problem(err error) Problem {
	r := refused{status: http.StatusInternalServerError, detail: "something went wrong here; the server's log may say more"}
	var refusal view.Refusal
	switch {
	case errors.As(err, &refusal):
		r.status, r.detail = statusOf(refusal.Kind), refusal.Words
	case errors.Is(err, context.DeadlineExceeded):
		r.status, r.detail = http.StatusServiceUnavailable, "it took too long: ask again"
	default:
		errors.As(err, &r)
	}
	return Problem{Type: "about:blank", Title: http.StatusText(r.status), Status: r.status, Detail: r.detail, Errors: r.invalid}
}

// refuse writes a problem.
func refuse(w http.ResponseWriter, err error) {
	p := problem(err)
	text, err := json.Marshal(p)
	if err != nil { // it is texts and a number
		text = []byte("{}")
	}
	write(w, p.Status, "application/problem+json", append(text, '\n'))
}
