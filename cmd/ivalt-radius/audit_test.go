package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/audit"
)

// soundTrail makes a trail of three records.
func soundTrail(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	trail, err := audit.Open(path, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"alice", "bob", "carol"} {
		err = errors.Join(err, trail.Commit(t.Context(), audit.Attempt{User: user}))
	}
	if err := errors.Join(err, trail.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// auditVerify runs `audit verify` as the program does.
func auditVerify(t *testing.T, trailOf func(string) (string, error), args ...string) (out string, code int) {
	t.Helper()
	var stdout bytes.Buffer
	cmd := newAuditCommand(trailOf)
	asUsageErrors(cmd)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{"verify"}, args...))
	cmd.SetOut(&stdout)
	cmd.SetErr(&stdout)
	err := cmd.ExecuteContext(t.Context())
	return stdout.String(), exitCode(err)
}

func TestAuditVerify(t *testing.T) {
	path := soundTrail(t)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, content []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, content, 0o600); err != nil { //nolint:gosec // in the test's own directory
			t.Fatal(err)
		}
		return file
	}
	trailOf := func(config string) (string, error) {
		if config != "settings.yaml" {
			return "", errors.New("no such settings")
		}
		return path, nil
	}
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"sound":            {[]string{path}, exitOK, "sound, 3 records, last hash " + string(content[len(content)-67:len(content)-3])},
		"by its settings":  {[]string{"--config", "settings.yaml"}, exitOK, "sound, 3 records"},
		"empty":            {[]string{write("empty", nil)}, exitOK, "empty, no records"},
		"changed":          {[]string{write("changed", bytes.Replace(content, []byte("bob"), []byte("eve"), 1))}, exitFault, "line 2: changed"},
		"many":             {[]string{write("many", bytes.Repeat([]byte("\n"), 10002))}, exitFault, "and 2 more"},
		"no file":          {[]string{path + ".none"}, exitFault, ""},
		"a directory":      {[]string{t.TempDir()}, exitFault, ""},
		"other settings":   {[]string{"--config", "other.yaml"}, exitFault, ""},
		"nothing named":    {nil, exitUsage, ""},
		"two files":        {[]string{path, path}, exitUsage, ""},
		"file and setting": {[]string{"--config", "settings.yaml", path}, exitUsage, ""},
	} {
		t.Run(name, func(t *testing.T) {
			out, code := auditVerify(t, trailOf, c.args...)
			if code != c.code || !strings.Contains(out, c.want) {
				t.Errorf("exit %d, want %d; it says %q, want %q", code, c.code, out, c.want)
			}
		})
	}
}
