package servers

import (
	"context"
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

// loopback is where servers listen, but for one in another network namespace.
const loopback = "127.0.0.1"

// Server is one redis-server, or one sentinel. It is started, and stopped when the test ends.
type Server struct {
	tb    testing.TB
	dir   string // with its log; empty where somebody else runs it
	host  string // where it is asked
	port  int
	args  []string // the whole command
	certs string   // folder of its certificates; empty: in the clear

	mu      sync.Mutex
	process *exec.Cmd
	ended   chan struct{}
}

// Redis runs a redis-server that keeps nothing on disk, so that a restart loses everything. More are its further arguments.
func Redis(tb testing.TB, more ...string) *Server {
	tb.Helper()
	s := &Server{tb: tb, dir: tb.TempDir(), host: loopback, port: FreePort(tb)}
	s.args = append(s.redis("--port", strconv.Itoa(s.port), "--bind", loopback, "--repl-diskless-sync-delay", "0", "--enable-debug-command", "local"), more...)
	s.Start()
	return s
}

// TLS is Redis with TLS alone. A client may show a certificate, and need not.
func TLS(tb testing.TB, certs string) *Server {
	tb.Helper()
	s := &Server{tb: tb, dir: tb.TempDir(), host: loopback, port: FreePort(tb), certs: certs}
	s.args = s.redis(
		"--port", "0", "--tls-port", strconv.Itoa(s.port), "--bind", loopback, "--tls-ca-cert-file", filepath.Join(certs, "ca.pem"),
		"--tls-cert-file", filepath.Join(certs, "server.pem"), "--tls-key-file", filepath.Join(certs, "server.key"), "--tls-auth-clients", "optional",
	)
	s.Start()
	return s
}

// Far runs a redis-server by a command that goes before its own, such as `ip netns exec NAME`, on these addresses; it is asked at the first of them.
func Far(tb testing.TB, port int, addresses []string, before ...string) *Server {
	tb.Helper()
	s := &Server{tb: tb, dir: tb.TempDir(), host: addresses[0], port: port}
	bind := append([]string{"--port", strconv.Itoa(port), "--protected-mode", "no", "--bind"}, addresses...)
	s.args = append(before, s.redis(bind...)...)
	s.Start()
	return s
}

// redis is the command of a redis-server.
func (s *Server) redis(more ...string) []string {
	return append([]string{
		"redis-server", "--dir", s.dir, "--save", "", "--appendonly", "no", "--rdbcompression", "no", "--daemonize", "no", "--logfile", s.log(),
	}, more...)
}

func (s *Server) log() string { return filepath.Join(s.dir, "log") }

// At is this server as it is asked at another address, such as that of a relay.
func (s *Server) At(address string) *Server {
	s.tb.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		s.tb.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		s.tb.Fatal(err)
	}
	return &Server{tb: s.tb, host: host, port: n, certs: s.certs}
}

// Address is HOST:PORT.
func (s *Server) Address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }

// Start runs it until it answers.
func (s *Server) Start() {
	s.tb.Helper()
	process := exec.CommandContext(context.WithoutCancel(s.tb.Context()), s.args[0], s.args[1:]...)
	process.Dir = s.dir
	// Should the test be killed. The thread that starts it must live as long: not one that is locked and ends, as those of network namespaces.
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := process.Start(); err != nil {
		s.tb.Fatalf("%s: %v (Debian's redis-server and redis-sentinel have it)", s.args[0], err)
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
		s.tb.Cleanup(s.Kill)
	}
	blackbox.Eventually(s.tb, s.args[0]+" answers", func() bool {
		select {
		case <-ended:
			log, _ := os.ReadFile(s.log())
			s.tb.Fatalf("%s has ended:\n%s", s.args[0], log)
		default:
		}
		answer, err := s.Try("PING")
		return err == nil && (answer == "PONG" || strings.HasPrefix(answer, "NOAUTH") || strings.HasPrefix(answer, "LOADING"))
	})
}

// Kill ends it as a power cut would, and waits until it is gone. A paused one too.
func (s *Server) Kill() {
	s.mu.Lock()
	process, ended := s.process, s.ended
	s.mu.Unlock()
	_ = process.Process.Kill()
	<-ended
}

// Pause has it answer nothing while its connections stay.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume ends a pause.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	s.tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.process.Process.Signal(sig); err != nil {
		s.tb.Errorf("%v: %v", sig, err)
	}
}

// Restart starts it again behind a kill: a redis-server comes back empty.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Kill()
	s.Start()
}

// Try runs one command by redis-cli, for a few seconds at most. What the server refuses is an answer.
func (s *Server) Try(command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.tb.Context()), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "redis-cli", append(s.cli(), command...)...).Output()
	return strings.TrimRight(string(out), "\n"), err
}

func (s *Server) cli() []string {
	args := []string{"-h", s.host, "-p", strconv.Itoa(s.port), "--raw"}
	if s.certs != "" {
		args = append(args, "--tls", "--sni", "localhost", "--cacert", filepath.Join(s.certs, "ca.pem"))
	}
	return args
}

// Ask is Try that must succeed.
func (s *Server) Ask(command ...string) string {
	s.tb.Helper()
	answer, err := s.Try(command...)
	if err != nil || strings.HasPrefix(answer, "ERR") {
		s.tb.Fatalf("redis-cli %q: %v, %s", command, err, answer)
	}
	return answer
}

// Info is one field of INFO, empty where the server does not answer.
func (s *Server) Info(field string) string {
	said, _ := s.Try("INFO")
	return Field(said, field)
}

// Field is a line of INFO, or of CLUSTER INFO, by its name.
func Field(text, name string) string {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			return value
		}
	}
	return ""
}

// FreePort is a port of loopback that nobody listens on.
func FreePort(tb testing.TB) int {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
