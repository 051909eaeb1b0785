package rehearsal

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// Line carries calls to a handler in the same process. It implements http.RoundTripper and is safe for concurrent use.
type Line struct {
	Cloud http.Handler
	Way   time.Duration  // how long a call takes there, and its answer back
	Seen  func(Crossing) // is told of every call that arrived, once it was dealt with; nil: nobody is
}

// Crossing is one call as the far end saw it.
type Crossing struct {
	Path, Body   string
	Arrived, Out time.Time // when it came, and when its answer went
	Status       int       // 0: the connection ended without one
	Whole        bool      // the answer went out whole
}

// RoundTrip implements http.RoundTripper. What has arrived takes effect, whether or not the caller still waits.
func (l *Line) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := l.pass(req); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	there := httptest.NewRequestWithContext(req.Context(), req.Method, req.URL.Path, strings.NewReader(string(body)))
	there.URL.RawQuery, there.Header = req.URL.RawQuery, req.Header.Clone()
	answer := httptest.NewRecorder()
	c := Crossing{Path: req.URL.Path, Body: string(body), Arrived: time.Now()}
	c.Whole = serve(l.Cloud, answer, there)
	c.Out = time.Now()
	begun := c.Whole || answer.Body.Len() > 0
	if begun {
		c.Status = answer.Code
	}
	if l.Seen != nil {
		l.Seen(c)
	}
	if err := l.pass(req); err != nil {
		return nil, err
	}
	res := answer.Result()
	switch {
	case !begun:
		_ = res.Body.Close()
		return nil, io.ErrUnexpectedEOF
	case !c.Whole:
		res.Body = io.NopCloser(io.MultiReader(res.Body, cut{}))
	}
	return res, nil
}

// serve reports that the handler did not end the connection, as net/http lets it.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (whole bool) {
	defer func() {
		if why := recover(); why != nil && why != http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
			panic(why)
		}
	}()
	h.ServeHTTP(w, r)
	return true
}

// pass waits while a message is under way.
func (l *Line) pass(req *http.Request) error {
	select {
	case <-time.After(l.Way):
		return req.Context().Err()
	case <-req.Context().Done():
		return req.Context().Err()
	}
}

// cut is where a connection ends in the middle of a body.
type cut struct{}

var errCut = errors.New("the connection ended in the middle of the answer")

// Read implements io.Reader.
func (cut) Read([]byte) (int, error) { return 0, errCut }
