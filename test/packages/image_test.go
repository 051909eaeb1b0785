//go:build packages

package packages_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestImagesAreOne: both Dockerfiles end in the same image.
func TestImagesAreOne(t *testing.T) {
	var last [2]string
	for i, name := range []string{"Dockerfile", "Dockerfile.binary"} {
		text, err := os.ReadFile(filepath.Join(root, "docker", name))
		if err != nil {
			t.Fatal(err)
		}
		_, last[i], _ = strings.Cut(string(text), "\nUSER ")
		if !strings.Contains(string(text), "\nFROM scratch\n") {
			t.Errorf("%s does not end in scratch", name)
		}
	}
	if last[0] != last[1] || !strings.HasPrefix(last[0], "65532:65532\n") {
		t.Errorf("%q and %q", last[0], last[1])
	}
}

// image is what a built image says of itself.
type image struct {
	Docker struct {
		Config struct {
			User        string
			Entrypoint  []string
			Cmd         []string
			Healthcheck struct{ Test []string }
		} `json:"config"`
	}
}

// TestImage builds the image of the packaged binary with buildah, from nothing and without a network, and serves in it, as nobody and with a root that cannot
// be written to, until its own health check is content.
func TestImage(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "context")
	if err := os.MkdirAll(filepath.Join(folder, "state"), 0o755); err != nil {
		t.Fatal(err)
	}
	must(t, "cp", program(t), filepath.Join(folder, "ivalt-radius"))
	must(t, "touch", filepath.Join(folder, "ca-certificates.crt"))
	store := []string{"--root", filepath.Join(dir, "store"), "--runroot", filepath.Join(dir, "run"), "--storage-driver", "vfs"}
	buildah := func(args ...string) string { return strings.TrimSpace(must(t, "buildah", append(store, args...)...)) }
	buildah("build", "--isolation", "chroot", "--format", "docker", "-f", filepath.Join(root, "docker", "Dockerfile.binary"), "-t", "ivalt-radius", folder)
	var about image
	if err := json.Unmarshal([]byte(buildah("inspect", "--type", "image", "ivalt-radius")), &about); err != nil {
		t.Fatal(err)
	}
	config := about.Docker.Config
	if config.User != "65532:65532" || len(config.Entrypoint) != 1 || len(config.Healthcheck.Test) < 3 || config.Healthcheck.Test[0] != "CMD" {
		t.Fatalf("%+v", config)
	}

	settings := filepath.Join(dir, "etc")
	must(t, program(t), "init", "--dir", settings)
	if err := os.WriteFile(filepath.Join(settings, "ivalt-api-key"), []byte("Zq3kV8_fresh-from-iVALT_7Hn2Lw5Tb9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "sed", "-i", "s,"+settings+"/state,/var/lib/ivalt-radius,; s,"+settings+",/etc/ivalt-radius,", filepath.Join(settings, "config.yaml"))
	must(t, "chown", "-R", "65532:65532", settings)
	container := buildah("from", "ivalt-radius")
	defer buildah("rm", container)
	rootfs := buildah("mount", container)
	must(t, "mkdir", "-p", rootfs+"/etc/ivalt-radius", rootfs+"/proc")

	// What a container engine does: namespaces of its own, a root that is read-only, the state a volume, no capability. Only loopback is there.
	enter := `set -e
mount --bind "$1" "$1"; mount --bind "$2" "$1/etc/ivalt-radius"; mount -t tmpfs -o uid=65532,mode=0700 state "$1/var/lib/ivalt-radius"; mount -t proc proc "$1/proc"
mount -o remount,bind,ro "$1"; ip link set lo up 2>/dev/null || true
cd "$1"; shift 2
chroot --userspec=65532:65532 . "$@" & server=$!
for i in $(seq 100); do
	if chroot --userspec=65532:65532 . /ivalt-radius health --live --config /etc/ivalt-radius/config.yaml; then healthy=yes; break; fi
	sleep 0.2
done
if chroot --userspec=65532:65532 . /ivalt-radius health --config /etc/ivalt-radius/config.yaml; then echo ready; fi
kill -TERM $server; wait $server
test "${healthy:-no}" = yes`
	args := append([]string{"--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "sh", "-c", enter, "sh", rootfs, settings}, config.Entrypoint...)
	out, err := run(context.Background(), "", nil, "unshare", append(args, config.Cmd...)...)
	if err != nil || !strings.Contains(out, "\nok\n") && !strings.HasPrefix(out, "ok\n") || !strings.Contains(out, "ready") {
		t.Errorf("%v: %s", err, out)
	}
}
