//go:build packages

package packages_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const mostExposed = 2.0

// exposure is what systemd-analyze says of a unit with its drop-ins, without a systemd that runs.
func exposure(t *testing.T, unit string) float64 {
	t.Helper()
	out := must(t, "systemd-analyze", "security", "--offline=true", "--no-pager", unit)
	figure := regexp.MustCompile(`exposure level for \S+: ([0-9.]+)`).FindStringSubmatch(out)
	if figure == nil {
		t.Fatal(out)
	}
	value, err := strconv.ParseFloat(figure[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// unitWith is the unit in a folder of its own, with a drop-in.
func unitWith(t *testing.T, dropIn string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ivalt-radius.service")
	must(t, "cp", filepath.Join(root, "packaging", "ivalt-radius.service"), path)
	if dropIn != "" {
		if err := os.Mkdir(path+".d", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path+".d", "50-addresses.conf"), []byte(dropIn), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// program is the packaged program, outside of any tree.
func program(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, "tar", "-xzf", one(t, built.first, "*.tar.gz"), "-C", dir, "--strip-components=1")
	return filepath.Join(dir, "ivalt-radius")
}

// TestUnit: what systemd says of the unit, alone and with the drop-in that `firewall` writes.
func TestUnit(t *testing.T) {
	alone := exposure(t, unitWith(t, ""))
	settings := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(settings, []byte(`
clients: [{name: vpn, networks: [192.0.2.10/32], secrets: ["file:/nonexistent"]}]
ivalt: {api_key: "file:/nonexistent"}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	bound := exposure(t, unitWith(t, must(t, program(t), "firewall", "--config", settings, "--format", "systemd", "--peer", "198.51.100.0/24")))
	low := exposure(t, unitWith(t, "[Service]\nAmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\nPrivateUsers=no\n"))
	t.Logf("systemd-analyze security: %.1f; with the drop-in of firewall %.1f; with a port below 1024 %.1f", alone, bound, low)
	if alone > mostExposed || bound >= alone || low > mostExposed {
		t.Errorf("at most %.1f", mostExposed)
	}
	if weak := exposure(t, unitWith(t, "[Service]\nUser=root\nProtectSystem=no\nSystemCallFilter=\nCapabilityBoundingSet=~\nPrivateUsers=no\n")); weak <= mostExposed {
		t.Errorf("a weak unit has %.1f: the figure is not read rightly", weak)
	}
}

// allowed are the system calls that the unit's filter lets through, as systemd spells its groups out.
func allowed(t *testing.T) map[string]bool {
	t.Helper()
	unit, err := os.ReadFile(filepath.Join(root, "packaging", "ivalt-radius.service"))
	if err != nil {
		t.Fatal(err)
	}
	var members func(group string) []string
	members = func(group string) (all []string) {
		for line := range strings.Lines(must(t, "systemd-analyze", "syscall-filter", "--no-pager", group)) {
			switch word := strings.TrimSpace(line); {
			case word == "" || strings.HasPrefix(word, "#") || word == group:
			case strings.HasPrefix(word, "@"):
				all = append(all, members(word)...)
			default:
				all = append(all, word)
			}
		}
		return all
	}
	calls := map[string]bool{}
	for _, filter := range regexp.MustCompile(`(?m)^SystemCallFilter=(~?)(.+)$`).FindAllStringSubmatch(string(unit), -1) {
		for _, word := range strings.Fields(filter[2]) {
			names := []string{word}
			if strings.HasPrefix(word, "@") {
				names = members(word)
			}
			for _, name := range names {
				calls[name] = filter[1] == ""
			}
		}
	}
	return calls
}

// TestSystemCalls: what the server asks of the kernel, from the start over a login and a reload to the end, passes the unit's filter.
func TestSystemCalls(t *testing.T) {
	dir := t.TempDir()
	binary := program(t)
	must(t, binary, "init", "--dir", dir)
	if err := os.WriteFile(filepath.Join(dir, "ivalt-api-key"), []byte("Zq3kV8_fresh-from-iVALT_7Hn2Lw5Tb9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cloud, port := freePort(t), freePort(t)
	config := filepath.Join(dir, "config.yaml")
	env := append(os.Environ(), "IVALT_RADIUS_IVALT__URL=http://127.0.0.1:"+cloud, "IVALT_RADIUS_LISTEN__AUTHENTICATION=127.0.0.1:"+port, "IVALT_RADIUS_LISTEN__ACCOUNTING=", "IVALT_RADIUS_LISTEN__ADMIN=127.0.0.1:"+freePort(t))
	start(t, command(env, binary, "simulate", "--listen", "127.0.0.1:"+cloud, "--approve-after", "100ms"))
	trace := filepath.Join(dir, "trace")
	stop := start(t, command(env, "strace", "-f", "-qq", "-c", "-S", "name", "-U", "name", "-o", trace, "-I", "2", binary, "serve", "--config", config))
	eventually(t, "a server that is ready", func() bool {
		_, err := run(t.Context(), "", nil, binary, "health", "--config", config)
		return err == nil
	})
	if out, err := run(t.Context(), "", nil, binary, "login", "--server", "127.0.0.1:"+port, "--secret", "file:"+filepath.Join(dir, "openvpn-as.secret"), "--user", "bob", "--password", "x", "--nas", "openvpn-as"); err != nil {
		t.Error(out, err)
	}
	_, _ = run(t.Context(), "", env, binary, "reload", "--config", config)
	stop()
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	calls, filter := strings.Fields(string(text)), allowed(t)
	calls = slices.DeleteFunc(calls, func(c string) bool {
		return !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(c) || c == "name" || c == "syscall" || c == "total"
	})
	if len(calls) < 20 || !slices.Contains(calls, "recvmsg") && !slices.Contains(calls, "recvfrom") && !slices.Contains(calls, "recvmmsg") {
		t.Fatalf("only %v were seen", calls)
	}
	for _, c := range append(calls, "execve") { // execve: a new version takes the server's place
		if !filter[c] {
			t.Errorf("the unit's filter refuses %s", c)
		}
	}
	if filter["mount"] || filter["bpf"] || filter["kexec_load"] || filter["init_module"] {
		t.Error("the filter is not read rightly")
	}
	t.Logf("%d system calls, all let through", len(calls))
}

// TestUnitsWords: the server's name and places are those of the packages.
func TestUnitsWords(t *testing.T) {
	out, err := run(context.Background(), "", nil, "systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unitWith(t, ""))
	for line := range strings.Lines(out) {
		if strings.Contains(line, "ivalt-radius.service:") && !strings.Contains(line, "is not executable") {
			t.Errorf("%v: %s", err, line)
		}
	}
}
