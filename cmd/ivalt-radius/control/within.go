package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"ivalt-radius/admin/view"
)

// statuses are those of a refusal's kind.
var statuses = map[view.Kind]int{ //nolint:gochecknoglobals // a constant table
	view.Failed: http.StatusInternalServerError, view.Invalid: http.StatusBadRequest, view.Missing: http.StatusNotFound,
	view.Conflicting: http.StatusConflict, view.Unavailable: http.StatusServiceUnavailable,
}

// status is that of an error: of a Refusal its kind's; any other error says what is wrong with what was asked.
func status(err error) int {
	if refusal, ok := errors.AsType[view.Refusal](err); ok {
		if s, known := statuses[refusal.Kind]; known {
			return s
		}
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// kind is that of a refusal with a status.
func kind(status int) view.Kind {
	for kind, s := range statuses {
		if s == status {
			return kind
		}
	}
	return view.Failed
}

// Within asks the server from within, for an actor whom the caller vouches for. The error is a view.Refusal where the server refuses.
func Within(ctx context.Context, h http.Handler, actor, path string, in, out any) error {
	if in == nil {
		in = struct{}{}
	}
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encoding the command: %w", err)
	}
	req, err := http.NewRequestWithContext(context.WithValue(ctx, actorKey{}, actor), http.MethodPost, "http://control"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("making the command: %w", err)
	}
	answer := answer{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(&answer, req)
	if answer.status != http.StatusOK {
		return view.Refusal{Kind: kind(answer.status), Words: strings.TrimSpace(answer.body.String())}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer.body.Bytes(), out); err != nil {
		return fmt.Errorf("understanding the server's answer: %w", err)
	}
	return nil
}

// answer is an answer that is kept.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) } //nolint:wrapcheck // a buffer
