package logger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"ivalt-radius/audit"
	"ivalt-radius/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// logged is what a logger wrote once it was closed.
func logged(t *testing.T, level, format string, do func(*Logger)) string {
	t.Helper()
	var out bytes.Buffer
	l, err := New(&out, level, format)
	if err != nil {
		t.Fatal(err)
	}
	do(l)
	l.Close()
	l.Close()
	l.Info("after the end")
	return out.String()
}

func TestJSONLine(t *testing.T) {
	const canary = "the-canary-secret"
	line := logged(t, "info", "json", func(l *Logger) {
		l.WithError(errors.New("a \"cause\"\x1b[2J")).WithFields(logrus.Fields{
			"count": 3, "list": []string{"a\u202e", "b"}, "wait": time.Second, "chan": make(chan int), "bad\nname": true,
			"secret": secret.New(canary), "nested": map[string]any{"secret": secret.New(canary)},
		}).Warn("something <happened>")
	})
	var got map[string]any
	if err := json.Unmarshal([]byte(line), &got); err != nil || !strings.HasSuffix(line, "}\n") || strings.Count(line, "\n") != 1 {
		t.Fatalf("%v: %s", err, line)
	}
	if !strings.HasPrefix(line, `{"time":"`) || !strings.Contains(line, `Z","level":"warning","msg":"something <happened>",`) {
		t.Error(line)
	}
	if strings.Contains(line, canary) || strings.ContainsAny(line, "\x1b\u202e") {
		t.Errorf("a secret, or something that steers a terminal: %s", line)
	}
	if got["count"] != 3.0 || got["wait"] != "1s" || got["error"] != "a \"cause\"\x1b[2J" || got["chan"] != "unprintable" || got["bad\nname"] != true ||
		fmt.Sprint(got["list"]) != "[a\u202e b]" {
		t.Errorf("%v", got)
	}
	if at, err := time.Parse(time.RFC3339Nano, got["time"].(string)); err != nil || at.Location() != time.UTC {
		t.Error(got["time"])
	}
}

func TestLevels(t *testing.T) {
	for level, want := range map[string]string{
		"debug": "debug info info warning error", "info": "info info warning error", "warn": "warning error", "error": "error",
	} {
		text := logged(t, level, "json", func(l *Logger) {
			l.Debug("x")
			l.Info("x")
			l.Event(logrus.InfoLevel, audit.System{Event: "x"})
			l.Warn("x")
			l.Error("x")
		})
		var got []string
		for line := range strings.Lines(text) {
			var fields struct{ Level string }
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				t.Fatal(err, line)
			}
			got = append(got, fields.Level)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", level, got, want)
		}
	}
}

// TestEventHasTheTrailsFields, byte for byte.
func TestEventHasTheTrailsFields(t *testing.T) {
	e := audit.Security{Event: "collision", User: "alice", Detail: "two"}
	fields := string(e.AppendFields(nil))
	line := logged(t, "info", "json", func(l *Logger) { l.Event(logrus.WarnLevel, e) })
	if !strings.HasSuffix(line, `"level":"warning","msg":"security event",`+fields+"}\n") {
		t.Error(line)
	}
	line = logged(t, "info", "text", func(l *Logger) { l.Event(logrus.WarnLevel, e) })
	if !strings.HasSuffix(line, ` level=warning msg="security event" {`+fields+"}\n") {
		t.Error(line)
	}
}

func TestText(t *testing.T) {
	line := logged(t, "info", "text", func(l *Logger) { l.WithField("n", 1).Info("a b") })
	if !strings.Contains(line, `level=info msg="a b" n=1`) {
		t.Error(line)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range [][2]string{{"loud", "json"}, {"", "json"}, {"panic", "json"}, {"info", "xml"}, {"info", ""}} {
		if _, err := New(&bytes.Buffer{}, c[0], c[1]); err == nil || !strings.Contains(err.Error(), "--log-") {
			t.Errorf("%q: %v", c, err)
		}
	}
}

// stuck is an output that nobody reads until it is let go.
type stuck struct {
	bytes.Buffer
	began, goOn chan struct{}
}

func (s *stuck) Write(b []byte) (int, error) {
	select {
	case s.began <- struct{}{}:
	default:
	}
	<-s.goOn
	return s.Buffer.Write(b)
}

// TestStuckOutput: nobody waits for it, what does not fit is dropped, and the log says how much once it moves again.
func TestStuckOutput(t *testing.T) {
	for format, want := range map[string]string{"json": `"level":"warning","msg":"log lines dropped","lines":`, "text": `level=warning msg="log lines dropped" lines=`} {
		synctest.Test(t, func(t *testing.T) { // so that a slow machine is not taken for a stuck output
			out := &stuck{began: make(chan struct{}, 1), goOn: make(chan struct{})}
			l, err := New(out, "info", format)
			if err != nil {
				t.Fatal(err)
			}
			l.Info("first")
			<-out.began
			const lines, size = 100, waitingLimit / 100
			for range lines {
				l.Info(strings.Repeat("x ", size))
			}
			close(out.goOn)
			l.Close()
			text := out.String()
			_, said, found := strings.Cut(text, want)
			kept := strings.Count(text, strings.Repeat("x ", size))
			if !found || !strings.HasPrefix(said, fmt.Sprint(lines-kept)) || kept == 0 || kept == lines {
				t.Errorf("%d lines kept, and it says %q", kept, said)
			}
		})
	}
}

// TestCloseGivesUp: a stuck reader of the log does not hold up the end of the process.
func TestCloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stuck{began: make(chan struct{}, 1), goOn: make(chan struct{})}
		l, err := New(out, "info", "json")
		if err != nil {
			t.Fatal(err)
		}
		l.Info("first")
		<-out.began
		start := time.Now()
		l.Close()
		if took := time.Since(start); took != closeWithin {
			t.Errorf("it took %s", took)
		}
		close(out.goOn)
	})
}
