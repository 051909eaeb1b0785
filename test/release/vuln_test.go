//go:build interop

package release

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// object is one of JSON.
type object = map[string]any

// entry is a made-up vulnerability of the circuit breaker's library (https://ossf.github.io/osv-schema/).
func entry(id, symbol string, events ...object) object {
	const module = "github.com/sony/gobreaker/v2"
	return object{
		"schema_version": "1.3.1", "id": id, "modified": "2026-01-01T00:00:00Z", "published": "2026-01-01T00:00:00Z", "summary": "made up", "details": "made up",
		"affected": []object{{
			"package":            object{"name": module, "ecosystem": "Go"},
			"ranges":             []object{{"type": "SEMVER", "events": append([]object{{"introduced": "0"}}, events...)}},
			"ecosystem_specific": object{"imports": []object{{"path": module, "symbols": []string{symbol}}}},
		}},
		"database_specific": object{"url": "https://vuln.example.com/" + id},
	}
}

// database writes entries as https://go.dev/doc/security/vuln/database lays them out.
func database(t *testing.T, modified time.Time, entries ...object) string {
	t.Helper()
	dir := t.TempDir()
	put := func(name string, content any) {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	known := []object{}
	for _, e := range entries {
		put("ID/"+e["id"].(string)+".json", e)
		known = append(known, object{"id": e["id"], "modified": e["modified"]})
	}
	put("index/db.json", object{"modified": modified.UTC().Format(time.RFC3339)})
	put("index/modules.json", []object{{"path": "github.com/sony/gobreaker/v2", "vulns": known}})
	put("index/vulns.json", known)
	return dir
}

// TestVuln: what the code calls is found; what it does not call, and what is fixed in our version, is not; and what could not be looked at is no pass.
func TestVuln(t *testing.T) {
	called := entry("GO-0000-0001", "NewTwoStepCircuitBreaker")
	uncalled := entry("GO-0000-0002", "NewDistributedCircuitBreaker")
	mended := entry("GO-0000-0003", "NewTwoStepCircuitBreaker", object{"fixed": "2.0.1"})
	now, old := time.Now(), time.Now().AddDate(0, 0, -40)
	for _, c := range []struct {
		name, db, packages string
		code               int
		want, not          string
	}{
		{"called", database(t, old, called, uncalled, mended), "./ivalt/breaker", 3, "Vulnerability #1: GO-0000-0001", "#2"},
		{"not called, or mended", database(t, now, uncalled, mended), "./ivalt/breaker", 0, "No vulnerabilities found", "NOT LOOKED"},
		{"an old database", database(t, old, called), "./fault", 4, "NOT LOOKED, which is no pass: a database older than 30 days", "Vulnerability"},
		{"no database", filepath.Join(t.TempDir(), "none"), "./fault", 4, "NOT LOOKED, which is no pass", "No vulnerabilities"},
		{"a database out of reach", "http://127.0.0.1:1/", "./fault", 4, "NOT LOOKED, which is no pass", "No vulnerabilities"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, code := run(t, "vuln.sh", "VULNDB="+c.db, "PACKAGES="+c.packages)
			if code != c.code || !strings.Contains(out, c.want) || strings.Contains(out, c.not) {
				t.Errorf("it ends with %d, want %d, %q and not %q:\n%s", code, c.code, c.want, c.not, out)
			}
		})
	}
}
