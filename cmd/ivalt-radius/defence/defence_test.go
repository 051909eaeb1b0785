package defence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/audit"
	"ivalt-radius/audit/keep"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/configured"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/gate"
	"ivalt-radius/guard/incident"
)

// site is an installation with two incidents, whose server runs or not.
type site struct {
	dir, config             string
	alice, spray            string // identifiers
	forgot, released, ended []string
	failing                 error
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{}
	s.config, s.dir = commandtest.Settings(t)
	s.onFiles(t, func(d Deps) {
		for _, a := range []guard.Alert{
			{Rule: guard.PushBombing, Severity: guard.Medium, Subject: guard.Subject{User: "alice"}},
			{Rule: guard.PasswordSpray, Severity: guard.Critical, Subject: guard.Subject{Address: netip.MustParseAddr("192.0.2.7")}},
		} {
			a.Count, a.First, a.Last, a.Detail = 5, time.Now().Add(-time.Minute), time.Now(), "as it is"
			a.Evidence = []guard.Line{{Time: time.Now(), Record: json.RawMessage(`{"user":"alice","reason":"push_denied"}`)}}
			d.Incidents.Take(a)
		}
		for _, i := range d.Incidents.List() {
			if i.Rule == guard.PushBombing {
				s.alice = i.ID
			} else {
				s.spray = i.ID
			}
		}
		must(t, d.Blocks.Place(block.Block{Prefix: netip.MustParsePrefix("192.0.2.7/32"), Until: time.Now().Add(time.Hour), Reason: "r", By: incident.Automatic, Incident: s.spray}))
	})
	return s
}

// onFiles works on the state while no server runs.
func (s *site) onFiles(t *testing.T, do func(Deps)) {
	t.Helper()
	settings, err := configured.Settings(s.config)
	must(t, err)
	must(t, onFiles(settings, os.Stderr, func(d Deps) error { do(d); return nil }))
}

func (*site) Lockouts() []gate.Lockout {
	return []gate.Lockout{{User: "bob", Station: "a\x1b[2J", Until: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Count: 2}}
}

func (s *site) Release(user, station string) { s.released = append(s.released, user+station) }

func (s *site) Disconnect(_ context.Context, user string, addr netip.Addr) (int, error) {
	s.ended = append(s.ended, fmt.Sprint(user, " ", addr))
	return 2, s.failing
}

// serve runs do while a server answers on the control socket.
func (s *site) serve(t *testing.T, do func()) {
	t.Helper()
	s.onFiles(t, func(d Deps) {
		d.Forget, d.Releaser, d.Lockouts, d.Disconnector = func(user string) { s.forgot = append(s.forgot, user) }, s, s, s
		mux := http.NewServeMux()
		Handle(mux, d)
		server, err := control.Listen(t.Context(), s.dir, mux)
		must(t, err)
		defer server.Close(t.Context())
		do()
	})
}

// run runs a command as the program does.
func (s *site) run(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	root := &cobra.Command{Use: "ivalt-radius"}
	root.AddCommand(NewCommands(s.config)...)
	out, err := commandtest.Run(t.Context(), root, args...)
	return exit.Code(err), out
}

// trail are the lines of the trail that have all of some texts.
func (s *site) trail(t *testing.T, texts ...string) (found []string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.dir, "audit.jsonl"))
	must(t, err)
	for line := range strings.Lines(string(raw)) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			found = append(found, line)
		}
	}
	return found
}

// step is one command: what it exits with and says, and what the trail has of it then.
type step struct {
	args  string // with | for blanks within one
	code  int
	says  []string
	trail []string // texts of one line; nil: nothing is recorded
}

func (x step) play(t *testing.T, s *site) {
	t.Helper()
	fill := strings.NewReplacer("ALICE", s.alice, "SPRAY", s.spray)
	args := strings.Fields(fill.Replace(x.args))
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "|", " ")
	}
	const ours = `"actor":"uid=`
	before := len(s.trail(t, ours))
	code, out := s.run(t, args...)
	if code != x.code {
		t.Errorf("%s: exit %d: %s", x.args, code, out)
	}
	for _, text := range x.says {
		if !strings.Contains(out, fill.Replace(text)) {
			t.Errorf("%s: no %q in %s", x.args, fill.Replace(text), out)
		}
	}
	lines := s.trail(t, ours)[before:]
	if x.trail == nil && len(lines) > 0 || x.trail != nil && len(lines) == 0 {
		t.Errorf("%s: the trail has %s", x.args, lines)
		return
	}
	for _, text := range x.trail {
		if !strings.Contains(strings.Join(lines, ""), fill.Replace(text)) {
			t.Errorf("%s: no %q in the trail: %s", x.args, fill.Replace(text), lines)
		}
	}
}

func steps() []step {
	actor := fmt.Sprintf(`"actor":%q`, control.ActorName(os.Getuid(), os.Getpid()))
	return []step{
		{"incidents list", exit.OK, []string{"ALICE  open   medium    push_bombing", "SPRAY  open   critical  password_spray", "user alice", "address 192.0.2.7"}, []string{`"type":"data_access","action":"incidents"`, actor, `"filter":"list"`}},
		{"incidents list --severity high --all", exit.OK, []string{"SPRAY"}, []string{`"filter":"list --all --severity high"`}},
		{"incidents list --json", exit.OK, []string{`"id": "SPRAY"`, `"subject": {`}, []string{`"filter":"list"`}},
		{"incidents list --severity odd", exit.Usage, []string{"low, medium, high, critical"}, nil},
		{"incidents show ALICE", exit.OK, []string{"ALICE: push_bombing, medium, open", "about   user alice", "opened (automatic): medium", "do      Call the person", "see     docs/operations.md#push_bombing", `{"user":"alice","reason":"push_denied"}`}, []string{`"filter":"show ALICE"`, actor}},
		{"incidents show SPRAY --json", exit.OK, []string{`"severity": "critical"`, `"reason": "push_denied"`}, []string{`"filter":"show SPRAY"`}},
		{"incidents show 2", exit.Fault, []string{"2 incidents begin so"}, nil},
		{"incidents show x", exit.Fault, []string{"there is no such incident"}, nil},
		{"incidents show", exit.Usage, nil, nil},
		{"incidents", exit.Usage, nil, nil},
		{"incidents ack ALICE", exit.Usage, []string{"reason"}, nil},
		{"incidents ack ALICE --reason |", exit.Fault, []string{"say why"}, nil},
		{"incidents ack ALICE --reason looking|into|it", exit.OK, []string{"ALICE: acknowledged\n"}, []string{`"action":"acknowledge_incident"`, actor, `"target":"ALICE"`, "push_bombing, medium: looking into it"}},
		{"incidents ack ALICE --reason again", exit.Fault, []string{"is acknowledged already"}, nil},
		{"incidents close SPRAY --reason a|scanner", exit.OK, []string{"SPRAY: closed", "still blocked until", "ivalt-radius unblock --address 192.0.2.7 lifts it"}, []string{`"action":"close_incident"`, actor, "a scanner"}},
		{"incidents close SPRAY --reason again", exit.Fault, []string{"is closed already"}, nil},
		{"incidents list", exit.OK, []string{"ALICE  acknowledged"}, []string{`"filter":"list"`}},
		{"block --user Alice --for 2h --reason stolen|laptop", exit.OK, []string{"alice: blocked until "}, []string{`"action":"block"`, actor, `"target":"alice"`, "stolen laptop", "until 20"}},
		{"block --address 203.0.113.9/24 --reason r", exit.OK, []string{"203.0.113.0/24: blocked until "}, []string{`"target":"203.0.113.0/24"`}},
		{"block --address ::ffff:203.0.113.9 --reason r", exit.OK, []string{"203.0.113.9: blocked until "}, []string{`"target":"203.0.113.9"`}},
		{"block list", exit.OK, []string{"SUBJECT", "user alice", "address 203.0.113.0/24", "SPRAY", "stolen laptop"}, []string{`"action":"blocks"`, `"actor":"uid=`}},
		{"block list --json", exit.OK, []string{`"user": "alice"`, `"address": "203.0.113.9/32"`, `"by": "uid=`}, []string{`"action":"blocks"`}},
		{"block --reason r", exit.Usage, []string{"either --user or --address"}, nil},
		{"block --user a --address 10.0.0.1 --reason r", exit.Usage, []string{"either --user or --address"}, nil},
		{"block --user a", exit.Usage, []string{"reason"}, nil},
		{"block --user a --reason r --for 0s", exit.Usage, []string{"--for: 0s"}, nil},
		{"block --user a --reason r --for 9000h", exit.Usage, []string{"at most"}, nil},
		{"block --user \x01 --reason r", exit.Usage, []string{"--user: "}, nil},
		{"block --address nowhere --reason r", exit.Usage, []string{"--address: "}, nil},
		{"block --address 0.0.0.0/0 --reason r", exit.Usage, []string{"everybody"}, nil},
		{"block --address 10.0.0.0/8 --reason r --disconnect", exit.Usage, []string{"one address"}, nil},
		{"unblock --address 203.0.113.77 --reason r", exit.Fault, []string{"there is no such block of exactly 203.0.113.77; it is in 203.0.113.0/24, which is blocked: see ivalt-radius block list"}, nil},
		{"unblock --address 203.0.113.9 --reason it|was|us", exit.OK, []string{"203.0.113.9: is no longer blocked; it is in 203.0.113.0/24, which is blocked"}, []string{`"action":"unblock"`, actor, `"target":"203.0.113.9"`, "it was us"}},
		{"unblock --reason r", exit.Usage, []string{"either --user or --address"}, nil},
		{"unblock --user alice", exit.Usage, []string{"reason"}, nil},
		{"incidents close ALICE --reason r", exit.OK, []string{`unblock --user 'alice' lifts it`}, []string{"close_incident"}},
		{"unblock --user ALICE2 --config /nonexistent --reason r", exit.Fault, nil, nil},
		{"incidents list", exit.OK, []string{"no incidents"}, []string{`"filter":"list"`}},
		{"incidents list --json", exit.OK, []string{"[]"}, []string{`"filter":"list"`}},
	}
}

// TestOnFiles: all commands work while no server runs.
func TestOnFiles(t *testing.T) {
	s := newSite(t)
	for _, x := range append(steps(),
		step{"unblock --user Alice --reason r", exit.OK, []string{"alice: is no longer blocked\n"}, []string{`"action":"unblock"`, `"target":"alice"`}},
		step{"unblock --user bob --reason r", exit.Fault, []string{"there is no such block of exactly bob: see ivalt-radius block list; lockouts and pauses are lifted by a running server alone"}, nil},
		step{"block lockouts", exit.Fault, []string{"it alone knows who is locked out"}, nil},
		step{"block --user bob --reason r --disconnect", exit.Fault, []string{"bob: blocked until", "no server is running"}, []string{`"action":"block"`}},
	) {
		x.play(t, s)
	}
	holds, err := keep.Holds(s.dir)
	if err != nil || len(holds) != 0 {
		t.Errorf("of closed incidents there is held %v, %v", holds, err)
	}
}

// TestByServer: and through the running server, which does more.
func TestByServer(t *testing.T) {
	s := newSite(t)
	if holds, err := keep.Holds(s.dir); err != nil || len(holds) != 2 {
		t.Errorf("of open incidents there is held %v, %v", holds, err)
	}
	s.serve(t, func() {
		for _, x := range append(steps(),
			step{"unblock --user Alice --reason r", exit.OK, []string{"alice: is no longer blocked; lockouts and pauses are lifted\n"}, []string{`"action":"unblock"`, `"target":"alice"`}},
			step{"unblock --user bob --reason r", exit.OK, []string{"bob: was not blocked; lockouts and pauses are lifted\n"}, []string{`"action":"unblock"`, `"target":"bob"`}},
			step{"block lockouts", exit.OK, []string{`bob   a\x1b[2J         2026-01-02T03:04:05Z  2`}, []string{`"action":"blocks"`, `"filter":"lockouts"`}},
			step{"block lockouts --json", exit.OK, []string{`"calling_station": "a\u001b[2J"`}, []string{`"action":"blocks"`}},
			step{"block --user bob --reason r --disconnect", exit.OK, []string{"bob: blocked until", "2 sessions ended"}, []string{`"action":"block"`, `"action":"disconnect"`}},
			step{"block --address 192.0.2.9 --reason r --disconnect", exit.OK, []string{"2 sessions ended"}, []string{`"action":"disconnect"`}},
		) {
			x.play(t, s)
		}
		s.failing = errors.New("a gateway is silent")
		step{"block --user carol --reason r --disconnect", exit.Fault, []string{"carol: blocked until", "2 sessions ended", "a gateway is silent"}, []string{`"action":"block"`}}.play(t, s)
	})
	if fmt.Sprint(s.forgot) != "[alice bob carol]" || fmt.Sprint(s.released) != "[alice bob]" || !slices.Equal(s.ended, []string{"bob invalid IP", " 192.0.2.9", "carol invalid IP"}) {
		t.Errorf("forgot %q, released %q, ended %q", s.forgot, s.released, s.ended)
	}
	if len(s.trail(t, `"event":"sessions_disconnected"`)) != 0 || len(s.trail(t, `"event":"disconnect_failed"`)) != 1 || len(s.trail(t, `"event":"disconnect_failed"`, `"user":"carol"`)) != 1 {
		t.Error("the trail does not say how disconnecting went")
	}
	if code, out := s.run(t, "block", "list"); code != exit.OK || !strings.Contains(out, "user bob") || !strings.Contains(out, "203.0.113.0/24") {
		t.Errorf("blocks are gone with the server: %d, %s", code, out)
	}
}

// refusing is a trail that takes nothing.
type refusing struct{}

var errTrail = errors.New("the disk is full")

func (refusing) Commit(context.Context, audit.Event) error { return errTrail }

// TestNoEvidenceNoDeed: where the trail takes nothing, nothing is shown and nothing is done.
func TestNoEvidenceNoDeed(t *testing.T) {
	s := newSite(t)
	s.onFiles(t, func(d Deps) {
		d.Trail, d.Releaser, d.Disconnector = refusing{}, s, s
		before := len(d.Blocks.All())
		ctx := t.Context()
		found, err1 := listing().do(ctx, d, "a", wanted{})
		shown, err2 := showing().do(ctx, d, "a", named{ID: s.alice})
		_, err3 := blocking().do(ctx, d, "a", placing{subject: subject{User: "bob"}, For: time.Hour, Reason: "r"})
		_, err4 := unblocking().do(ctx, d, "a", lifting{subject{Address: "192.0.2.7"}, "r"})
		_, err5 := disconnect(ctx, d, "a", block.Block{User: "bob"})
		for n, err := range []error{err1, err2, err3, err4, err5} {
			if !errors.Is(err, errTrail) {
				t.Errorf("%d: %v", n, err)
			}
		}
		if len(found) > 0 || shown.ID != "" || len(d.Blocks.All()) != before || len(s.released) > 0 || len(s.ended) > 0 {
			t.Error("something was shown or done")
		}
	})
}

// TestFaults: what cannot be opened is said by its setting.
func TestFaults(t *testing.T) {
	for name, spoil := range map[string]func(s *site) error{
		"state.directory": func(s *site) error { return errors.Join(os.RemoveAll(s.dir), os.WriteFile(s.dir, nil, 0o600)) },
		"audit.file": func(s *site) error {
			return errors.Join(os.Remove(filepath.Join(s.dir, "audit.jsonl")), os.Mkdir(filepath.Join(s.dir, "audit.jsonl"), 0o700))
		},
		"incidents": func(s *site) error {
			return errors.Join(os.RemoveAll(filepath.Join(s.dir, "incidents")), os.WriteFile(filepath.Join(s.dir, "incidents"), nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			must(t, spoil(s))
			if code, out := s.run(t, "incidents", "list"); code != exit.Fault || !strings.Contains(out, name) {
				t.Errorf("exit %d: %s", code, out)
			}
		})
	}
}
