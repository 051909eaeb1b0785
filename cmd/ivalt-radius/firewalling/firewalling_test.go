package firewalling

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
)

func command(t *testing.T, settings string, args ...string) (code int, out string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := commandtest.Run(t.Context(), NewCommand("/nowhere/config.yaml"), append(args, "--config", path)...)
	return exit.Code(err), out
}

// sound settings whose secrets are nowhere: the rules need none.
const sound = `
listen: {authentication: ["192.0.2.20:1812"], accounting: [], admin: "192.0.2.20:9812"}
admin: {tls: {certificate: /nonexistent/window.pem, key: /nonexistent/window.key}}
clients: [{name: vpn, networks: [198.51.100.10/32], secrets: ["file:/nonexistent"], disconnect_port: 3799}]
ivalt: {api_key: "file:/nonexistent"}
`

// byProxy are sound settings in which every peer has an address.
const byProxy = `
clients: [{name: vpn, networks: [198.51.100.10/32], secrets: ["file:/nonexistent"]}]
ivalt: {api_key: "file:/nonexistent", proxy: "http://192.0.2.80:3128"}
`

func TestFirewall(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		args     []string
		code     int
		has, not string
	}{
		"nftables":           {sound, []string{"--format", "nftables"}, exit.OK, "198.51.100.10/32", "9812"},
		"ufw":                {sound, []string{"--format", "ufw"}, exit.OK, "ufw allow in proto udp from 198.51.100.10 to 192.0.2.20 port 1812 comment 'RADIUS authentication from vpn'", "x"},
		"admin":              {sound, []string{"--format", "ufw", "--admin-network", "198.51.100.77/24"}, exit.OK, "from 198.51.100.0/24 to 192.0.2.20 port 9812", "lets nobody"},
		"SSH":                {sound, []string{"--format", "ufw", "--ssh-from", "198.51.100.7,2001:db8::/32", "--ssh-port", "2222"}, exit.OK, "from 198.51.100.7 to any port 2222", "from any to any"},
		"strict":             {sound, []string{"--format", "nftables", "--strict-out"}, exit.OK, "ip daddr 198.51.100.10 udp dport 3799 accept", "x"},
		"free":               {sound, []string{"--format", "nftables"}, exit.OK, "chain input", "chain output"},
		"systemd":            {byProxy, []string{"--format", "systemd"}, exit.OK, "IPAddressDeny=any\nIPAddressAllow=localhost\n# client vpn\nIPAddressAllow=198.51.100.10/32\n", "9812"},
		"systemd and a name": {sound, []string{"--format", "systemd"}, exit.Fault, "iVALT at api.ivalt.com", "IPAddressDeny"},
		"systemd, told":      {sound, []string{"--format", "systemd", "--peer", "203.0.113.0/24"}, exit.OK, "IPAddressAllow=203.0.113.0/24", "x"},
		"systemd, unread":    {strings.Replace(sound, `/nonexistent"}`, `/nonexistent", proxy: "file:/nonexistent"}`, 1), []string{"--format", "systemd", "--peer", "203.0.113.0/24"}, exit.Fault, "ivalt.proxy cannot be read", "IPAddressDeny"},
		"no peer":            {sound, []string{"--format", "systemd", "--peer", "everybody"}, exit.Usage, "--peer", "IPAddressDeny"},
		"no format":          {sound, nil, exit.Usage, "format", "accept"},
		"another format":     {sound, []string{"--format", "iptables"}, exit.Usage, "none of nftables, ufw and systemd", "accept"},
		"no prefix":          {sound, []string{"--format", "ufw", "--admin-network", "office"}, exit.Usage, "--admin-network: \"office\" is no prefix", "allow"},
		"a mapped prefix":    {sound, []string{"--format", "ufw", "--ssh-from", "::ffff:10.0.0.0/104"}, exit.Usage, "--ssh-from", "allow"},
		"a zone":             {sound, []string{"--format", "ufw", "--ssh-from", "fe80::1%eth0"}, exit.Usage, "--ssh-from", "allow"},
		"no port":            {sound, []string{"--format", "ufw", "--ssh-port", "0"}, exit.Usage, "--ssh-port", "allow"},
		"faulty settings":    {"clients: 5", []string{"--format", "ufw"}, exit.Fault, "clients", "allow"},
		"a proxy not read":   {strings.Replace(sound, `/nonexistent"}`, `/nonexistent", proxy: "file:/nonexistent"}`, 1), []string{"--format", "nftables", "--strict-out"}, exit.Fault, "ivalt.proxy cannot be read", "table inet"},
		"a notice not read":  {sound + `guard: {notify: [{name: a, kind: slack, url: "file:/nonexistent"}]}`, []string{"--format", "ufw", "--strict-out"}, exit.Fault, "guard.notify[0].url cannot be read", "allow"},
		"not read, and free": {sound + `guard: {notify: [{name: a, kind: slack, url: "file:/nonexistent"}]}`, []string{"--format", "ufw"}, exit.OK, "default allow outgoing", "deny outgoing"},
	} {
		code, out := command(t, c.settings, c.args...)
		if code != c.code || !strings.Contains(out, c.has) || c.not != "x" && strings.Contains(out, c.not) {
			t.Errorf("%s: %d, %s", name, code, out)
		}
	}
}
