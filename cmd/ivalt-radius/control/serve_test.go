package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/admin/view"
)

var errWords = errors.New("the words")

// TestRefused: an error that gets a kind says and is what it was, and the kind reaches whoever asks from within.
func TestRefused(t *testing.T) {
	t.Parallel()
	if Refused(view.Missing, nil) != nil {
		t.Error("nothing is refused")
	}
	for name, c := range map[string]struct {
		err  error
		want view.Kind
	}{
		"none":       {errWords, view.Invalid},
		"missing":    {Refused(view.Missing, errWords), view.Missing},
		"within":     {fmt.Errorf("around: %w", Refused(view.Conflicting, errWords)), view.Conflicting},
		"the first":  {Refused(view.Invalid, Refused(view.Unavailable, errWords)), view.Unavailable},
		"a fault":    {Refused(view.Failed, errWords), view.Failed},
		"beside one": {errors.Join(errWords, Refused(view.Unavailable, errWords)), view.Unavailable},
	} {
		if !errors.Is(c.err, errWords) {
			t.Errorf("%s: %v is no longer what it was", name, c.err)
		}
		mux := http.NewServeMux()
		Serve(mux, "/x", func(context.Context, string, view.Named) (view.Named, error) { return view.Named{}, c.err })
		var refusal view.Refusal
		if err := Within(t.Context(), mux, "a", "/x", nil, nil); !errors.As(err, &refusal) || refusal.Kind != c.want || refusal.Words != c.err.Error() {
			t.Errorf("%s: %v, want kind %d", name, err, c.want)
		}
	}
}

// TestServe: what is asked, by whom, reaches the command; what cannot be read does not.
func TestServe(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	Serve(mux, "/x", func(_ context.Context, actor string, in view.Named) (string, error) { return actor + " " + in.ID, nil })
	var got string
	if err := Within(t.Context(), mux, "account=alice", "/x", view.Named{ID: "7"}, &got); err != nil || got != "account=alice 7" {
		t.Error(got, err)
	}
	if err := Within(t.Context(), mux, "account=alice", "/x", 7, &got); err == nil {
		t.Error("a number is read as a name")
	}
}

func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := make(Turns, 1)
		end, err := turns.Take(t.Context(), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		var refusal view.Refusal
		if _, err := turns.Take(t.Context(), time.Second); !errors.As(err, &refusal) || refusal.Kind != view.Unavailable || time.Since(began) != time.Second {
			t.Error(err, time.Since(began))
		}
		time.AfterFunc(time.Second/2, end)
		second, err := turns.Take(t.Context(), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		second()
	})
}
