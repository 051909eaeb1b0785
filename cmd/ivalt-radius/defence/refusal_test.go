package defence

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/incident"
)

// full is a trail on a full disk.
type full struct{}

func (full) Commit(context.Context, audit.Event) error { return errors.New("disk full") }

// TestKindsOfRefusal: what the commands say no to has a kind, and the words that the terminal shows.
func TestKindsOfRefusal(t *testing.T) {
	s := newSite(t)
	s.onFiles(t, func(d Deps) {
		sound, broken := http.NewServeMux(), http.NewServeMux()
		Handle(sound, d)
		d.Trail = full{}
		Handle(broken, d)
		ask := func(mux *http.ServeMux, path string, in any) (r view.Refusal) {
			err := control.Within(t.Context(), mux, "account=alice", path, in, nil)
			if err != nil && !errors.As(err, &r) {
				t.Error(err)
			}
			return r
		}
		if r := ask(sound, view.PathAck, named{ID: s.alice, Reason: "mine"}); r.Words != "" {
			t.Fatal(r)
		}
		for name, c := range map[string]struct {
			mux  *http.ServeMux
			path string
			in   any
			want view.Refusal
		}{
			"no incident":   {sound, view.PathIncident, named{ID: "none"}, view.Refusal{Kind: view.Missing, Words: incident.ErrNone.Error()}},
			"acknowledged":  {sound, view.PathAck, named{ID: s.alice, Reason: "mine too"}, view.Refusal{Kind: view.Conflicting, Words: fmt.Sprintf("incident %s is acknowledged already, by account=alice: mine", s.alice)}},
			"no reason":     {sound, view.PathClose, named{ID: s.alice}, view.Refusal{Kind: view.Invalid, Words: "the reason: say why in 1 to 500 octets, without control characters; it stands in the trail"}},
			"no block":      {sound, view.PathUnblock, lifting{subject{Address: "192.0.2.9"}, "r"}, view.Refusal{Kind: view.Missing, Words: "there is no such block of exactly 192.0.2.9: see ivalt-radius block list"}},
			"nobody":        {sound, view.PathBlock, placing{For: time.Hour, Reason: "r"}, view.Refusal{Kind: view.Invalid, Words: "name either --user or --address"}},
			"no server":     {sound, view.PathLockouts, nil, view.Refusal{Kind: view.Unavailable, Words: errNoServer.Error()}},
			"reading":       {broken, view.PathIncidents, nil, view.Refusal{Kind: view.Unavailable, Words: "keeping the evidence: disk full"}},
			"showing":       {broken, view.PathIncident, named{ID: s.alice}, view.Refusal{Kind: view.Unavailable, Words: "keeping the evidence: disk full"}},
			"listing":       {broken, view.PathBlocks, nil, view.Refusal{Kind: view.Unavailable, Words: "keeping the evidence: disk full"}},
			"blocking":      {broken, view.PathBlock, placing{subject{User: "bob"}, time.Hour, "r", false}, view.Refusal{Kind: view.Unavailable, Words: "keeping the evidence: disk full"}},
			"unblocking":    {broken, view.PathUnblock, lifting{subject{Address: "192.0.2.7"}, "r"}, view.Refusal{Kind: view.Unavailable, Words: "keeping the evidence: disk full"}},
			"no such thing": {sound, view.PathBlock, 7, view.Refusal{Kind: view.Invalid, Words: "understanding the command: json: cannot unmarshal number into Go value of type defence.placing"}},
		} {
			if r := ask(c.mux, c.path, c.in); r != c.want {
				t.Errorf("%s: kind %d, %s", name, r.Kind, r.Words)
			}
		}
	})
	for err, want := range map[error]view.Kind{
		block.ErrFull: view.Conflicting, errors.Join(block.ErrNoBlock, block.ErrElsewhere): view.Unavailable, incident.ErrEvidence: view.Unavailable,
		incident.ErrUnwritten: view.Failed,
	} {
		if r, ok := errors.AsType[view.Refusal](refusal(fmt.Errorf("around: %w", err))); !ok || r.Kind != want || r.Words != "around: "+err.Error() {
			t.Errorf("%v: %+v", err, r)
		}
	}
}
