//go:build interop

package docs_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/test/blackbox"
)

// bare is what a page says whose blocks begin with nothing; the others run on an installed machine.
const bare = "<!-- blocks run on: a bare machine -->"

// longest is how long the blocks of one page may take.
const longest = 4 * time.Minute

// script has the blocks of a page one after the other, in one shell: what one block sets the next one has. It says of each that it begins, and
// that the end was reached.
func script(name, text string) (script string, places []string) {
	var b strings.Builder
	b.WriteString("set -e -u -o pipefail\n")
	for _, block := range blocks(name, text) {
		if block.info == "sh" && !block.marked {
			places = append(places, block.place)
			fmt.Fprintf(&b, "printf '\\n#### %s\\n'\n%s", block.place, block.text)
		}
	}
	b.WriteString("printf '\\n#### the end\\n'\n")
	return b.String(), places
}

// run runs the blocks of a page on a machine of its own and returns what they printed, with an error that names the block which failed.
func run(ctx context.Context, name, text string) (output string, err error) {
	stage := "installed"
	if strings.Contains(text, bare) {
		stage = "bare"
	}
	page, _ := script(name, text)
	machine := exec.CommandContext(ctx, "./machine.sh", stage, blackbox.Binary())
	machine.Stdin = strings.NewReader(page)
	machine.WaitDelay = 10 * time.Second
	var out bytes.Buffer
	machine.Stdout, machine.Stderr = &out, &out
	err = machine.Run()
	output = out.String()
	at := output[strings.LastIndex(output, "#### ")+1:]
	at, _, _ = strings.Cut(strings.TrimPrefix(at, "### "), "\n")
	switch {
	case ctx.Err() != nil:
		return output, fmt.Errorf("%s: not done in its time: %w", at, ctx.Err())
	case err != nil:
		return output, fmt.Errorf("%s: %w", at, err)
	case at != "the end":
		return output, fmt.Errorf("%s: ends the page before its end", at)
	}
	return output, nil
}

// TestShellBlocks runs the blocks of every page, in order.
func TestShellBlocks(t *testing.T) {
	for name, text := range documents(t) {
		_, places := script(name, text)
		if len(places) == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), longest)
			defer cancel()
			began := time.Now()
			out, err := run(ctx, name, text)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Logf("%d blocks ran in %.0f s: %s", len(places), time.Since(began).Seconds(), strings.Join(places, " "))
		})
	}
}

// TestShellBlocksSeeFaults: a page whose blocks fail, one way or another, fails; and nothing of it is left.
func TestShellBlocksSeeFaults(t *testing.T) {
	host := filepath.Join(t.TempDir(), "seen")
	if err := os.WriteFile(host, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, first, second, fails string }{
		{"sound, and the second block has what the first one set", "x=1; f() { true; }", "f; [ $x = 1 ]; [ \"$(ls)\" = '' ]", ""},
		{"a command fails", "true", "false\ntrue", "x.md:6"},
		{"a command fails in a pipe", "false | true", "true", "x.md:3"},
		{"no such command", "ivalt-radios serve", "true", "x.md:3"},
		{"no such flag", "true", "ivalt-radius init --no-such-flag", "x.md:6"},
		{"no such variable", "echo $unset_here", "true", "x.md:3"},
		{"no shell", "if", "true", ""},
		{"ends early", "exit 0", "false", "x.md:3"},
		{"hangs", "true", "sleep 1000", "x.md:6: not done in its time"},
		{"waits for a person", "read -r answer", "true", "x.md:3"},
		{"sees the host's files", "[ -e " + host + " ]", "true", "x.md:3"},
		{"asks another machine", "true", "exec 3<>/dev/tcp/192.0.2.1/80", "x.md:6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			limit := longest
			if c.name == "hangs" {
				limit = 25 * time.Second
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			out, err := run(ctx, "x.md", fmt.Sprintf("%s\n\n```sh\n%s\n```\n```sh\n%s\n```\n", bare, c.first, c.second))
			if sound := strings.HasPrefix(c.name, "sound"); sound != (err == nil) || !sound && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%v, want %q\n%s", err, c.fails, out)
			}
		})
	}
}

// TestShellBlocksLeaveNothing: what a block writes to the system's folders, and what it leaves running, is gone with its machine.
func TestShellBlocksLeaveNothing(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	const mark = "ivalt-radius-left-behind"
	out, err := run(ctx, "x.md", bare+"\n```sh\ntouch /etc/"+mark+" /var/lib/"+mark+" /tmp/"+mark+"\nbash -c 'exec -a "+mark+" sleep 999' &\n```\n")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, folder := range []string{"/etc", "/var/lib", "/tmp"} {
		if _, err := os.Stat(filepath.Join(folder, mark)); err == nil {
			t.Errorf("%s/%s is left", folder, mark)
		}
	}
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(lines) == 0 {
		t.Fatal(err, len(lines))
	}
	for _, file := range lines {
		if text, err := os.ReadFile(file); err == nil && bytes.HasPrefix(text, []byte(mark)) {
			t.Errorf("%s is left running", file)
		}
	}
}
