package control

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ivalt-radius/admin/view"
)

// TestWithin: what is asked from within is answered as over the socket, for the actor that is named, and a refusal keeps its kind.
func TestWithin(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /who", func(w http.ResponseWriter, r *http.Request) {
		var in map[string]int
		err := Decode(w, r, &in)
		Answer(w, map[string]any{"actor": Actor(r.Context()), "n": len(in)}, err)
	})
	var out struct {
		Actor string
		N     int
	}
	if err := Within(t.Context(), mux, "account=a", "/who", map[string]int{"x": 1}, &out); err != nil || out.Actor != "account=a" || out.N != 1 {
		t.Errorf("%v, %+v", err, out)
	}
	if err := Within(t.Context(), mux, "account=a", "/who", nil, nil); err != nil {
		t.Errorf("nothing in, nothing out: %v", err)
	}
	if err := Within(t.Context(), mux, "a", "/who", nil, new(int)); err == nil {
		t.Error("an answer of another form is taken")
	}
	if err := Within(t.Context(), mux, "a", "/who", func() {}, &out); err == nil {
		t.Error("what is no JSON is asked")
	}
	if err := Within(t.Context(), mux, "a", "/\x00", nil, &out); err == nil {
		t.Error("what is no path is asked")
	}
	for err, want := range map[error]view.Kind{
		errors.New("odd"): view.Invalid, view.Refusal{Words: "x"}: view.Failed,
		view.Refusal{Kind: view.Missing}: view.Missing, fmt.Errorf("wrapped: %w", view.Refusal{Kind: view.Conflicting}): view.Conflicting,
		view.Refusal{Kind: view.Unavailable}: view.Unavailable, view.Refusal{Kind: view.Kind(99)}: view.Failed,
	} {
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { Answer(w, nil, err) })
		got, ok := errors.AsType[view.Refusal](Within(t.Context(), h, "a", "/", nil, nil))
		if !ok || got.Kind != want || got.Words != strings.TrimSpace(err.Error()) {
			t.Errorf("%v became %+v", err, got)
		}
	}
	gone, ok := errors.AsType[view.Refusal](Within(t.Context(), mux, "a", "/nowhere", nil, nil))
	if !ok || gone.Kind != view.Missing {
		t.Errorf("no such command: %+v", gone)
	}
}
