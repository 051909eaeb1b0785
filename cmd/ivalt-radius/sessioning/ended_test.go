package sessioning

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/cmd/ivalt-radius/control"
)

// TestEnded: sessions that have stopped, by the trail, each once.
func TestEnded(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	trail, err := audit.Open(file, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	alice := audit.Accounting{Client: "vpn", NAS: "gw1", User: "alice", CallingStation: "203.0.113.9", Session: "s1", FramedIP: "10.8.0.7", SessionTime: 3600, InputOctets: 2048, OutputOctets: 4096, TerminateCause: 5}
	bob := audit.Accounting{Client: "wlan", NAS: "gw2", User: "bob", Session: "s1"}
	for _, r := range []struct {
		a      audit.Accounting
		status string
	}{{alice, "start"}, {alice, "stop"}, {alice, "interim_update"}, {alice, "stop"}, {bob, "start"}, {bob, "stop"}} {
		r.a.Status = r.status
		if err := trail.Commit(t.Context(), r.a); err != nil {
			t.Fatal(err)
		}
	}
	if err := trail.Close(); err != nil {
		t.Fatal(err)
	}
	s := newServer(t)
	s.records = query.Trail{Live: file}
	for name, c := range map[string]struct {
		in    view.SessionFilter
		users string
	}{
		"all": {view.SessionFilter{Ended: true}, "bob alice"}, "of a client": {view.SessionFilter{Ended: true, Client: "vpn"}, "alice"},
		"of a person": {view.SessionFilter{Ended: true, User: "BOB"}, "bob"}, "of nobody": {view.SessionFilter{Ended: true, User: "carol"}, ""},
	} {
		var got view.Sessions
		if err := control.Within(t.Context(), s.mux(), "a", view.PathSessions, c.in, &got); err != nil {
			t.Fatal(name, err)
		}
		var users []string
		for _, one := range got.Sessions {
			users = append(users, one.User)
			if one.State != view.SessionEnded || one.Ended.IsZero() {
				t.Errorf("%s: %+v", name, one)
			}
		}
		if strings.Join(users, " ") != c.users || got.Left != 0 {
			t.Errorf("%s: %q", name, users)
		}
	}
	var got view.Sessions
	if err := control.Within(t.Context(), s.mux(), "a", view.PathSessions, view.SessionFilter{Ended: true, Client: "vpn"}, &got); err != nil {
		t.Fatal(err)
	}
	if one := got.Sessions[0]; one.Cause != "Session-Timeout" || one.Ended.Sub(one.Started).Seconds() != 3600 || got.Input != 2048 || got.Output != 4096 {
		t.Errorf("%+v", got)
	}
	var out bytes.Buffer
	if err := show(&out, got, true); err != nil || !strings.Contains(out.String(), "CAUSE") || !strings.Contains(out.String(), "Session-Timeout") || !strings.Contains(out.String(), "1 session, 2.0KiB up, 4.0KiB down") {
		t.Errorf("%s, %v", out.String(), err)
	}
	var refusal view.Refusal
	if err := control.Within(t.Context(), s.mux(), "a", view.PathSessions, view.SessionFilter{Since: heard()}, nil); err == nil {
		t.Error("since without ended", refusal)
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for n, want := range map[uint64]string{0: "0B", 1023: "1023B", 1024: "1.0KiB", 1536: "1.5KiB", 5 << 30: "5.0GiB", 1 << 50: "1.0PiB", 1<<64 - 1: "16.0EiB"} {
		if got := octets(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	if amount(5, view.Session{Unsure: true}) != "~5B" || amount(5, view.Session{State: view.SessionLogin}) != "-" || plus(1<<63, 1<<63) != 1<<64-1 {
		t.Error("an amount")
	}
	for want, s := range map[string]view.Session{"-": {}, "10.8.0.7": {FramedIP: "10.8.0.7"}, "2001:db8::/64": {FramedIPv6: "2001:db8::/64"}, "10.8.0.7,2001:db8::7": {FramedIP: "10.8.0.7", FramedIPv6: "2001:db8::7"}} {
		if got := within(s); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
