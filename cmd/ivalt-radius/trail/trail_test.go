package trail

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
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
func auditVerify(t *testing.T, defaultConfig string, args ...string) (out string, code int) {
	t.Helper()
	out, err := commandtest.Run(t.Context(), NewCommand(defaultConfig), append([]string{"verify"}, args...)...)
	return out, exit.Code(err)
}

func TestAuditVerify(t *testing.T) {
	path := soundTrail(t)
	own := soundTrail(t) // of the settings: their verify leaves a record
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
	settings := write("config.yaml", config.Template(config.Sample{
		SharedSecretFile: write("openvpn-as.secret", []byte("nR8kQ5tZ1mB7yL4cW9dHvX2n")),
		APIKeyFile:       write("api-key", []byte("Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b")),
		StateDirectory:   filepath.Dir(own), // where soundTrail is audit.jsonl
	}))
	unreadable := write("unreadable.yaml", config.Template(config.Sample{
		SharedSecretFile: "/nonexistent/a", APIKeyFile: "/nonexistent/b", StateDirectory: filepath.Dir(own),
	}))
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"sound":            {[]string{path}, exit.OK, "sound, 3 records, last hash " + string(content[len(content)-67:len(content)-3]) + " of record 3"},
		"by its settings":  {[]string{"--config", settings}, exit.OK, own + ": sound, "},
		"empty":            {[]string{write("empty", nil)}, exit.OK, "empty, no records"},
		"changed":          {[]string{write("changed", bytes.Replace(content, []byte("bob"), []byte("eve"), 1))}, exit.Fault, "line 2: changed"},
		"one finding":      {[]string{write("one", []byte("\n"))}, exit.Fault, "not sound: 1 finding in 1 line"},
		"twenty":           {[]string{write("twenty", bytes.Repeat([]byte("\n"), 20))}, exit.Fault, "line 20: "},
		"many":             {[]string{write("many", bytes.Repeat([]byte("\n"), 23))}, exit.Fault, "and 3 more"},
		"very many":        {[]string{write("very-many", bytes.Repeat([]byte("\n"), 10002))}, exit.Fault, "and 9982 more"},
		"no file":          {[]string{path + ".none"}, exit.Fault, ""},
		"a directory":      {[]string{t.TempDir()}, exit.Fault, ""},
		"other settings":   {[]string{"--config", path}, exit.Fault, ""},
		"nothing named":    {nil, exit.OK, own + ": sound, "},
		"no secret":        {[]string{"--config", unreadable}, exit.OK, own + ": sound, "},
		"an anchor":        {[]string{path, "--anchor", "3:" + string(content[len(content)-67:len(content)-3])}, exit.OK, "sound, 3 records"},
		"a lost anchor":    {[]string{path, "--anchor", "4:" + string(content[len(content)-67:len(content)-3])}, exit.Fault, "record 4 of the anchor is not in the chain"},
		"no anchor":        {[]string{path, "--anchor", "4"}, exit.Usage, "SEQ:HASH"},
		"another format":   {[]string{path, "--format", "xml"}, exit.Usage, "neither text nor json"},
		"no key":           {[]string{path, "--key", path + ".none"}, exit.Fault, "the public key"},
		"two files":        {[]string{path, path}, exit.Usage, ""},
		"file and setting": {[]string{"--config", settings, path}, exit.Usage, "name one of them"},
		"one segment":      {[]string{path + ".000000000001-000000000003.gz"}, exit.Usage, "name the live file"},
		"no archive":       {[]string{path, "--archive", path + ".none"}, exit.Fault, "--archive: "},
	} {
		t.Run(name, func(t *testing.T) {
			out, code := auditVerify(t, settings, c.args...)
			if code != c.code || !strings.Contains(out, c.want) {
				t.Errorf("exit %d, want %d; it says %q, want %q", code, c.code, out, c.want)
			}
			if n := strings.Count(out, "\n") - strings.Count(out, ": note: "); n > 21 {
				t.Errorf("%d lines of findings", n)
			}
		})
	}
}

// TestAuditVerifyNamesTheFileBefore: a trail that took the place of a removed one says where that one ended.
func TestAuditVerifyNamesTheFileBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	trail, err := audit.Open(path, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(trail.Commit(t.Context(), audit.Attempt{User: "alice"}), os.Remove(path))
	if lost := trail.Commit(t.Context(), audit.Attempt{User: "bob"}); lost == nil {
		t.Error("the trail did not see that its file was gone")
	}
	if err := errors.Join(err, trail.Commit(t.Context(), audit.Attempt{User: "carol"}), trail.Close()); err != nil {
		t.Fatal(err)
	}
	out, code := auditVerify(t, "", path)
	if code != exit.OK || !strings.Contains(out, "whose last record was 1, hash ") || !strings.Contains(out, "sound, ") {
		t.Errorf("exit %d: %s", code, out)
	}
}
