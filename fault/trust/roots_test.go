package trust

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/fault"
)

func TestPool(t *testing.T) {
	dir := t.TempDir()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	good, empty := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "empty.pem")
	for path, text := range map[string][]byte{good: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), empty: nil} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		roots  Roots
		trusts bool
		fault  string // its beginning; empty: none
	}{
		"the system's":       {Roots{}, false, ""},
		"further ones":       {Roots{File: good}, true, ""},
		"own ones":           {Roots{File: good, Own: true}, true, ""},
		"own ones, but none": {Roots{Own: true}, false, "a.b.system_roots: false needs a.b.ca_file"},
		"no file":            {Roots{File: good + "x"}, false, "a.b.ca_file: cannot be read: "},
		"no certificate":     {Roots{File: empty, Own: true}, false, "a.b.ca_file: holds no PEM certificate"},
	} {
		var faults fault.List
		pool := c.roots.Pool("a.b", &faults)
		if said := faults.Err(); (said == nil) != (c.fault == "") || said != nil && !strings.HasPrefix(said.Error(), c.fault) {
			t.Errorf("%s: %v, want %q", name, said, c.fault)
		}
		if pool == nil {
			if c.trusts {
				t.Errorf("%s: no pool", name)
			}
			continue
		}
		_, err := server.Certificate().Verify(x509.VerifyOptions{Roots: pool})
		if (err == nil) != c.trusts {
			t.Errorf("%s: %v", name, err)
		}
	}
}
