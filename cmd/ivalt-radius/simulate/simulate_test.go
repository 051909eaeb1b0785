package simulate

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
)

// firstWrite lets a test wait for a command to greet.
type firstWrite struct {
	mu   sync.Mutex
	text bytes.Buffer
	once sync.Once
	came chan struct{}
}

func (w *firstWrite) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.once.Do(func() { close(w.came) })
	return w.text.Write(b)
}

func (w *firstWrite) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// run runs the command as the program does, and returns its exit code.
func run(ctx context.Context, cmd *cobra.Command, out io.Writer, args ...string) int {
	return exit.Code(commandtest.Into(ctx, cmd, strings.NewReader(""), out, out, args...))
}

// simulating runs `simulate` and returns its greeting, its URL, and what stops it and gives its exit code.
func simulating(t *testing.T, args ...string) (greeting, url string, stop func() int) {
	t.Helper()
	cmd := NewCommand()
	ctx, cancel := context.WithCancel(t.Context())
	out := &firstWrite{came: make(chan struct{})}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, cmd, out, append([]string{"--listen", "127.0.0.1:0"}, args...)...) }()
	stop = sync.OnceValue(func() int {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { stop() })
	select {
	case <-out.came:
	case code := <-ended:
		ended <- code
		t.Fatalf("exit %d: %s", code, out)
	case <-time.After(30 * time.Second):
		t.Fatal("no greeting")
	}
	greeting = out.String()
	url = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(greeting)
	return greeting, url, stop
}

// ask posts JSON and returns the status and the body.
func ask(t *testing.T, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Api-Key", "canary_key_of_the_simulator_00001")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestSimulate(t *testing.T) {
	const push, result = "/biometric-auth-request", "/biometric-geo-fence-auth-results"
	const bob, stranger = `{"mobile":"+919876543210"}`, `{"mobile":"+491701234567"}`
	tests := []struct {
		name  string
		args  []string
		steps []simulated
	}{
		{"by hand", nil, []simulated{
			{"/get-user-by-email", `{"email":"anybody@example.com"}`, 200, "+999"},
			{push, bob, 200, "successfully sent"},
			{result, bob, 404, "was not found"},
			{"/control/approve", bob, 200, "ok"},
			{result, bob, 200, "successfully done"},
			{result, bob, 404, "was not found"},
		}},
		{"by itself", []string{"--approve-after", "1ns", "--sticky", "--push-status", "202"}, []simulated{
			{push, bob, 202, "successfully sent"},
			{result, bob, 200, "successfully done"},
			{result, bob, 200, "successfully done"},
		}},
		{"people", []string{
			"--does", "unknown", "--pending", "422", "--limits",
			"--person", "mobile=+919876543210,email=bob@example.com,does=approve,next=deny,next=ignore",
		}, []simulated{
			{"/get-user-by-email", `{"email":"bob@example.com"}`, 200, "+919876543210"},
			{push, stranger, 404, "was not found"},
			{push, bob, 200, "successfully sent"},
			{result, bob, 401, "Denied"},
			{push, bob, 200, "successfully sent"},
			{result, bob, 422, "pending"},
			{push, bob, 200, "successfully sent"},
			{result, bob, 200, "successfully done"},
		}},
		{"kept results", []string{"--keep-results", "--manual"}, []simulated{
			{push, bob, 200, ""},
			{"/control/deny", bob, 200, "ok"},
			{push, bob, 200, ""},
			{result, bob, 401, "Denied"},
		}},
		{"a key", []string{"--api-key", "another_key"}, []simulated{{push, bob, 403, "Forbidden"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			greeting, url, stop := simulating(t, tt.args...)
			if !strings.Contains(greeting, "the phone    "+url+"/\n") || !strings.Contains(greeting, "url: "+url+"\n") {
				t.Errorf("greeting: %s", greeting)
			}
			if strings.Contains(greeting, "another_key") {
				t.Error("the greeting shows the key")
			}
			for _, s := range tt.steps {
				s.play(t, url)
			}
			if code := stop(); code != exit.OK {
				t.Errorf("exit %d", code)
			}
		})
	}
}

// TestSimulateUnknowns: what nobody knows of the real cloud, and what the greeting says of it.
func TestSimulateUnknowns(t *testing.T) {
	const push, result = "/biometric-auth-request", "/biometric-geo-fence-auth-results"
	const bob = `{"mobile":"+919876543210"}`
	tests := []struct {
		name  string
		args  []string
		steps []simulated
	}{
		{"the other dialect", []string{"--dialect", "laravel", "--request-ids", "--clock-offset", "-90s", "--approve-after", "1ns"}, []simulated{
			{"/admin/public/api/send/global/notification", bob, 200, `"request_id":"req_1"`},
			{"/validate-geo-fence-auth", bob, 200, `"request_id":"req_1"`},
			{"/admin/public/api" + result, bob, 422, "country_code"},
			{push, bob, 403, "Missing Authentication Token"},
			{"/control/options", `{"dialect":"gateway"}`, 200, "ok"},
			{push, bob, 200, "successfully sent"},
		}},
		{"another no", []string{"--denial", "403", "--expiry", "403"}, []simulated{
			{push, bob, 200, ""},
			{"/control/deny", bob, 200, "ok"},
			{result, bob, 403, "biometric rejected"},
			{"/control/options", `{"push_lifetime":"1ns"}`, 200, "ok"},
			{push, bob, 200, ""},
			{result, bob, 403, "expired"},
		}},
		{"a signature", []string{"--signing-secret", "canary_secret_for_signing_0000000"}, []simulated{{push, bob, 401, "Invalid signature"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			greeting, url, _ := simulating(t, tt.args...)
			if strings.Contains(greeting, "dialect: laravel\n") != slices.Contains(tt.args, "laravel") ||
				strings.Contains(greeting, "signing_secret: …") != slices.Contains(tt.args, "--signing-secret") ||
				strings.Contains(greeting, "for_signing") {
				t.Errorf("greeting: %s", greeting)
			}
			for _, s := range tt.steps {
				s.play(t, url)
			}
		})
	}
}

// simulated is one call and what it should bring.
type simulated struct {
	path, body string
	status     int
	text       string
}

func (s simulated) play(t *testing.T, url string) {
	t.Helper()
	if status, body := ask(t, url+s.path, s.body); status != s.status || !strings.Contains(body, s.text) {
		t.Fatalf("%s: %d %s", s.path, status, body)
	}
}

func TestSimulateStopsAmidAStall(t *testing.T) {
	_, url, stop := simulating(t)
	if status, body := ask(t, url+"/control/fault", `{"kind":"stall","delay":"1h"}`); status != http.StatusOK {
		t.Fatal(status, body)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/biometric-auth-request", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	stalled := make(chan error, 1)
	go func() {
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
		if err == nil {
			err = resp.Body.Close()
		}
		stalled <- err
	}()
	if code := stop(); code != exit.OK {
		t.Errorf("exit %d", code)
	}
	if err := <-stalled; err == nil {
		t.Error("a stalled call was answered")
	}
}

func TestSimulateRefuses(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	tests := []struct {
		name string
		args []string
		code int
		text string
	}{
		{"everywhere", []string{"--listen", "0.0.0.0:0"}, exit.Usage, "--insecure-listen-anywhere"},
		{"everywhere by leaving out", []string{"--listen", ":0"}, exit.Usage, "--insecure-listen-anywhere"},
		{"another machine's name", []string{"--listen", "sim.example:0"}, exit.Usage, "--insecure-listen-anywhere"},
		{"no port", []string{"--listen", "127.0.0.1"}, exit.Usage, "no HOST:PORT"},
		{"taken", []string{"--listen", taken.Addr().String()}, exit.Fault, "address already in use"},
		{"no behaviour", []string{"--does", "dance"}, exit.Usage, "no behaviour"},
		{"two defaults", []string{"--approve-after", "3s", "--manual"}, exit.Usage, "only one of"},
		{"two others", []string{"--approve-after", "3s", "--does", "deny"}, exit.Usage, "only one of"},
		{"back in time", []string{"--approve-after", "-3s"}, exit.Usage, "below zero"},
		{"no person", []string{"--person", "name=x"}, exit.Usage, "needs an e-mail or a mobile"},
		{"no pending", []string{"--pending", "418"}, exit.Usage, "--pending"},
		{"no push status", []string{"--push-status", "204"}, exit.Usage, "only 200, 201 and 202"},
		{"no dialect", []string{"--dialect", "latin"}, exit.Usage, "no dialect"},
		{"no denial", []string{"--denial", "418"}, exit.Usage, "no denial"},
		{"no expiry", []string{"--expiry", "never"}, exit.Usage, "no expiry"},
		{"a clock of another age", []string{"--clock-offset", "900000h"}, exit.Usage, "the clock"},
		{"a short secret", []string{"--signing-secret", "short"}, exit.Usage, "at least 32"},
		{"argument", []string{"now"}, exit.Usage, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if code := run(t.Context(), NewCommand(), &out, tt.args...); code != tt.code || !strings.Contains(out.String(), tt.text) {
				t.Errorf("exit %d: %s", code, out.String())
			}
		})
	}
	anywhere := simulation{listen: "0.0.0.0:8099", anywhere: true}
	if err := anywhere.checkListen(); err != nil {
		t.Error(err)
	}
}

func TestSimulateDefaults(t *testing.T) {
	for word, want := range map[string]time.Duration{"deny": 3 * time.Second, "late": 0} {
		s := simulation{does: word}
		if step, err := s.everybody(); err != nil || step.After != want {
			t.Errorf("%s: %v, %v", word, step, err)
		}
	}
}
