//go:build packages

package packages_test

import (
	"context"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// command is one that the test starts and ends.
func command(env []string, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.Env = env
	return cmd
}

// TestReproducible: two folders with the same sources make the same files, octet by octet.
func TestReproducible(t *testing.T) {
	var sums [2]string
	for i, dist := range []string{built.first, built.second} {
		text, err := os.ReadFile(filepath.Join(dist, "SHA256SUMS"))
		if err != nil {
			t.Fatal(err)
		}
		sums[i] = string(text)
		if _, err := run(t.Context(), dist, nil, "sha256sum", "--check", "--quiet", "SHA256SUMS"); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(sums[0], sums[1]); diff != "" || strings.Count(sums[0], "\n") != 5 {
		t.Errorf("(-one +another):\n%s", diff)
	}
	t.Logf("the same from two folders:\n%s", sums[0])
	program := filepath.Join(t.TempDir(), "ivalt-radius")
	must(t, "sh", "-c", "tar -xzOf "+one(t, built.first, "*.tar.gz")+" --wildcards '*/ivalt-radius' >"+program)
	if out := must(t, "sh", "-c", "strings -n 8 "+program+" | grep -c -e /tmp/packages || true"); strings.TrimSpace(out) != "0" {
		t.Error("the binary names the folder that it was built in")
	}
}

// TestRPM installs the package into a root of its own, without its scripts: the account is not there.
func TestRPM(t *testing.T) {
	rpm, dir := one(t, built.first, "*.rpm"), t.TempDir()
	must(t, "rpm", "--root", dir, "--initdb")
	if out := must(t, "rpm", "--root", dir, "--install", "--nodeps", "--noscripts", "--ignorearch", "--ignoreos", rpm); strings.Contains(out, "error") {
		t.Error(out)
	}
	for path, mode := range map[string]os.FileMode{"etc/ivalt-radius": 0o750, "etc/ivalt-radius/credentials": 0o700, "var/lib/ivalt-radius": 0o700, "usr/bin/ivalt-radius": 0o755, "usr/lib/systemd/system/ivalt-radius.service": 0o644} {
		if info, err := os.Stat(filepath.Join(dir, path)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if out := must(t, "rpm", "-qp", "--configfiles", rpm); strings.TrimSpace(out) != "/etc/logrotate.d/ivalt-radius\n/etc/ufw/applications.d/ivalt-radius" {
		t.Error(out)
	}
	scripts := must(t, "rpm", "-qp", "--scripts", rpm)
	for _, want := range []string{"groupadd --system ivalt-radius", "ivalt-radius upgrade", "Next: ivalt-radius init", "disable --now"} {
		if !strings.Contains(scripts, want) {
			t.Errorf("no %q in the scripts", want)
		}
	}
	own := must(t, "rpm", "-qp", "--queryformat", "[%{FILENAMES} %{FILEUSERNAME} %{FILEGROUPNAME}\n]", rpm)
	for _, want := range []string{"/etc/ivalt-radius root ivalt-radius\n", "/var/lib/ivalt-radius ivalt-radius ivalt-radius\n"} {
		if !strings.Contains(own, want) {
			t.Errorf("no %q in\n%s", want, own)
		}
	}
	must(t, "rpm", "--root", dir, "--erase", "--noscripts", "ivalt-radius")
	if _, err := os.Stat(filepath.Join(dir, "usr/bin/ivalt-radius")); err == nil {
		t.Error("the program is left")
	}
}

// TestAPK unpacks the package: Debian has no apk.
func TestAPK(t *testing.T) {
	dir := t.TempDir()
	must(t, "sh", "-c", "tar -xzf "+one(t, built.first, "*.apk")+" -C "+dir+" --ignore-zeros --no-same-owner 2>/dev/null")
	info, err := os.ReadFile(filepath.Join(dir, ".PKGINFO"))
	arch := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	if err != nil || !strings.Contains(string(info), "pkgname = ivalt-radius\npkgver = 1.0.0\narch = "+arch+"\n") {
		t.Errorf("%v: %s", err, info)
	}
	for line := range strings.Lines(string(info)) {
		if !strings.HasPrefix(line, "#") && !strings.Contains(line, " = ") {
			t.Errorf("apk cannot read %q", line)
		}
	}
	for _, name := range []string{".pre-install", ".post-install", ".pre-deinstall", ".post-upgrade", "etc/init.d/ivalt-radius"} {
		must(t, "sh", "-n", filepath.Join(dir, name))
	}
	if out := must(t, filepath.Join(dir, "usr/bin/ivalt-radius"), "--version"); !strings.Contains(out, before) {
		t.Error(out)
	}
}

// TestPages: every command has a manual page that mandoc finds nothing wrong with, and the completions are programs of their shells.
func TestPages(t *testing.T) {
	dir := t.TempDir()
	must(t, "tar", "-xzf", one(t, built.first, "*.tar.gz"), "-C", dir, "--strip-components=1")
	pages, err := filepath.Glob(filepath.Join(dir, "man*", "*.gz"))
	if err != nil || len(pages) < 40 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	must(t, append([]string{"gunzip"}, pages...)[0], pages...)
	for i := range pages {
		pages[i] = strings.TrimSuffix(pages[i], ".gz")
	}
	if out, err := run(t.Context(), "", nil, "mandoc", append([]string{"-T", "lint", "-W", "warning"}, pages...)...); err != nil {
		for line := range strings.Lines(out) {
			if strings.Contains(line, "WARNING") || strings.Contains(line, "ERROR") {
				t.Error(line)
			}
		}
	}
	for shell, name := range map[string]string{"bash": "ivalt-radius.bash", "zsh": "_ivalt-radius", "fish": "ivalt-radius.fish"} {
		must(t, shell, "-n", filepath.Join(dir, "completions", name))
	}
}

// TestProfiles: logrotate, firewalld and ufw read what is theirs.
func TestProfiles(t *testing.T) {
	packaging := filepath.Join(root, "packaging")
	copied := filepath.Join(t.TempDir(), "logrotate")
	must(t, "install", "-m", "0644", filepath.Join(packaging, "logrotate"), copied)
	if out := must(t, "logrotate", "--debug", "--state", copied+".state", copied); strings.Contains(out, "error:") || !strings.Contains(out, "weekly (12 rotations)") {
		t.Error(out)
	}
	text, err := os.ReadFile(filepath.Join(packaging, "firewalld.xml"))
	var service struct {
		Port []struct {
			Protocol string `xml:"protocol,attr"`
			Port     int    `xml:"port,attr"`
		} `xml:"port"`
	}
	if err != nil || xml.Unmarshal(text, &service) != nil || len(service.Port) != 2 || service.Port[0].Port != 1812 || service.Port[1].Protocol != "udp" {
		t.Errorf("%v: %+v", err, service)
	}
	profile, err := os.ReadFile(filepath.Join(packaging, "ufw"))
	if err != nil || !regexp.MustCompile(`^\[ivalt-radius\]\ntitle=.+\ndescription=.+\nports=1812,1813/udp\n$`).Match(profile) {
		t.Errorf("%v: %s", err, profile)
	}
}
