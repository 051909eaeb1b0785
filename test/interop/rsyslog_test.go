//go:build interop

package interop_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
	"ivalt-radius/audit/ship"
)

// rsyslogConf is a receiver that writes each message's text as a line.
const rsyslogConf = `
global(workDirectory="%[1]s" maxMessageSize="64k" defaultNetstreamDriverCAFile="%[2]s/ca.pem" defaultNetstreamDriverCertFile="%[2]s/server.pem" defaultNetstreamDriverKeyFile="%[2]s/server.key")
%[3]s
template(name="text" type="string" string="%%syslogfacility-text%%.%%syslogseverity-text%% %%app-name%% %%msgid%% %%structured-data%% %%msg%%\n")
action(type="omfile" file="%[1]s/out" template="text")
`

// rsyslog is Debian's rsyslogd in a folder of its own.
type rsyslog struct {
	dir, port string
	udp       bool
	process   *exec.Cmd
}

func (r *rsyslog) start(t *testing.T) {
	t.Helper()
	r.process = exec.CommandContext(context.WithoutCancel(t.Context()), "rsyslogd", "-n", "-f", filepath.Join(r.dir, "rsyslog.conf"), "-i", filepath.Join(r.dir, "pid"))
	r.process.Stderr = os.Stderr
	if err := r.process.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "rsyslogd to listen", func() bool {
		if r.udp { // the port cannot be bound a second time
			c, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:"+r.port)
			if err == nil {
				_ = c.Close()
			}
			return err != nil
		}
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", "127.0.0.1:"+r.port)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// kill ends it by its process, as a power cut would: what it has in memory is lost.
func (r *rsyslog) kill(t *testing.T) {
	t.Helper()
	if r.process == nil {
		return
	}
	if err := r.process.Process.Signal(syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	_ = r.process.Wait()
	r.process = nil
}

// seen counts the records that have arrived, by seq. A line that the kill cut off is none.
func (r *rsyslog) seen(t *testing.T) map[uint64]int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(r.dir, "out"))
	if err != nil {
		return nil
	}
	out := map[uint64]int{}
	for line := range strings.Lines(string(content)) {
		text := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 6)
		if len(text) < 6 {
			continue
		}
		record, err := query.Parse([]byte(strings.TrimSpace(text[5])))
		if err != nil {
			continue
		}
		out[record.Seq]++
		if want := fmt.Sprintf(`authpriv.info ivalt-radius %s [meta sequenceId="%d"]`, record.Type, record.Seq); !strings.HasPrefix(line, want) {
			t.Errorf("%q, want %q", line, want)
		}
	}
	return out
}

// TestRsyslog ships a trail to a real rsyslogd, which is killed in the middle of the stream and started again: no record is missing.
func TestRsyslog(t *testing.T) {
	certs := certificates(t)
	tls := func(driver string) string {
		return `module(load="imtcp" StreamDriver.Name="` + driver + `" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
input(type="imtcp" address="127.0.0.1" port="%s")`
	}
	for name, c := range map[string]struct{ to, input string }{
		"udp":              {"udp://127.0.0.1:%s", `module(load="imudp") input(type="imudp" address="127.0.0.1" port="%s" rcvbufSize="4m")`},
		"tcp":              {"tcp://127.0.0.1:%s", `module(load="imtcp") input(type="imtcp" address="127.0.0.1" port="%s")`},
		"tcp, other input": {"tcp://127.0.0.1:%s", `module(load="imptcp") input(type="imptcp" address="127.0.0.1" port="%s")`},
		"tls by gnutls":    {"tls://localhost:%s", tls("gtls")},
		"tls by openssl":   {"tls://localhost:%s", tls("ossl")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &rsyslog{dir: t.TempDir(), port: freeTCPPort(t), udp: strings.HasPrefix(name, "udp")}
			if r.udp {
				r.port = freePort(t)
			}
			conf := fmt.Sprintf(rsyslogConf, r.dir, certs, fmt.Sprintf(c.input, r.port))
			if err := os.WriteFile(filepath.Join(r.dir, "rsyslog.conf"), []byte(conf), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { r.kill(t) })
			r.start(t)
			settings := ship.Settings{Name: "siem", To: fmt.Sprintf(c.to, r.port), Format: "json", Spool: 1 << 30}
			if strings.HasPrefix(c.to, "tls") {
				settings.CAFile = filepath.Join(certs, "ca.pem")
			}
			shipThrough(t, r, settings)
		})
	}
}

func shipThrough(t *testing.T, r *rsyslog, settings ship.Settings) {
	t.Helper()
	dir := t.TempDir()
	live := filepath.Join(dir, "audit.jsonl")
	plan, faults := ship.Understand([]ship.Settings{settings}, live, "")
	trail, err := audit.Open(live, audit.Options{})
	if err != nil || len(faults) > 0 {
		t.Fatal(err, faults)
	}
	shipping, faults := ship.New(t.Context(), plan, ship.Deps{
		Trail: trail, Live: live, Directory: filepath.Join(dir, "ship"), Version: "interop", Note: func(e audit.Event) { _ = trail.Post(e) }, Log: logrus.New(),
	})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	write := func(n int) {
		for range n {
			if err := trail.Commit(t.Context(), audit.Attempt{User: "alice", Verdict: "accept", Reason: "approved"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(200)
	// Without receipts (UDP) the last 200 are sent again: what was sent since the last look must be fewer.
	waitFor(t, "the first records", func() bool { return len(r.seen(t)) >= 200 })
	write(50)
	r.kill(t)
	write(100)
	waitFor(t, "the outage to be seen", func() bool { return shipping.Stats()[0].Failing != "" })
	write(50)
	r.start(t)
	write(50)
	waitForLong(t, "all records", func() bool { return len(r.seen(t)) >= 450 && shipping.Stats()[0].Records == 0 })
	if err := trail.Close(); err != nil {
		t.Error(err)
	}
	shipping.Close(t.Context())
	got, last, twice := r.seen(t), trail.Durable(), 0
	for seq := uint64(1); seq <= last; seq++ {
		if got[seq] == 0 {
			t.Errorf("record %d is missing", seq)
		}
		twice += max(0, got[seq]-1)
	}
	t.Logf("%d records, %d of them came once more", last, twice)
}

// waitForLong is waitFor for what takes a server's own pauses.
func waitForLong(t *testing.T, what string, holds func() bool) {
	t.Helper()
	end := time.After(90 * time.Second)
	for !holds() {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-end:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
