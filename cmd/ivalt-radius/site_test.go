package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ivalt-radius/audit/chain"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/logger"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What must appear in no log and on no screen.
const (
	sharedSecret = "nR8kQ5tZ1mB7yL4cW9dHvX2"
	apiKey       = "Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b"
	typed        = "the-canary-password"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// site is one installation in a temporary directory. Its fields are parts of the settings; a test changes them and writes again.
type site struct {
	cloud *ivalttest.Cloud
	url   string
	dir   string

	listen, accounting, admin, client, state, audit, keeping, policy, more string
}

func newSite(t *testing.T) *site {
	t.Helper()
	cloud := ivalttest.New(ivalttest.Options{APIKey: secret.New(apiKey)})
	server := httptest.NewServer(cloud)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	s := &site{
		cloud: cloud, url: server.URL, dir: dir, listen: "127.0.0.1:0", accounting: "127.0.0.1:0", client: "gateway",
		state: filepath.Join(dir, "state"), audit: filepath.Join(dir, "audit.jsonl"), policy: "{default: exempt}", admin: `, admin: ""`,
	}
	s.write(t)
	return s
}

func (s *site) config() string { return filepath.Join(s.dir, "config.yaml") }

func (s *site) write(t *testing.T) {
	t.Helper()
	s.file(t, "config.yaml", fmt.Sprintf(`listen: {authentication: [%q], accounting: [%q]%s}
reject_delay: 0s
clients:
  - name: %s
    networks: [127.0.0.0/8]
    secrets: [%s]
    answer_within: 20s
ivalt: {url: %q, api_key: %s}
policy: %s
audit: {file: %q%s}
state: {directory: %q}
%s
`, s.listen, s.accounting, s.admin, s.client, sharedSecret, s.url, apiKey, s.policy, s.audit, s.keeping, s.state, s.more))
}

func (s *site) file(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// command runs one of the commands as the program does.
func (s *site) command(t *testing.T, args ...string) (code int, output string) {
	t.Helper()
	var out bytes.Buffer
	code = run(t.Context(), newRootCommand(), append(args, "--config", s.config()), &out, &out)
	silentAbout(t, out.String())
	return code, out.String()
}

func silentAbout(t *testing.T, output string) {
	t.Helper()
	for _, canary := range []string{sharedSecret, apiKey, typed} {
		if strings.Contains(output, canary) {
			t.Errorf("%q is in the output:\n%s", canary, output)
		}
	}
}

// running is a server in this process.
type running struct {
	log     *lines
	signals signals
	look    chan<- time.Time
	ended   <-chan struct{}
	code    int // once it has ended
	address string
}

// launch starts the server and returns once it is ready or has ended.
func (s *site) launch(t *testing.T) *running {
	t.Helper()
	ended := make(chan struct{})
	look := make(chan time.Time)
	r := &running{
		log: &lines{more: make(chan struct{})}, signals: signals{reload: make(chan os.Signal, 1), stop: make(chan os.Signal, 4), look: look}, look: look, ended: ended,
	}
	log, err := logger.New(r.log, "debug", "json")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(ended)
		defer log.Close()
		r.code = exit.Code(serve(context.Background(), s.config(), log, r.signals))
	}()
	t.Cleanup(func() {
		r.signals.stop <- syscall.SIGTERM
		r.signals.stop <- syscall.SIGTERM
		<-ended
		silentAbout(t, r.log.String())
	})
	for {
		ready, more := r.log.with(`"msg":"ready"`)
		if len(ready) > 0 {
			r.address = regexp.MustCompile(`"authentication":\["([^"]*)"`).FindStringSubmatch(ready[0])[1]
			return r
		}
		select {
		case <-ended:
			return r
		case <-more:
		}
	}
}

// start is launch of a server that must get ready.
func (s *site) start(t *testing.T) *running {
	t.Helper()
	r := s.launch(t)
	if r.address == "" {
		t.Fatalf("the server did not start:\n%s", r.log)
	}
	return r
}

// stop sends a signal and returns the exit code.
func (r *running) stop(t *testing.T) int {
	t.Helper()
	r.signals.stop <- syscall.SIGTERM
	return r.await(t)
}

// await waits for the server's end.
func (r *running) await(t *testing.T) int {
	t.Helper()
	select {
	case <-r.ended:
	case <-time.After(patience):
		t.Fatalf("the server does not end:\n%s", r.log)
	}
	return r.code
}

// reload reloads, and returns the line about it.
func (r *running) reload(t *testing.T) string {
	t.Helper()
	const word = `"msg":"reload`
	before, _ := r.log.with(word)
	r.signals.reload <- syscall.SIGHUP
	return r.log.await(t, word, len(before)+1)[len(before)]
}

// nas is the gateway. It sends one packet and waits.
func (r *running) nas() radiustest.NAS {
	return radiustest.NAS{Server: r.address, Secret: secret.New(sharedSecret), Retry: radiustest.Retry{Interval: patience}}
}

// login is one login from a place of its own.
func (r *running) login(t *testing.T, user string) radiustest.Code {
	t.Helper()
	result, err := r.nas().Login(t.Context(), credentials(user))
	if err != nil {
		t.Fatalf("%s: %v\n%s", user, err, r.log)
	}
	return result.Code
}

func credentials(user string) radiustest.Credentials {
	return radiustest.Credentials{User: user, Password: secret.New(typed), CallingStation: "198.51.100.7"}
}

// lines is a log that a test can wait for.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{} // closed by the next write
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.more)
	l.more = make(chan struct{})
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// with are the lines that hold a text, and a channel that closes when there are more lines.
func (l *lines) with(part string) ([]string, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, part) {
			found = append(found, line)
		}
	}
	return found, l.more
}

// await waits for n lines that hold a text.
func (l *lines) await(t *testing.T, part string, n int) []string {
	t.Helper()
	end := time.After(patience)
	for {
		found, more := l.with(part)
		if len(found) >= n {
			return found
		}
		select {
		case <-more:
		case <-end:
			t.Fatalf("no %d lines with %s in\n%s", n, part, l)
		}
	}
}

// eventually waits for a condition that nothing announces.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(patience); !holds(); <-look.C {
		if time.Now().After(end) {
			t.Fatal("not in time: " + what)
		}
	}
}

// trailLines are the records of a sound trail that hold a text. The server must have ended.
func (s *site) trailLines(t *testing.T, part string) []string {
	t.Helper()
	content, err := os.ReadFile(s.audit)
	if err != nil {
		t.Fatal(err)
	}
	result, err := chain.Verify(bytes.NewReader(content))
	if err != nil || !result.Sound() {
		t.Fatal(errors.Join(err, fmt.Errorf("findings: %v", result.Findings)))
	}
	silentAbout(t, string(content))
	l := &lines{}
	_, _ = l.text.Write(content)
	found, _ := l.with(part)
	return found
}
