package clienting

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/config"
)

// trailThat keeps evidence, or fails.
type trailThat struct{ err error }

func (k trailThat) Commit(context.Context, audit.Event) error { return k.err }

// TestKindsOfRefusal: what the commands say no to has a kind.
func TestKindsOfRefusal(t *testing.T) {
	s := newSite(t)
	settings := s.settings(t)
	s.remember(t, func(m *Memory) {
		sound, broken := http.NewServeMux(), http.NewServeMux()
		Handle(sound, Running{Settings: func() *config.Settings { return settings }, Memory: m, Trail: trailThat{}})
		Handle(broken, Running{Settings: func() *config.Settings { return settings }, Memory: m, Trail: trailThat{errors.New("disk full")}})
		here := addr("192.0.2.1")
		if err := control.Within(t.Context(), sound, "a", enforcePath, Order{Client: "free", Address: here, Reason: "r", Force: true}, nil); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			mux  *http.ServeMux
			path string
			in   any
			want view.Kind
		}{
			"no client":        {sound, enforcePath, Order{Client: "none", Reason: "r"}, view.Missing},
			"no address":       {sound, enforcePath, Order{Client: "free", Address: addr("10.0.0.1"), Reason: "r"}, view.Missing},
			"no reason":        {sound, enforcePath, Order{Client: "free"}, view.Invalid},
			"enforced already": {sound, enforcePath, Order{Client: "free", Address: here, Reason: "r"}, view.Conflicting},
			"not ready":        {sound, enforcePath, Order{Client: "auto", Reason: "r"}, view.Conflicting},
			"nothing known":    {sound, forgetPath, Order{Client: "free", Address: addr("192.0.2.2")}, view.Missing},
			"no client's":      {sound, forgetPath, Order{Client: "free"}, view.Missing},
			"no evidence":      {broken, forgetPath, Order{Client: "free", Address: here}, view.Unavailable},
			"none of it":       {broken, enforcePath, Order{Client: "free", Reason: "r", Force: true}, view.Unavailable},
			"unreadable":       {sound, enforcePath, 7, view.Invalid},
		} {
			var refusal view.Refusal
			if err := control.Within(t.Context(), c.mux, "a", c.path, c.in, nil); !errors.As(err, &refusal) || refusal.Kind != c.want {
				t.Errorf("%s: %+v", name, err)
			}
		}
	})
}
