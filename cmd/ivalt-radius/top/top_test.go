package top

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/terminal/terminaltest"
)

func theMoment() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC) }

// busy is a server with something of everything.
func busy() view.Now {
	at := theMoment()
	d := view.Now{
		At: at, Node: "node-a", Version: "v1.2", Started: at.Add(-3 * time.Hour), Digest: "0123456789abcdef", Waiting: 300, MaxAttempts: 5000, OldestMS: 42_000,
		Budget:  view.Budget{Windows: []view.Window{{Per: "minute", Limit: 97, Left: 40}}, Held: at.Add(time.Minute), Shared: true},
		IVALT:   view.Upstream{Open: []string{"push"}, Since: at.Add(-time.Minute), Why: "iVALT: server error"},
		Minutes: []view.Minute{{At: at.Add(-time.Minute), Accepted: 12, Pushes: 20}, {At: at, Rejected: 1, Pushes: 1}},
		Alerts:  []view.Alert{{ID: "20261126-aaaa", Rule: "api_errors", Severity: "high", State: "open", Subject: "the service", Count: 3, Last: at}},
		Checks:  []view.Check{{Name: "trail", OK: true, Note: "fine"}, {Name: "disk", Note: "1 % free: make room"}},
		Recent:  []view.Login{{Time: at, Attempt: "ended1", Client: "vpn", User: "alice", Verdict: "accept", Reason: "approved", DurationMS: 6500}},
	}
	for range view.MostInFlight {
		d.InFlight = append(d.InFlight, view.InFlight{Attempt: "flying", Client: "vpn", User: "bob", CallingStation: "192.0.2.1", Stage: view.StageRinging, Since: at.Add(-42 * time.Second), LeftMS: 17_000, Polls: 4})
	}
	return d
}

func textOf(lines []line) string {
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.text + "\n")
	}
	return text.String()
}

func TestPage(t *testing.T) {
	d := busy()
	text := textOf(page(&d, unbounded()))
	for _, want := range []string{
		"ivalt-radius node-a  v1.2  up 3h00m  09:00:00Z  settings 0123456789ab\n",
		"waiting  [#.........] 300 of 5000  the oldest for 42s\n",
		"budget   minute [#####.....] 40 of 97 left  of all nodes  iVALT asked for a pause until 09:01:00Z\n",
		"iVALT    not asked since 08:59:00Z: push; iVALT: server error\n",
		"now      09:00  0 accepted, 1 rejected, 0 challenged, 1 push request\n",
		"before   08:59  12 accepted, 0 rejected, 0 challenged, 20 push requests\n",
		"not ready  disk: 1 % free: make room\n",
		"high       20261126-aaaa  api_errors, the service, 3 events, the last at 09:00:00Z (open)\n",
		"ringing        42s    17s     4  vpn          bob                      192.0.2.1          flying\n",
		"and 100 more\n",
		"09:00:00 accept    approved            6s  vpn          alice",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "trail") {
		t.Error("what is ready is listed among what is not")
	}
}

func TestEmptyPage(t *testing.T) {
	d := view.Now{At: theMoment(), Started: theMoment(), Draining: true, Budget: view.Budget{Alone: true}}
	text := textOf(page(&d, unbounded()))
	for _, want := range []string{"nobody waits", "no login has ended since the start", "unlimited", "every endpoint is asked", "draining", "this node's part"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

// TestThePageFits whatever the terminal has room for, and whatever is wrong.
func TestThePageFits(t *testing.T) {
	d := busy()
	for range 30 {
		d.Alerts = append(d.Alerts, d.Alerts[0])
		d.Recent = append(d.Recent, d.Recent[0])
	}
	for _, size := range []room{{columns: 80, rows: 24}, {columns: 200, rows: 60}, {columns: 20, rows: 5}, {columns: 1, rows: 1}, {columns: 80, rows: 24, trouble: "gone"}} {
		lines := page(&d, size)
		if len(lines) > size.rows {
			t.Errorf("%+v: %d lines", size, len(lines))
		}
		for _, l := range lines {
			if n := len([]rune(l.text)); n > size.columns {
				t.Errorf("%+v: %q", size, l.text)
			}
		}
		if size.rows >= 24 && !strings.Contains(textOf(lines), "alice") {
			t.Errorf("%+v: no recent login is shown", size)
		}
	}
}

// TestHostileTexts steer no terminal, and hide nothing.
func TestHostileTexts(t *testing.T) {
	const evil = "\x1b[2Jbob\n\r\x07\u202egnp\u0301\xff\u200b\u009b31m"
	d := busy()
	d.InFlight = []view.InFlight{{Client: evil, User: evil, CallingStation: evil, Attempt: evil, Stage: evil}}
	d.Recent = []view.Login{{Client: evil, User: evil, CallingStation: evil, Attempt: evil, Verdict: evil, Reason: evil}}
	d.Alerts[0].Subject, d.Checks[1].Note, d.IVALT.Why, d.Node, d.Version = evil, evil, evil, evil, evil
	for _, r := range []room{unbounded(), {columns: 200, rows: 50, trouble: evil}} {
		for _, l := range page(&d, r) {
			if strings.ContainsFunc(l.text, func(r rune) bool { return !unicode.IsPrint(r) || unicode.Is(unicode.M, r) }) {
				t.Errorf("%q", l.text)
			}
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 59 * time.Second: "59s", 200 * time.Second: "3m20s", 5*time.Hour + 12*time.Minute: "5h12m", 9*24*time.Hour + time.Hour: "9d",
	} {
		if got := age(d); got != want {
			t.Errorf("%v: %q", d, got)
		}
	}
}

// settled is a configuration whose state.directory is a new one; a server that answers d listens there where d is not nil.
func settled(t *testing.T, d *view.Now) (path string) {
	t.Helper()
	path, dir := commandtest.Settings(t)
	if d == nil {
		return path
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+view.PathNow, func(w http.ResponseWriter, _ *http.Request) { control.Answer(w, d, nil) })
	s, err := control.Listen(t.Context(), dir, mux)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.Background()) })
	return path
}

// top runs the command.
func top(ctx context.Context, in io.Reader, out io.Writer, args ...string) error {
	root := &cobra.Command{Use: "ivalt-radius"}
	root.AddCommand(NewCommand("/nonexistent")) //nolint:contextcheck // it takes the command's own
	return commandtest.Into(ctx, root, in, out, io.Discard, append([]string{"top"}, args...)...)
}

func TestCommand(t *testing.T) {
	d := busy()
	running, stopped := settled(t, &d), settled(t, nil)
	for _, c := range []struct {
		name string
		args []string
		out  string
		code int
		says string
	}{
		{"no terminal", []string{"-c", running}, "300 of 5000", exit.OK, ""},
		{"once", []string{"-c", running, "--once"}, "300 of 5000", exit.OK, ""},
		{"no server", []string{"-c", stopped}, "", exit.Fault, "no server is running"},
		{"no settings", nil, "", exit.Fault, "/nonexistent"},
		{"too often", []string{"-c", running, "--interval", "10ms"}, "", exit.Usage, "--interval"},
		{"never", []string{"-c", running, "--interval", "2h"}, "", exit.Usage, "--interval"},
		{"too much", []string{"-c", running, "more"}, "", exit.Usage, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			err := top(t.Context(), strings.NewReader(""), &out, c.args...)
			if exit.Code(err) != c.code || !strings.Contains(out.String(), c.out) || strings.Contains(out.String(), "\x1b") {
				t.Errorf("%v, %q", err, out.String())
			}
			if c.says != "" && !strings.Contains(err.Error(), c.says) {
				t.Error(err)
			}
		})
	}
	var out bytes.Buffer
	var got view.Now
	if err := top(t.Context(), nil, &out, "-c", running, "--json"); err != nil || json.Unmarshal(out.Bytes(), &got) != nil || len(got.InFlight) != view.MostInFlight {
		t.Errorf("%v, %s", err, out.String())
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestOutputThatCannotBeWritten(t *testing.T) {
	d := busy()
	for _, args := range [][]string{{"--once"}, {"--json"}} {
		if err := top(t.Context(), nil, full{}, append(args, "-c", settled(t, &d))...); !errors.Is(err, errFull) {
			t.Error(err)
		}
	}
	l := live{out: full{}, every: time.Hour, size: func() (int, int) { return 0, 0 }}
	if err := l.run(t.Context(), d); !errors.Is(err, errFull) {
		t.Error(err)
	}
	if err := l.draw(&d, ""); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

// TestOnATerminal: the view is drawn in place on another screen, and q puts the terminal back.
func TestOnATerminal(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	d := busy()
	keyboard, terminal := terminaltest.Open(t)
	if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: 100, Row: 30}); err != nil {
		t.Fatal(err)
	}
	path, ended := settled(t, &d), make(chan error, 1)
	go func() { ended <- top(t.Context(), terminal, terminal, "-c", path) }()
	screen := terminaltest.ReadUntil(t, keyboard, "alice")
	if !strings.HasPrefix(screen, enter+home) || strings.Contains(screen, "\x1b[1m") {
		t.Errorf("%q", screen)
	}
	if _, err := keyboard.WriteString("xq"); err != nil {
		t.Fatal(err)
	}
	terminaltest.ReadUntil(t, keyboard, leave)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestLive: it looks again, says that the server is gone and waits for it, and ends with its context.
func TestLive(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	resized := make(chan os.Signal, 1)
	resized <- unix.SIGWINCH
	looks := 0
	var out bytes.Buffer
	d := busy()
	l := live{every: time.Millisecond, out: &out, styled: true, resized: resized, size: func() (int, int) { return 100, 30 }, ask: func(context.Context) (view.Now, error) {
		looks++
		now := d
		now.Node = "another"
		switch looks {
		case 1:
			return now, control.ErrNotRunning
		case 3:
			cancel()
		}
		return now, nil
	}}
	if err := l.run(ctx, d); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{"as of 09:00:00Z; no server is running", "ivalt-radius another", "\x1b[31m", "\x1b[1mivalt-radius"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if !strings.HasSuffix(text, leave) {
		t.Errorf("the terminal is not put back: %q", text[max(0, len(text)-50):])
	}
}
