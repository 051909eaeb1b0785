//go:build interop

package interop_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/test/blackbox"
)

// walled are settings of a server at 192.0.2.20 and ::20, whose client is 192.0.2.10 and ::10.
const walled = `
listen: {authentication: ["192.0.2.20:1812", "[2001:db8::20]:1812"], accounting: ["0.0.0.0:1813"], admin: "192.0.2.20:9812"}
admin: {tls: {certificate: /nonexistent/window.pem, key: /nonexistent/window.key}}
clients: [{name: vpn, networks: [192.0.2.10/32, "2001:db8::10/128"], secrets: ["file:/nonexistent"]}]
ivalt: {api_key: "file:/nonexistent"}
`

// packets is how many netns.sh sends to the server.
const packets = 36

// TestFirewall has nftables and ufw load the rules of `firewall` in a network namespace, and sends packets over a wire: what comes in is what the settings
// say, under both alike. ufw works on copies of its files.
func TestFirewall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(walled), 0o600); err != nil {
		t.Fatal(err)
	}
	radius := []string{
		"192.0.2.10 192.0.2.20 udp 1812 in", "192.0.2.10 192.0.2.20 udp 1813 in", "192.0.2.10 192.0.2.21 udp 1813 in", // accounting listens at any IPv4 address
		"2001:db8::10 2001:db8::20 udp 1812 in",
	}
	var ssh []string // of everybody
	for _, pair := range []string{
		"192.0.2.10 192.0.2.20", "192.0.2.10 192.0.2.21", "192.0.2.66 192.0.2.20", "192.0.2.66 192.0.2.21", "2001:db8::10 2001:db8::20", "2001:db8::66 2001:db8::20",
	} {
		ssh = append(ssh, pair+" tcp 22 in")
	}
	own := []string{"192.0.2.20 192.0.2.20 udp 1645 in", "192.0.2.20 192.0.2.66 udp 53 in"}
	const anywhere = "192.0.2.20 192.0.2.66 tcp 4444 in" // what goes out is free
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"as it is": {nil, slices.Concat(radius, ssh, own, []string{anywhere})},
		"strict": {
			[]string{"--ssh-from", "192.0.2.66/32", "--admin-network", "192.0.2.66/32", "--strict-out"},
			slices.Concat(radius, own, []string{"192.0.2.66 192.0.2.20 tcp 22 in", "192.0.2.66 192.0.2.21 tcp 22 in", "192.0.2.66 192.0.2.20 tcp 9812 in"}),
		},
	} {
		for _, format := range []string{"nftables", "ufw"} {
			t.Run(name+", "+format, func(t *testing.T) {
				rules, code := blackbox.Run(t, append([]string{"firewall", "--config", path, "--format", format}, c.args...)...)
				if code != 0 {
					t.Fatalf("ends with %d: %s", code, rules)
				}
				lines := sent(t, format, rules)
				cameIn(t, lines, c.want)
				if format == "nftables" && !slices.Contains(lines, "left 0") {
					t.Error("the rules could not be taken away again")
				}
			})
		}
	}
}

// cameIn compares what came in with what must.
func cameIn(t *testing.T, lines, want []string) {
	t.Helper()
	in := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.HasSuffix(line, " in") })
	slices.Sort(in)
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), in); diff != "" {
		t.Errorf("what came in (-want +got):\n%s", diff)
	}
	if len(lines) < packets {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
}

// sent has the rules loaded, and gives the lines of netns.sh.
func sent(t *testing.T, format, rules string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules")
	if err := os.WriteFile(path, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	script := exec.CommandContext(ctx, "./netns.sh", format, path)
	script.Cancel = func() error { return script.Process.Signal(os.Interrupt) }
	script.WaitDelay = 10 * time.Second
	var said, words strings.Builder
	script.Stdout, script.Stderr = &said, &words
	if err := script.Run(); err != nil {
		t.Fatalf("netns.sh: %v\n%s%s\n%s", err, said.String(), words.String(), rules)
	}
	return strings.Split(strings.TrimSpace(said.String()), "\n")
}
