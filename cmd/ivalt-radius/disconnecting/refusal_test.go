package disconnecting_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/disconnecting"
	"ivalt-radius/radius/dynauth"
	"ivalt-radius/radius/dynauth/sessions"
)

// TestKindsOfRefusal: what the command says no to has a kind.
func TestKindsOfRefusal(t *testing.T) {
	for name, c := range map[string]struct {
		in   any
		fail error
		want view.Kind
	}{
		"nobody":      {map[string]string{"reason": "r"}, nil, view.Invalid},
		"no reason":   {map[string]string{"user": "alice"}, nil, view.Invalid},
		"no address":  {map[string]string{"address": "home", "reason": "r"}, nil, view.Invalid},
		"no evidence": {map[string]string{"user": "alice", "reason": "r"}, errors.New("disk full"), view.Unavailable},
	} {
		s := &server{table: sessions.New(time.Now), fail: c.fail}
		mux := http.NewServeMux()
		disconnecting.Handle(mux, dynauth.New(dynauth.Deps{Table: s.table, Clients: s, Recorder: s, Now: time.Now}), s)
		var refusal view.Refusal
		if err := control.Within(t.Context(), mux, "a", view.PathEnd, c.in, nil); !errors.As(err, &refusal) || refusal.Kind != c.want || len(s.kept) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
