//go:build packages

package packages_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// upgrades plays systemd to the maintainer scripts: an upgrade asks the running server to replace itself, and where that fails it says what to do, and
// leaves the server alone; nothing is started without a configuration, nor what is not enabled.
func upgrades(t *testing.T, r tree) {
	t.Helper()
	r.write(t, "/run/systemd/system/there", "", 0o644)
	defer func() { _ = os.RemoveAll(filepath.Join(r.dir, "run/systemd")) }()
	const config = "/etc/ivalt-radius/config.yaml"
	r.write(t, "/usr/local/bin/systemctl", "#!/bin/sh\necho systemctl \"$@\" >>/tmp/told\ncase $* in *is-active*) exit $(cat /tmp/active);; *is-enabled*) exit $(cat /tmp/enabled);; esac\n", 0o755)
	r.write(t, "/usr/local/bin/deb-systemd-invoke", "#!/bin/sh\necho invoke \"$@\" >>/tmp/told\n", 0o755)
	r.write(t, "/usr/local/bin/ivalt-radius", "#!/bin/sh\necho ivalt-radius \"$@\" >>/tmp/told\nexit $(cat /tmp/upgrade)\n", 0o755)
	defer func() { r.must(t, "sh", "-c", "rm /usr/local/bin/* /tmp/told /tmp/active /tmp/enabled /tmp/upgrade") }()
	env := r.env
	r.env = append([]string{"PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, env[1:]...)
	const script = "/var/lib/dpkg/info/ivalt-radius."
	for name, c := range map[string]struct {
		active, enabled, upgrade string
		args                     []string
		told, said, not          string
	}{
		"upgraded":         {"0", "0", "0", []string{"postinst", "configure", before}, "ivalt-radius upgrade --config " + config, "", "invoke"},
		"upgrade fails":    {"0", "0", "1", []string{"postinst", "configure", before}, "upgrade", "the version that ran before still serves", "restart"},
		"unknown command":  {"0", "0", "64", []string{"postinst", "configure", before}, "upgrade", "systemctl restart ivalt-radius", "restart"},
		"stopped":          {"3", "0", "0", []string{"postinst", "configure", before}, "invoke start ivalt-radius.service", "", "upgrade"},
		"never enabled":    {"3", "1", "0", []string{"postinst", "configure", ""}, "daemon-reload", "", "start"},
		"no configuration": {"3", "0", "0", []string{"postinst", "configure", ""}, "daemon-reload", "ivalt-radius init", "start"},
		"removed":          {"0", "0", "0", []string{"prerm", "remove"}, "invoke stop ivalt-radius.service", "", "upgrade"},
		"old goes":         {"0", "0", "0", []string{"prerm", "upgrade", after}, "", "", "stop"},
		"new rolls back":   {"0", "0", "0", []string{"postinst", "abort-upgrade", after}, "", "", "upgrade"},
	} {
		for file, text := range map[string]string{"told": "", "active": c.active, "enabled": c.enabled, "upgrade": c.upgrade} {
			r.write(t, "/tmp/"+file, text, 0o644)
		}
		if name == "no configuration" {
			r.must(t, "mv", config, config+".away")
		}
		said, code := r.try(t, "root", append([]string{script + c.args[0]}, c.args[1:]...)...)
		if name == "no configuration" {
			r.must(t, "mv", config+".away", config)
		}
		told, err := os.ReadFile(filepath.Join(r.dir, "tmp/told"))
		if err != nil || code != 0 || !strings.Contains(string(told), c.told) || !strings.Contains(said, c.said) || strings.Contains(string(told), c.not) {
			t.Errorf("%s: exit %d, said %q, told %q, %v", name, code, said, told, err)
		}
	}
}
