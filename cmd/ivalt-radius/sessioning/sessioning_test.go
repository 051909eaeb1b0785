package sessioning

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/radius/wire"
)

func heard() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC) }

// server knows sessions of alice at the client vpn, whose NAS takes Disconnect-Requests where port is set.
type server struct {
	table *sessions.Table
	port  uint16
	keys  []*wire.Key
	name  string // of the client that the NAS is now
	done  []string
	err   error

	records query.Trail
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{table: sessions.New(heard), port: 3799, keys: []*wire.Key{nil}, name: "vpn"}
	attributes, err := hex.DecodeString("2c047331" + "0806" + "0a080007" + "2005" + "677731") // session s1, 10.8.0.7, gw1
	if err != nil {
		t.Fatal(err)
	}
	s.table.Told("start", sessions.Session{Client: "vpn", Source: netip.MustParseAddr("192.0.2.1"), User: "alice", Station: netip.MustParseAddr("203.0.113.9"), Attributes: attributes, Heard: heard(), Node: "n2"})
	s.table.Admitted(sessions.Session{Client: "wlan", Source: netip.MustParseAddr("192.0.2.2"), User: "bob\x1b", Heard: heard()})
	return s
}

func (s *server) ClientOf(addr netip.Addr) *client.Client {
	if addr != netip.MustParseAddr("192.0.2.1") {
		return nil
	}
	return &client.Client{Auth: auth.Client{Name: s.name}, Keys: s.keys, DisconnectPort: s.port}
}

func (s *server) Commit(_ context.Context, e audit.Event) error {
	s.done = append(s.done, fmt.Sprintf("%+v", e))
	return s.err
}

func (s *server) mux() *http.ServeMux {
	mux := http.NewServeMux()
	Handle(mux, Running{Table: s.table, Clients: s, Trail: s, Records: func() query.Trail { return s.records }})
	return mux
}

func TestList(t *testing.T) {
	t.Parallel()
	alice := view.Session{ID: "s1", User: "alice", Client: "vpn", NAS: "gw1", CallingStation: "203.0.113.9", FramedIP: "10.8.0.7", Node: "n2", Heard: heard(), Started: heard(), State: view.SessionOn, Ends: true}
	for name, c := range map[string]struct {
		in     view.SessionFilter
		change func(s *server)
		ends   bool
		found  int
		filter string
	}{
		"all":               {view.SessionFilter{}, nil, true, 2, ""},
		"of a person":       {view.SessionFilter{User: "ALICE"}, nil, true, 1, `--user "alice"`},
		"of a client":       {view.SessionFilter{Client: "vpn"}, nil, true, 1, `--client "vpn"`},
		"from an address":   {view.SessionFilter{Address: "::ffff:203.0.113.9"}, nil, true, 1, `--calling-station "203.0.113.9"`},
		"of nobody":         {view.SessionFilter{User: "carol"}, nil, true, 0, `--user "carol"`},
		"no port":           {view.SessionFilter{User: "alice"}, func(s *server) { s.port = 0 }, false, 1, `--user "alice"`},
		"no key":            {view.SessionFilter{User: "alice"}, func(s *server) { s.keys = nil }, false, 1, `--user "alice"`},
		"of another client": {view.SessionFilter{User: "alice"}, func(s *server) { s.name = "wlan" }, false, 1, `--user "alice"`},
	} {
		s := newServer(t)
		if c.change != nil {
			c.change(s)
		}
		var got view.Sessions
		if err := control.Within(t.Context(), s.mux(), "account=kim", view.PathSessions, c.in, &got); err != nil {
			t.Fatal(name, err)
		}
		want := alice
		want.Ends = c.ends
		if len(got.Sessions) != c.found || c.found > 0 && !slices.Contains(got.Sessions, want) || got.Sessions == nil {
			t.Errorf("%s: %+v", name, got)
		}
		if access := fmt.Sprintf("%+v", audit.Access{Action: "sessions", Actor: "account=kim", Filter: c.filter}); len(s.done) != 1 || s.done[0] != access {
			t.Errorf("%s is recorded as %s", name, s.done)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   view.SessionFilter
		err  error
		want view.Kind
	}{
		"no name":     {view.SessionFilter{User: "a\x00"}, nil, view.Invalid},
		"a long name": {view.SessionFilter{Client: strings.Repeat("a", 2000)}, nil, view.Invalid},
		"no address":  {view.SessionFilter{Address: "home"}, nil, view.Invalid},
		"no evidence": {view.SessionFilter{}, errors.New("disk full"), view.Unavailable},
	} {
		s := newServer(t)
		s.err = c.err
		var refusal view.Refusal
		if err := control.Within(t.Context(), s.mux(), "a", view.PathSessions, c.in, nil); !errors.As(err, &refusal) || refusal.Kind != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	config, state := commandtest.Settings(t)
	run := func(line string) (string, error) {
		return commandtest.Run(t.Context(), NewCommand("/nonexistent"), append(strings.Fields(line), "--config", config)...)
	}
	if out, err := run(""); !errors.Is(err, control.ErrNotRunning) || exit.Code(err) != exit.Fault {
		t.Error(out, err)
	}
	listening, err := control.Listen(t.Context(), state, newServer(t).mux())
	if err != nil {
		t.Fatal(err)
	}
	defer listening.Close(t.Context())
	for line, c := range map[string]struct {
		code int
		says []string
	}{
		"":                    {exit.OK, []string{"ENDS", `bob\u001b`, "2026-11-26T09:00:00Z  alice      vpn     gw1        203.0.113.9  10.8.0.7  s1       n2    on     2026-11-26T09:00:00Z  0B  0B    -      -      yes", "2 sessions, 0B up, 0B down"}},
		"--user alice --json": {exit.OK, []string{`"disconnectable": true`, `"left_out": 0`}},
		"--client nowhere":    {exit.OK, []string{"no session is known"}},
		"--address home":      {exit.Usage, []string{"--address"}},
	} {
		out, err := run(line)
		for _, part := range c.says {
			if !strings.Contains(out, part) {
				t.Errorf("%s: no %q in\n%s", line, part, out)
			}
		}
		if exit.Code(err) != c.code || strings.Contains(out, "\x1b") {
			t.Errorf("%s: exit %d: %s", line, exit.Code(err), out)
		}
	}
	var out bytes.Buffer
	if err := show(&out, view.Sessions{Sessions: []view.Session{{}}, Left: 7}, false); err != nil || !strings.Contains(out.String(), "7 more are not shown") {
		t.Errorf("%s, %v", out.String(), err)
	}
}

// FuzzFilter: whatever is asked is refused, or the names that sessions are known by.
func FuzzFilter(f *testing.F) {
	f.Add("alice", "vpn", "::ffff:192.0.2.1")
	f.Add("a\x00", "", "fe80::1%eth0")
	f.Fuzz(func(t *testing.T, user, name, address string) {
		in := view.SessionFilter{User: user, Client: name, Address: address}
		station, err := check(&in)
		if err != nil {
			return
		}
		same := in
		again, err := check(&same)
		if err != nil || again != station || same != in || station.Is4In6() || station.Zone() != "" || station.IsValid() != (address != "") {
			t.Errorf("%+v, %v; again %+v, %v", in, station, same, err)
		}
	})
}
