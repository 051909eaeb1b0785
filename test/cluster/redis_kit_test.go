//go:build interop

package cluster_test

import (
	"bufio"
	"context"
	"errors"
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
)

// server is one redis-server, or one sentinel. It is started, and stopped when the test ends.
type server struct {
	t       testing.TB
	program string
	dir     string
	port    int
	args    []string
	certs   string // folder of its certificates; empty: in the clear

	mu      sync.Mutex
	process *exec.Cmd
	ended   chan struct{}
}

// startRedis starts a server that keeps nothing on disk. Its folder has its log. args are added to its command line.
func startRedis(tb testing.TB, args ...string) *server {
	tb.Helper()
	s := &server{t: tb, program: "redis-server", dir: tb.TempDir(), port: freePort(tb)}
	s.args = append([]string{
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no", "--daemonize", "no",
		"--logfile", filepath.Join(s.dir, "log"), "--repl-diskless-sync-delay", "0", "--enable-debug-command", "local",
	}, args...)
	s.start()
	return s
}

// startTLS is startRedis with TLS alone, and a client certificate asked for if it is given (`--tls-auth-clients optional` otherwise).
func startTLS(tb testing.TB, certs string, args ...string) *server {
	tb.Helper()
	s := &server{t: tb, program: "redis-server", dir: tb.TempDir(), port: freePort(tb), certs: certs}
	s.args = append([]string{
		"--port", "0", "--tls-port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no",
		"--daemonize", "no", "--logfile", filepath.Join(s.dir, "log"), "--tls-ca-cert-file", filepath.Join(certs, "ca.pem"),
		"--tls-cert-file", filepath.Join(certs, "server.pem"), "--tls-key-file", filepath.Join(certs, "server.key"), "--tls-auth-clients", "optional",
	}, args...)
	s.start()
	return s
}

// addr is HOST:PORT.
func (s *server) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

func (s *server) start() {
	s.t.Helper()
	path, err := exec.LookPath(s.program)
	if err != nil {
		s.t.Fatalf("%s is missing: install redis-server and redis-sentinel", s.program)
	}
	process := exec.CommandContext(context.WithoutCancel(s.t.Context()), path, s.args...)
	process.Dir = s.dir
	// Should the test be killed. The thread that starts it must live as long: not one that is locked and ends, as those of network namespaces.
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := process.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = process.Wait()
	}()
	s.mu.Lock()
	first := s.process == nil
	s.process, s.ended = process, ended
	s.mu.Unlock()
	if first {
		s.t.Cleanup(s.kill)
	}
	eventually(s.t, s.program+" listens", func() bool {
		answer, err := s.try("PING")
		return err == nil && (answer == "PONG" || strings.HasPrefix(answer, "NOAUTH") || strings.HasPrefix(answer, "LOADING"))
	})
}

// kill ends it as a power cut would, and waits until it is gone. A paused one too.
func (s *server) kill() {
	s.mu.Lock()
	process, ended := s.process, s.ended
	s.mu.Unlock()
	_ = process.Process.Kill()
	<-ended
}

// pause has it answer nothing while its connections stay; resume ends that.
func (s *server) pause()  { s.signal(syscall.SIGSTOP) }
func (s *server) resume() { s.signal(syscall.SIGCONT) }

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.process.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// restart starts it again behind a kill, empty, on the same port.
func (s *server) restart() {
	s.t.Helper()
	s.kill()
	s.start()
}

// try runs one command with redis-cli, for two seconds at most. What the server refuses is an answer.
func (s *server) try(command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "redis-cli", append(s.cli(), command...)...).Output()
	return strings.TrimRight(string(out), "\n"), err
}

func (s *server) cli() []string {
	args := []string{"-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "--raw"}
	if s.certs != "" {
		args = append(args, "--tls", "--sni", "localhost", "--cacert", filepath.Join(s.certs, "ca.pem"))
	}
	return args
}

// ask is try that must succeed.
func (s *server) ask(command ...string) string {
	s.t.Helper()
	answer, err := s.try(command...)
	if err != nil {
		s.t.Fatalf("redis-cli %q: %v, %s", command, err, answer)
	}
	return answer
}

// info is one field of INFO.
func (s *server) info(field string) string {
	for line := range strings.SplitSeq(s.ask("INFO"), "\n") {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), field+":"); ok {
			return value
		}
	}
	return ""
}

// monitor returns a function that gives what the server was sent since, a line of MONITOR for each command, and ends it.
func (s *server) monitor() (stop func() []string) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(cancel)
	watch := exec.CommandContext(ctx, "redis-cli", append(s.cli(), "MONITOR")...)
	out, err := watch.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := watch.Start(); err != nil {
		s.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<24)
	if !lines.Scan() {
		s.t.Fatal("MONITOR says nothing")
	}
	seen := make(chan []string, 1)
	go func() {
		var all []string
		for lines.Scan() {
			all = append(all, lines.Text())
		}
		seen <- all
	}()
	return func() []string {
		cancel()
		all := <-seen
		_ = watch.Wait()
		return all
	}
}

// sentinels are three sentinels (quorum 2) over a master and a replica. The master's name is `ivalt`.
type sentinels struct {
	t         testing.TB
	first     *server // the master at the start
	second    *server // its replica at the start
	sentinels []*server
}

// startSentinel starts them, and waits until each sentinel knows the others and the replica. A master that is silent for a second is
// replaced.
func startSentinel(tb testing.TB) *sentinels {
	tb.Helper()
	c := &sentinels{t: tb, first: startRedis(tb)}
	c.second = startRedis(tb, "--replicaof", "127.0.0.1 "+strconv.Itoa(c.first.port))
	eventually(tb, "the replica is in step", func() bool { return c.second.info("master_link_status") == "up" })
	for range 3 {
		s := &server{t: tb, program: "redis-sentinel", dir: tb.TempDir(), port: freePort(tb)}
		conf := filepath.Join(s.dir, "sentinel.conf")
		text := fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %s\nlogfile %s/log\n", s.port, s.dir, s.dir) +
			fmt.Sprintf("sentinel monitor ivalt 127.0.0.1 %d 2\n", c.first.port) +
			"sentinel down-after-milliseconds ivalt 1000\nsentinel failover-timeout ivalt 3000\n"
		if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
		s.args = []string{conf}
		s.start()
		c.sentinels = append(c.sentinels, s)
	}
	eventually(tb, "the sentinels know each other", func() bool {
		for _, s := range c.sentinels {
			if state := s.ask("SENTINEL", "MASTER", "ivalt"); !strings.Contains(state, "num-slaves\n1\n") || !strings.Contains(state, "num-other-sentinels\n2\n") {
				return false
			}
		}
		return true
	})
	return c
}

// addrs are those of the sentinels.
func (c *sentinels) addrs() (all []string) {
	for _, s := range c.sentinels {
		all = append(all, s.addr())
	}
	return all
}

// master is the server that the sentinels call so now.
func (c *sentinels) master() *server {
	c.t.Helper()
	if strings.HasSuffix(c.sentinels[0].ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "ivalt"), "\n"+strconv.Itoa(c.second.port)) {
		return c.second
	}
	return c.first
}

// startCluster starts a Redis Cluster of n servers: up to five are all masters, from six on each second one is a replica.
func startCluster(tb testing.TB, n int) []*server {
	tb.Helper()
	var all []*server
	create := []string{"--cluster", "create"}
	for range n {
		s := startRedis(tb, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", strconv.Itoa(freePort(tb)),
			"--cluster-allow-replica-migration", "no")
		all = append(all, s)
		create = append(create, s.addr())
	}
	if n >= 6 {
		create = append(create, "--cluster-replicas", "1")
	}
	if out, err := exec.CommandContext(tb.Context(), "redis-cli", append(create, "--cluster-yes")...).CombinedOutput(); err != nil {
		tb.Fatalf("redis-cli --cluster create: %v\n%s", err, out)
	}
	eventually(tb, "the cluster is whole", func() bool {
		for _, s := range all {
			if !strings.Contains(s.ask("CLUSTER", "INFO"), "cluster_state:ok") {
				return false
			}
		}
		return true
	})
	return all
}

// freePort is a port of loopback that nobody has.
func freePort(tb testing.TB) int {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		tb.Fatal(errors.New("no port"))
	}
	return addr.Port
}

// patience bounds what must happen soon; a busy machine may need a good part of it.
const patience = 30 * time.Second

// eventually waits until something is true.
func eventually(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !is() {
		select {
		case <-tick.C:
		case <-late:
			tb.Fatalf("it does not come about that %s", what)
		}
	}
}
