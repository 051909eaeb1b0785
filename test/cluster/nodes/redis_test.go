//go:build interop

package nodes_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
)

// program is redis-server or redis-sentinel, in a folder of its own, on a port that stays the same over restarts. It is stopped by its pid.
type program struct {
	t    *testing.T
	dir  string
	host string // where it is asked
	port int
	args []string // the whole command

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
}

// freePort is one that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// runRedis runs a redis-server that keeps nothing on disk, so that a restart loses everything. More are its further arguments.
func runRedis(t *testing.T, more ...string) *program {
	t.Helper()
	p := &program{t: t, dir: t.TempDir(), host: "127.0.0.1", port: freePort(t)}
	p.args = append([]string{
		"redis-server", "--port", strconv.Itoa(p.port), "--bind", p.host, "--dir", p.dir, "--save", "", "--appendonly", "no", "--rdbcompression", "no",
		"--logfile", filepath.Join(p.dir, "log"), "--daemonize", "no",
	}, more...)
	p.start()
	t.Cleanup(p.kill)
	return p
}

// address is where it listens.
func (p *program) address() string { return net.JoinHostPort(p.host, strconv.Itoa(p.port)) }

// start runs it until it answers.
func (p *program) start() {
	p.t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(p.t.Context()), p.args[0], p.args[1:]...)
	if err := cmd.Start(); err != nil {
		p.t.Fatalf("%s: %v (it comes with Debian's redis-server and redis-sentinel)", p.args[0], err)
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(done)
	}()
	p.mu.Lock()
	p.cmd, p.done = cmd, done
	p.mu.Unlock()
	eventually(p.t, p.args[0]+" answers", func() bool {
		select {
		case <-done:
			log, _ := os.ReadFile(filepath.Join(p.dir, "log"))
			p.t.Fatalf("%s has ended:\n%s", p.args[0], log)
		default:
		}
		said, err := p.try("PING")
		return err == nil && said == "PONG"
	})
}

// signal sends one to the running process, by its number.
func (p *program) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.cmd.Process.Signal(s)
}

// kill is kill -9; it returns when the process is gone.
func (p *program) kill() {
	p.signal(syscall.SIGKILL)
	p.mu.Lock()
	done := p.done
	p.mu.Unlock()
	<-done
}

func (p *program) pause()  { p.signal(syscall.SIGSTOP) }
func (p *program) resume() { p.signal(syscall.SIGCONT) }

// restart is kill -9 and a start: a redis-server comes back empty.
func (p *program) restart() {
	p.t.Helper()
	p.kill()
	p.start()
}

// try has redis-cli ask it one thing.
func (p *program) try(command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.t.Context()), 5*time.Second)
	defer cancel()
	args := append([]string{"-h", p.host, "-p", strconv.Itoa(p.port)}, command...)
	out, err := exec.CommandContext(ctx, "redis-cli", args...).Output()
	return strings.TrimSpace(string(out)), err
}

// ask is try; an error ends the test.
func (p *program) ask(command ...string) string {
	p.t.Helper()
	said, err := p.try(command...)
	if err != nil || strings.HasPrefix(said, "ERR") {
		p.t.Fatalf("%v: %v: %s", command, err, said)
	}
	return said
}

// field is a line of INFO, or of SENTINEL and CLUSTER's answers, by its name.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			return value
		}
	}
	return ""
}

// sentinels are a master, its replica, and three who watch them under the name of watched.
type sentinels struct {
	redis    [2]*program
	watchers [3]*program
}

const watched = "house"

// runSentinels runs all five, until they know each other. A master that is gone is replaced after a second.
func runSentinels(t *testing.T) *sentinels {
	t.Helper()
	s := &sentinels{}
	s.redis[0] = runRedis(t)
	s.redis[1] = runRedis(t, "--replicaof", "127.0.0.1", strconv.Itoa(s.redis[0].port), "--repl-diskless-sync-delay", "0")
	for i := range s.watchers {
		w := &program{t: t, dir: t.TempDir(), host: "127.0.0.1", port: freePort(t)}
		file := filepath.Join(w.dir, "sentinel.conf")
		text := fmt.Sprintf(`port %d
bind 127.0.0.1
dir %s
logfile %s
sentinel monitor %s 127.0.0.1 %d 2
sentinel down-after-milliseconds %s 1000
sentinel failover-timeout %s 3000
`, w.port, w.dir, filepath.Join(w.dir, "log"), watched, s.redis[0].port, watched, watched)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		w.args = []string{"redis-sentinel", file}
		w.start()
		t.Cleanup(w.kill)
		s.watchers[i] = w
	}
	eventually(t, "the sentinels know each other, and the replica", func() bool {
		for _, w := range s.watchers {
			if said, err := w.try("INFO", "sentinel"); err != nil || !strings.Contains(said, "status=ok") || !strings.Contains(said, "slaves=1,sentinels=3") {
				return false
			}
		}
		return field(s.redis[1].ask("INFO", "replication"), "master_link_status") == "up"
	})
	return s
}

// addresses are the sentinels'.
func (s *sentinels) addresses() (all []string) {
	for _, w := range s.watchers {
		all = append(all, w.address())
	}
	return all
}

// master is the server that the sentinels name; nil while they name none.
func (s *sentinels) master() *program {
	said, err := s.watchers[0].try("SENTINEL", "GET-MASTER-ADDR-BY-NAME", watched)
	for _, r := range s.redis {
		if err == nil && strings.HasSuffix(said, strconv.Itoa(r.port)) {
			return r
		}
	}
	return nil
}

// failover kills the master and waits until the other one is; it returns when that took part.
func (s *sentinels) failover(t *testing.T) (from, to time.Time) {
	t.Helper()
	old := s.master()
	if old == nil {
		t.Fatal("the sentinels name no master")
	}
	from = time.Now()
	old.kill()
	eventually(t, "another master", func() bool {
		now := s.master()
		if now == nil || now == old {
			return false
		}
		said, err := now.try("INFO", "replication")
		return err == nil && field(said, "role") == "master"
	})
	return from, time.Now()
}

// runCluster runs three masters that share the slots.
func runCluster(t *testing.T) []*program {
	t.Helper()
	var all []*program
	create := []string{"--cluster", "create"}
	for range 3 {
		p := runRedis(t, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", strconv.Itoa(freePort(t)), "--cluster-node-timeout", "2000")
		all, create = append(all, p), append(create, p.address())
	}
	ctx, cancel := context.WithTimeout(t.Context(), blackbox.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "redis-cli", append(create, "--cluster-yes")...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("redis-cli --cluster create: %v\n%s", err, said.String())
	}
	eventually(t, "the cluster is whole", func() bool {
		for _, p := range all {
			info := p.ask("CLUSTER", "INFO")
			if field(info, "cluster_state") != "ok" || field(info, "cluster_known_nodes") != "3" {
				return false
			}
		}
		return true
	})
	return all
}
