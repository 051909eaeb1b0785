package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/ivalt/ivalttest/gatewaytest"
	"ivalt-radius/ivalt/probe"
	"ivalt-radius/secret"
)

const (
	testKey    = "canary_key_of_32_characters_00001"
	testEmail  = "ada.quillfeather@brontosaurus.example"
	testMobile = "+919876543210"
)

func TestMain(m *testing.M) {
	// The process's one goroutine for signals must not begin inside a bubble.
	started := make(chan os.Signal, 1)
	signal.Notify(started, syscall.SIGUSR2)
	goleak.VerifyTestMain(m)
}

// serving is what the settings of a file come to: the way to a cloud.
func serving(t *testing.T, cloud *ivalttest.Cloud) Load {
	t.Helper()
	dial := gatewaytest.Serve(t, cloud)
	return func(path string) (gateway.Options, error) {
		if path != "the.yaml" {
			return gateway.Options{}, errors.New("other settings were read")
		}
		return gateway.Options{URL: "http://127.0.0.1", APIKey: secret.New(testKey), Connections: 2, Dial: dial}, nil
	}
}

// runProbe runs the command as the program does.
func runProbe(ctx context.Context, cmd *cobra.Command, args ...string) (code int, output string) {
	var out bytes.Buffer
	err := commandtest.Into(ctx, cmd, strings.NewReader("yes\n"), &out, &out, args...)
	return exit.Code(err), out.String()
}

// ada approves the first push, denies the second one, and leaves the others alone, without being asked.
func ada() ivalttest.Person {
	return ivalttest.Person{
		Email: testEmail, Mobile: testMobile, Name: "Zebedee Quillfeather", Behaviour: ivalttest.Ignore,
		Next: []ivalttest.Step{{Behaviour: ivalttest.Approve, After: 12 * time.Second}, {Behaviour: ivalttest.Deny, After: 8 * time.Second}},
	}
}

func silentAbout(t *testing.T, texts ...string) {
	t.Helper()
	for _, canary := range []string{testKey, testEmail, "quillfeather", "zebedee", "9876543210", "6543210", "76.7179", "rehearsal street"} {
		if text := strings.ToLower(strings.Join(texts, "\n")); strings.Contains(text, strings.ToLower(canary)) {
			t.Errorf("%q is in\n%s", canary, text)
		}
	}
}

func TestProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		t.Chdir(t.TempDir())
		cloud := ivalttest.New(ivalttest.Options{APIKey: secret.New(testKey), Sticky: true})
		cloud.Set(ada())
		load := serving(t, cloud)
		code, out := runProbe(t.Context(), NewCommand("default.yaml", load), "--config", "the.yaml", "--email", testEmail, "--yes")
		for _, said := range []string{
			"ring about 5 times", "at most 50 requests", "shares its budget", "the mobile is **********10", "Is a result consumed", "sticky",
			"step 5, call ", "  result: sticky\n", "  pending: [\"404\"]\n", "can be sent to the maintainers", "not answered: ",
		} {
			if !strings.Contains(out, said) {
				t.Errorf("it does not say %q:\n%s", said, out)
			}
		}
		name := "ivalt-probe-" + time.Now().Format(time.DateOnly) + ".json"
		written, err := os.ReadFile(name)
		if err != nil || code != exit.OK {
			t.Fatalf("exit %d, %v:\n%s", code, err, out)
		}
		if info, err := os.Stat(name); err != nil || info.Mode() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		var record struct {
			Settings string           `json:"settings"`
			Calls    []map[string]any `json:"calls"`
		}
		if err := json.Unmarshal(written, &record); err != nil || len(record.Calls) < 20 || !strings.Contains(record.Settings, "sticky") {
			t.Errorf("%v: %s", err, written)
		}
		silentAbout(t, out, string(written))

		// A second walk takes another file, before it makes a call.
		before := cloud.Counters().Requests
		code, out = runProbe(t.Context(), NewCommand("default.yaml", load), "--config", "the.yaml", "--email", testEmail, "--yes")
		again, err := os.ReadFile(name)
		if code != exit.Fault || !strings.Contains(out, "file exists") || cloud.Counters().Requests != before || err != nil || !bytes.Equal(written, again) {
			t.Errorf("exit %d: %s", code, out)
		}
	})
}

func TestProbeThatFindsTooLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := ivalttest.New(ivalttest.Options{APIKey: secret.New(testKey)})
		person := ada()
		person.Next = nil
		cloud.Set(person)
		load, file := serving(t, cloud), filepath.Join(t.TempDir(), "a.json")
		code, out := runProbe(t.Context(), NewCommand("default.yaml", load), "-c", "the.yaml", "--email", testEmail, "--yes", "--out", file, "--timeout", "5s")
		written, err := os.ReadFile(file)
		if code != exit.Fault || !strings.Contains(out, "ended early: nobody approved in time") || err != nil || !strings.Contains(string(written), "ended_early") {
			t.Errorf("exit %d, %v: %s", code, err, out)
		}
		silentAbout(t, out, string(written))
	})
}

// TestProbeInterrupted: what was found until then is written.
func TestProbeInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := ivalttest.New(ivalttest.Options{APIKey: secret.New(testKey)})
		cloud.Set(ada())
		load, file := serving(t, cloud), filepath.Join(t.TempDir(), "a.json")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		code, out := runProbe(ctx, NewCommand("default.yaml", load), "-c", "the.yaml", "--email", testEmail, "--yes", "--out", file)
		if written, err := os.ReadFile(file); code != exit.Fault || !strings.Contains(out, "interrupted") || err != nil || len(written) < 100 {
			t.Errorf("exit %d, %v: %s", code, err, out)
		}
		ctx, cancel = context.WithCancel(t.Context())
		cancel()
		file += "2"
		code, out = runProbe(ctx, NewCommand("default.yaml", load), "-c", "the.yaml", "--email", testEmail, "--yes", "--out", file)
		if _, err := os.Stat(file); code != exit.Fault || err == nil {
			t.Errorf("a record of nothing, exit %d: %s", code, out)
		}
	})
}

func TestProbeRefuses(t *testing.T) {
	failing := func(string) (gateway.Options, error) { return gateway.Options{}, errors.New("faulty settings") }
	for name, c := range map[string]struct {
		args []string
		code int
		text string
	}{
		"no e-mail":       {[]string{"--yes"}, exit.Usage, "email"},
		"an odd e-mail":   {[]string{"--yes", "--email", "quillfeather"}, exit.Usage, "--email is no e-mail"},
		"no domain":       {[]string{"--yes", "--email", "quillfeather@"}, exit.Usage, "--email is no e-mail"},
		"a blank":         {[]string{"--yes", "--email", "quill feather@a.example"}, exit.Usage, "--email is no e-mail"},
		"no terminal":     {[]string{"--email", testEmail}, exit.Usage, "--yes"},
		"hardly a wait":   {[]string{"--yes", "--email", testEmail, "--timeout", "1s"}, exit.Usage, "--timeout"},
		"an endless wait": {[]string{"--yes", "--email", testEmail, "--timeout", "1h"}, exit.Usage, "--timeout"},
		"an argument":     {[]string{"--yes", "--email", testEmail, "now"}, exit.Usage, ""},
		"faulty settings": {[]string{"--yes", "--email", testEmail}, exit.Fault, "faulty settings"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out := runProbe(t.Context(), NewCommand("default.yaml", failing), c.args...)
			if code != c.code || !strings.Contains(out, c.text) {
				t.Errorf("exit %d: %s", code, out)
			}
			silentAbout(t, out)
		})
	}
}

func TestTerminal(t *testing.T) {
	choice := probe.Prompt{Text: "How?", Choices: []string{probe.Whole, probe.Cut}}
	var out bytes.Buffer
	p := &terminal{in: strings.NewReader("what?\n WHOLE \n\n"), out: &out}
	for i, c := range []struct {
		prompt probe.Prompt
		want   string
		err    error
	}{{choice, probe.Whole, nil}, {probe.Prompt{Text: "Go on."}, "", nil}, {choice, "", errNoAnswers}, {choice, "", errNoAnswers}} {
		if got, err := p.Ask(t.Context(), c.prompt); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%d: %q, %v", i, got, err)
		}
	}
	p.Tell("a word")
	if !strings.Contains(out.String(), "How? [whole / cut]") || !strings.Contains(out.String(), "Go on. [Enter goes on]") || !strings.Contains(out.String(), "a word\n") {
		t.Errorf("it shows %s", out.String())
	}

	silent, writer := io.Pipe()
	defer func() { _ = writer.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (&terminal{in: silent, out: io.Discard}).Ask(ctx, choice); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted question: %v", err)
	}
}

func TestIsTerminal(t *testing.T) {
	if isTerminal(strings.NewReader("")) || isTerminal(nil) {
		t.Error("a text is a terminal")
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if isTerminal(file) {
		t.Error("a file is a terminal")
	}
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = terminal.Close() }()
	if !isTerminal(terminal) {
		t.Error("a terminal is none")
	}
}
