package trail

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/keep"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/config"
)

// keeper keeps evidence, or fails.
type keeper struct{ err error }

func (k keeper) Commit(context.Context, audit.Event) error { return k.err }

// TestKindsOfRefusal: what the commands say no to has a kind.
func TestKindsOfRefusal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sound, broken := http.NewServeMux(), http.NewServeMux()
	for mux, c := range map[*http.ServeMux]Committer{sound: keeper{}, broken: keeper{errors.New("disk full")}} {
		Handle(mux, c)
		HandleHolds(mux, dir, c, &sync.Mutex{})
		HandleForget(t.Context(), mux, nil, func() config.Audit { return config.Audit{} }, nil, nobody{})
	}
	if err := control.Within(t.Context(), sound, "a", holdPath, keep.Hold{Name: "case", Reason: "r"}, nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		mux  *http.ServeMux
		path string
		in   any
		want view.Kind
	}{
		"held already":    {sound, holdPath, keep.Hold{Name: "case", Reason: "r"}, view.Conflicting},
		"no name":         {sound, holdPath, keep.Hold{Reason: "r"}, view.Invalid},
		"not held":        {sound, releasePath, keep.Hold{Name: "other"}, view.Missing},
		"no evidence":     {broken, releasePath, keep.Hold{Name: "case"}, view.Unavailable},
		"none of a hold":  {broken, holdPath, keep.Hold{Name: "new", Reason: "r"}, view.Unavailable},
		"none of reading": {broken, recordPath, access{Action: "tail"}, view.Unavailable},
		"nobody":          {sound, forgetPath, forgetRequest{}, view.Invalid},
		"unreadable":      {sound, recordPath, 7, view.Invalid},
	} {
		var refusal view.Refusal
		if err := control.Within(t.Context(), c.mux, "a", c.path, c.in, nil); !errors.As(err, &refusal) || refusal.Kind != c.want {
			t.Errorf("%s: %+v", name, err)
		}
	}
	f := &forgetter{state: forgetState{Running: true}}
	if r, ok := errors.AsType[view.Refusal](f.start(t.Context(), "a", forgetRequest{User: "bob"})); !ok || r.Kind != view.Conflicting {
		t.Errorf("%+v", r)
	}
}
