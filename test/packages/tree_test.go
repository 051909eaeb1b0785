//go:build packages

package packages_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree is a Debian system in a folder, without systemd running.
type tree struct {
	dir string
	env []string
}

// bootstrap makes one in a folder, in memory since dpkg syncs each file, from the mirror that this machine's apt is set to.
func bootstrap(ctx context.Context, dir string) error {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return err
	}
	codename := regexp.MustCompile(`(?m)^VERSION_CODENAME=(\w+)$`).FindStringSubmatch(string(release))
	if codename == nil {
		return errors.New("this is no release of Debian")
	}
	said, err := run(ctx, "", nil, "apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Codename: "+codename[1])
	mirrors := strings.Fields(said)
	if err != nil || len(mirrors) == 0 {
		return errors.Join(err, errors.New("apt knows no mirror: run apt-get update"))
	}
	for _, args := range [][]string{
		{"mkdir", dir},
		{"mount", "-t", "tmpfs", "-o", "mode=0755,size=1g", "tree", dir},
		{"debootstrap", "--variant=minbase", codename[1], dir, mirrors[0]},
		{"mount", "-t", "proc", "proc", dir + "/proc"},
	} {
		if _, err := run(ctx, "", nil, args[0], args[1:]...); err != nil {
			return err
		}
	}
	return nil
}

// raze takes it away again.
func raze(dir string) {
	for _, mounted := range []string{dir + "/proc", dir} {
		_, _ = run(context.Background(), "", nil, "umount", "-l", mounted)
	}
}

// command is one in the tree, as a user.
func (r tree) command(ctx context.Context, user string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "chroot", append([]string{"--userspec=" + user, r.dir}, args...)...)
	cmd.Env = r.env
	return cmd
}

func (r tree) try(t *testing.T, user string, args ...string) (string, int) {
	t.Helper()
	out, err := r.command(t.Context(), user, args...).CombinedOutput()
	return string(out), exitCode(err)
}

func (r tree) must(t *testing.T, args ...string) string {
	t.Helper()
	out, code := r.try(t, "root", args...)
	if code != 0 {
		t.Fatalf("%v ends with %d: %s", args, code, out)
	}
	return out
}

// dpkg installs a package as dpkg does.
func (r tree) dpkg(t *testing.T, deb string) string {
	t.Helper()
	must(t, "cp", deb, filepath.Join(r.dir, "tmp", "package.deb"))
	defer func() { _ = os.Remove(filepath.Join(r.dir, "tmp", "package.deb")) }()
	return r.must(t, "dpkg", "--install", "/tmp/package.deb")
}

// own is a file's owner, group and mode.
func (r tree) own(t *testing.T, path string) string {
	t.Helper()
	return strings.TrimSpace(r.must(t, "stat", "-c", "%U:%G %a", path))
}

func (r tree) write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(r.dir, path)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, path), []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// files are all of the tree, but those that dpkg and the accounts' programs keep of every package and user.
func (r tree) files(t *testing.T) []string {
	t.Helper()
	kept := regexp.MustCompile(`^\./(proc|dev|tmp|run|var/lib/dpkg|var/cache|var/log|etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$)`)
	var all []string
	for path := range strings.Lines(must(t, "sh", "-c", "cd "+r.dir+" && find . -path ./proc -prune -o -print")) {
		if path = strings.TrimSpace(path); !kept.MatchString(path) {
			all = append(all, path)
		}
	}
	sort.Strings(all)
	return all
}

// TestDebianTree is a package's life, from the installation to the purge, without systemd: chroots and images are made so.
func TestDebianTree(t *testing.T) {
	r := tree{dir: built.tree, env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "HOME=/root"}}
	bare := r.files(t)
	if said := r.dpkg(t, one(t, built.first, "*.deb")); !strings.Contains(said, "nothing is started without a configuration. Next: ivalt-radius init") {
		t.Error(said)
	}
	for path, want := range map[string]string{
		"/etc/ivalt-radius": "root:ivalt-radius 750", "/etc/ivalt-radius/credentials": "root:root 700", "/var/lib/ivalt-radius": "ivalt-radius:ivalt-radius 700",
		"/usr/bin/ivalt-radius": "root:root 755", "/lib/systemd/system/ivalt-radius.service": "root:root 644",
	} {
		if got := r.own(t, path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if got := r.must(t, "getent", "passwd", "ivalt-radius"); !strings.HasSuffix(strings.TrimSpace(got), ":/var/lib/ivalt-radius:/usr/sbin/nologin") {
		t.Error(got)
	}
	shells(t, r)
	configure(t, r)
	login(t, r)

	config := r.must(t, "sha256sum", "/etc/ivalt-radius/config.yaml", "/etc/ivalt-radius/openvpn-as.secret", "/etc/logrotate.d/ivalt-radius")
	r.must(t, "chmod", "0700", "/etc/ivalt-radius")
	r.must(t, "chown", "ivalt-radius:ivalt-radius", "/etc/ivalt-radius") // an administrator's own word
	if r.dpkg(t, one(t, built.signed, "*.deb")); !strings.Contains(r.must(t, "ivalt-radius", "--version"), after) {
		t.Error("the program is the old one")
	}
	if now := r.must(t, "sha256sum", "/etc/ivalt-radius/config.yaml", "/etc/ivalt-radius/openvpn-as.secret", "/etc/logrotate.d/ivalt-radius"); now != config {
		t.Errorf("the upgrade changed the configuration: %s", cmp.Diff(config, now))
	}
	if got := r.own(t, "/etc/ivalt-radius"); got != "ivalt-radius:ivalt-radius 700" {
		t.Errorf("the upgrade takes the administrator's rights back: %s", got)
	}
	upgrades(t, r)

	r.must(t, "dpkg", "--remove", "ivalt-radius")
	if _, code := r.try(t, "root", "test", "-e", "/etc/ivalt-radius/config.yaml", "-a", "-e", "/var/lib/ivalt-radius/audit.jsonl", "-a", "!", "-e", "/usr/bin/ivalt-radius"); code != 0 {
		t.Error("remove takes configuration or state, or leaves the program")
	}
	r.must(t, "getent", "passwd", "ivalt-radius")
	returns(t, r)
	r.must(t, "dpkg", "--purge", "ivalt-radius")
	if diff := cmp.Diff(bare, r.files(t)); diff != "" {
		t.Errorf("what a purge leaves (-before +after):\n%s", diff)
	}
	if out := r.must(t, "sh", "-c", "grep -c ivalt /etc/passwd /etc/group /etc/shadow /etc/gshadow || true; dpkg -l ivalt-radius 2>&1 | grep ^.[^n] || true"); strings.Contains(out, ":1") {
		t.Error(out)
	}
}

// returns: what was removed, with empty folders, and is installed again can be used by the server.
func returns(t *testing.T, r tree) {
	t.Helper()
	r.must(t, "rm", "-r", "/etc/ivalt-radius", "/var/lib/ivalt-radius")
	r.dpkg(t, one(t, built.signed, "*.deb"))
	for path, want := range map[string]string{"/etc/ivalt-radius": "root:ivalt-radius 750", "/var/lib/ivalt-radius": "ivalt-radius:ivalt-radius 700"} {
		if got := r.own(t, path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	r.must(t, "dpkg", "--remove", "ivalt-radius")
}

// shells: what users source is what the package has.
func shells(t *testing.T, r tree) {
	t.Helper()
	for shell, path := range map[string]string{
		"bash": "/usr/share/bash-completion/completions/ivalt-radius", "zsh": "/usr/share/zsh/vendor-completions/_ivalt-radius", "fish": "/usr/share/fish/vendor_completions.d/ivalt-radius.fish",
	} {
		packaged, err := os.ReadFile(filepath.Join(r.dir, path))
		if said := r.must(t, "ivalt-radius", "completion", shell); err != nil || said != string(packaged) {
			t.Errorf("%s: %v, %d octets, packaged %d", shell, err, len(said), len(packaged))
		}
	}
}

// configure does what the package's words say.
func configure(t *testing.T, r tree) {
	t.Helper()
	if said := r.must(t, "ivalt-radius", "init"); !strings.Contains(said, "systemctl enable --now ivalt-radius") {
		t.Error(said)
	}
	if got := r.own(t, "/etc/ivalt-radius/config.yaml"); got != "ivalt-radius:ivalt-radius 600" {
		t.Error(got)
	}
	key := filepath.Join(r.dir, "etc/ivalt-radius/ivalt-api-key")
	if err := os.WriteFile(key, []byte("Zq3kV8_fresh-from-iVALT_7Hn2Lw5Tb9\n"), 0); err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"root", "ivalt-radius"} {
		if said, code := r.try(t, user, "ivalt-radius", "check"); code != 0 {
			t.Errorf("check as %s ends with %d: %s", user, code, said)
		}
	}
}

// start starts the program in the tree, and ends it with the test.
func start(t *testing.T, cmd *exec.Cmd) (stop func()) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	stop = func() {
		if !ended {
			ended = true
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Wait()
		}
	}
	t.Cleanup(stop)
	return stop
}

// login serves as the package's user and lets one person in, whose phone is the simulator's.
func login(t *testing.T, r tree) {
	t.Helper()
	cloud, authentication, accounting := freePort(t), freePort(t), freePort(t)
	stopCloud := start(t, r.command(context.Background(), "ivalt-radius", "ivalt-radius", "simulate", "--listen", "127.0.0.1:"+cloud, "--approve-after", "100ms"))
	serve := r.command(context.Background(), "ivalt-radius", "ivalt-radius", "serve")
	serve.Env = append(serve.Env, "IVALT_RADIUS_IVALT__URL=http://127.0.0.1:"+cloud, "IVALT_RADIUS_LISTEN__AUTHENTICATION=127.0.0.1:"+authentication,
		"IVALT_RADIUS_LISTEN__ACCOUNTING=127.0.0.1:"+accounting, "IVALT_RADIUS_LISTEN__ADMIN=")
	stop := start(t, serve)
	eventually(t, "a server that is ready", func() bool { _, code := r.try(t, "ivalt-radius", "ivalt-radius", "health"); return code == 0 })
	said, code := r.try(t, "root", "ivalt-radius", "login", "--server", "127.0.0.1:"+authentication, "--secret", "file:/etc/ivalt-radius/openvpn-as.secret",
		"--user", "bob", "--password", "a password", "--nas", "openvpn-as")
	if code != 0 {
		t.Errorf("login ends with %d: %s", code, said)
	}
	stop()
	stopCloud()
	if said, code := r.try(t, "ivalt-radius", "ivalt-radius", "health"); code != 1 {
		t.Errorf("health of a server that has ended: %d: %s", code, said)
	}
}
