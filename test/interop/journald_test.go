//go:build interop

package interop_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/audit/ship/link"
	"ivalt-radius/audit/ship/syslog"
)

// journald runs a daemon whose /run is the test's own, in a mount namespace of its own, and returns that directory.
func journald(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, sub := range []string{"systemd/journal", "log/journal"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	daemon := exec.CommandContext(context.WithoutCancel(t.Context()), "unshare", "--mount", "--propagation", "private", "sh", "-c",
		"mount --bind '"+dir+"' /run && exec /lib/systemd/systemd-journald")
	daemon.Stderr = os.Stderr
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := daemon.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		_ = daemon.Wait()
	})
	waitFor(t, "journald to listen", func() bool {
		c, err := new(net.Dialer).DialContext(t.Context(), "unixgram", filepath.Join(dir, "systemd/journal/socket"))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return dir
}

// TestJournald: a real systemd-journald takes our native protocol, and journalctl gives back what was sent, whatever it holds.
func TestJournald(t *testing.T) {
	dir := journald(t)
	l, err := link.Journal{Socket: filepath.Join(dir, "systemd/journal/socket")}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	texts := []string{`{"seq":1,"user":"alice"}`, "two\nPRIORITY=0\nMESSAGE=no", "Ünï €", strings.Repeat("x", 60<<10)}
	for len(texts) < 500 {
		texts = append(texts, fmt.Sprintf("record %d", len(texts)+1))
	}
	for i, text := range texts {
		cut, err := l.Send(syslog.Message{Severity: syslog.Notice, Time: time.Now(), ID: "security_event", Seq: uint64(i) + 1, Text: []byte(text)})
		if err != nil || cut {
			t.Fatal(err, cut)
		}
	}
	if err := l.Finish(t.Context()); err != nil {
		t.Error(err)
	}
	var found [][]byte
	waitFor(t, "all records in the journal", func() bool {
		out, _ := exec.CommandContext(t.Context(), "sh", "-c", "journalctl -D '"+dir+"'/log/journal/* -o json --all --no-pager IVALT_RADIUS_TYPE=security_event").Output()
		found = bytes.Split(bytes.TrimSpace(out), []byte("\n"))
		return len(found) == len(texts)
	})
	for i, line := range found {
		var fields map[string]any
		if err := json.Unmarshal(line, &fields); err != nil {
			t.Fatal(err)
		}
		message, _ := fields["MESSAGE"].(string)
		if octets, ok := fields["MESSAGE"].([]any); ok { // what journalctl takes for binary
			for _, o := range octets {
				message += string([]byte{byte(o.(float64))})
			}
		}
		if message != texts[i] || fields["PRIORITY"] != "5" || fields["SYSLOG_IDENTIFIER"] != "ivalt-radius" || fields["SYSLOG_FACILITY"] != "10" ||
			fields["IVALT_RADIUS_SEQ"] != fmt.Sprint(i+1) {
			t.Errorf("record %d is %.300q", i+1, line)
		}
	}
}
