package compliance

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/audit/compliance"
	"ivalt-radius/audit/segment"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/config"
)

// TestRunningServer: the kernel says who listens, whatever the socket's owner is.
func TestRunningServer(t *testing.T) {
	dir := t.TempDir()
	if got := server(t.Context(), dir); !got.Known || got.Running || got.UID != os.Getuid() || got.Cores != compliance.Unknown {
		t.Errorf("nobody runs: %+v", got)
	}
	if got := server(t.Context(), filepath.Join(dir, "none")); got != (compliance.Server{}) {
		t.Errorf("no state: %+v", got)
	}
	socket, err := control.Listen(t.Context(), dir, http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close(context.WithoutCancel(t.Context()))
	cred := control.Listening(t.Context(), dir)
	if cred == nil || int(cred.Pid) != os.Getpid() || int(cred.Uid) != os.Getuid() {
		t.Fatalf("%+v", cred)
	}
	if got := server(t.Context(), dir); !got.Known || !got.Running || got.UID != os.Getuid() || got.Cores != cores("/proc", os.Getpid()) {
		t.Errorf("%+v", got)
	}
}

func TestCores(t *testing.T) {
	const zero = "Limit                     Soft Limit           Hard Limit           Units\nMax core file size        0                    unlimited            bytes\n"
	for name, c := range map[string]struct {
		limits, pattern string
		want            compliance.Answer
	}{
		"none":                {zero, "core\n", compliance.No},
		"systemd":             {zero, "|/usr/lib/systemd/systemd-coredump %P %u\n", compliance.No},
		"another handler":     {zero, "|/usr/share/apport/apport %p\n", compliance.Unknown},
		"unlimited":           {strings.Replace(zero, "0  ", "unlimited  ", 1), "core\n", compliance.Yes},
		"unlimited, and pipe": {strings.Replace(zero, "0  ", "unlimited  ", 1), "|/x\n", compliance.Yes},
		"no such line":        {"Limit\n", "core\n", compliance.Unknown},
		"a torn line":         {"Max core file size", "core\n", compliance.Unknown},
		"no process":          {"", "core\n", compliance.Unknown},
		"no pattern":          {zero, "", compliance.Unknown},
	} {
		proc := t.TempDir()
		for path, text := range map[string]string{"sys/kernel/core_pattern": c.pattern, "7/limits": c.limits} {
			path = filepath.Join(proc, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if text != "" {
				write(t, path, text)
			}
		}
		if got := cores(proc, 7); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestFilesAndTheirRoles: every file that matters is looked at once, in its strictest role.
func TestFilesAndTheirRoles(t *testing.T) {
	dir := set(t)
	state := filepath.Join(dir, "state")
	live := trailOf(t, dir)
	for _, name := range []string{"audit.key", "audit.pub", "pseudonym.key", "state.db", "control.sock"} {
		write(t, filepath.Join(state, name), "x")
	}
	ended := segment.Name(live, 1, 3)
	write(t, ended, "x")
	write(t, filepath.Join(dir, "users.yaml"), "{}\n")
	write(t, filepath.Join(dir, "seal.key"), "x")
	if err := os.Symlink(filepath.Join(dir, "loop"), filepath.Join(state, "loop")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(state, "loop"), filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	opened := &names{}
	in, err := load(filepath.Join(dir, "config.yaml"), opened)
	if err != nil {
		t.Fatal(err)
	}
	in.settings.Users.File = filepath.Join(dir, "users.yaml")
	files, err := segment.List(live, "")
	if err != nil {
		t.Fatal(err)
	}
	looked := look(in, files)
	if !looked.Looked || len(looked.Unseen) != 1 || looked.Unseen[0] != filepath.Join(state, "loop") {
		t.Errorf("unseen: %q", looked.Unseen)
	}
	want := map[string]compliance.Role{
		"": compliance.ConfigFile, "config.yaml": compliance.ConfigFile, "openvpn-as.secret": compliance.SecretFile, "ivalt-api-key": compliance.SecretFile, "admin-password-hash": compliance.SecretFile,
		"seal.key": compliance.SecretFile, "users.yaml": compliance.PeopleFile, "state": compliance.StateDirectory, "state/audit.jsonl": compliance.TrailFile,
		"state/" + filepath.Base(ended): compliance.TrailFile, "state/audit.key": compliance.SecretFile, "state/pseudonym.key": compliance.SecretFile,
		"state/control.sock": compliance.ControlSocket, "state/state.db": compliance.StateDirectory,
	}
	for _, f := range looked.All {
		name := strings.TrimPrefix(strings.TrimPrefix(f.Path, dir), "/")
		if role, ok := want[name]; !ok || role != f.Role || f.UID != os.Getuid() || name != "" && name != "state" && f.Mode.Perm() != 0o600 {
			t.Errorf("%q: %+v", name, f)
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s was not looked at", name)
	}
}

// TestArchive: one that cannot be listed is not at hand.
func TestArchive(t *testing.T) {
	dir := t.TempDir()
	s := &config.Settings{}
	s.Audit.File = filepath.Join(dir, "audit.jsonl")
	if got := retainedOf(s); got.Archive || got.Reachable != compliance.Unknown || got.Space != compliance.Yes || got.Free == 0 {
		t.Errorf("%+v", got)
	}
	s.Audit.Archive = dir
	if got := retainedOf(s); !got.Archive || got.Reachable != compliance.Yes {
		t.Errorf("%+v", got)
	}
	s.Audit.Archive, s.Audit.File = filepath.Join(dir, "none"), "/nonexistent/audit.jsonl"
	if got := retainedOf(s); !got.Archive || got.Reachable != compliance.No || got.Space != compliance.Unknown {
		t.Errorf("%+v", got)
	}
}
