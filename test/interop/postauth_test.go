//go:build interop

package interop_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPostAuthScript runs the script of docs/gateways/openvpn-access-server.md on replies as Access Server is documented to hand them over. Where
// no group is known it lets nobody in.
func TestPostAuthScript(t *testing.T) {
	page, err := os.ReadFile("../../docs/gateways/openvpn-access-server.md")
	if err != nil {
		t.Fatal(err)
	}
	_, script, found := strings.Cut(string(page), "```python\n")
	script, _, closed := strings.Cut(script, "```\n")
	if !found || !closed {
		t.Fatal("the page has no script")
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "pyovpn"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"radius_groups.py": script, "pyovpn/__init__.py": "", "pyovpn/plugin.py": "SUCCEED, FAIL = 0, 1\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const call = "import sys, json, radius_groups as r\nprint(json.dumps(r.post_auth({}, {}, {'status': 0}, eval(sys.argv[1])), sort_keys=True))"
	const staff = `"proplist": {"conn_group": "staff", "prop_autologin": "false"}, "status": 0}`
	for _, c := range []struct{ name, info, want string }{
		{"a group", `{"auth_method": "radius", "radius_reply": {88: ["vpn-staff"]}}`, staff},
		{"in octets", `{"auth_method": "radius", "radius_reply": {88: [b"vpn-staff"]}}`, staff},
		{"no list", `{"auth_method": "radius", "radius_reply": {88: "vpn-staff"}}`, staff},
		{"an address", `{"auth_method": "radius", "radius_reply": {88: ["vpn-staff"], 8: ["10.8.0.20"]}}`, `"conn_ip": "10.8.0.20"`},
		{"rights that RADIUS gives to nobody", `{"auth_method": "radius", "radius_reply": {88: ["vpn-staff"], 19: ["11111"]}}`, staff},
		{"another group", `{"auth_method": "radius", "radius_reply": {88: ["admin"]}}`, `"status": 1`},
		{"no octets of a text", `{"auth_method": "radius", "radius_reply": {88: [b"\xff\xfe"]}}`, `"status": 1`},
		{"an empty list", `{"auth_method": "radius", "radius_reply": {88: []}}`, `"status": 1`},
		{"no group", `{"auth_method": "radius", "radius_reply": {}}`, `"status": 1`},
		{"no reply", `{"auth_method": "radius"}`, `"status": 1`},
		{"another system", `{"auth_method": "local"}`, `{"status": 0}`},
	} {
		python := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", call, c.info)
		python.Dir = dir
		python.Env = append(os.Environ(), "PYTHONPATH="+dir, "PYTHONDONTWRITEBYTECODE=1")
		out, err := python.CombinedOutput()
		if err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: %v, %s; want %s", c.name, err, out, c.want)
		}
	}
}
