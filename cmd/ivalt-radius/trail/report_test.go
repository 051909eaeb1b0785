package trail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ivalt-radius/cmd/ivalt-radius/commandtest"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
)

// auditReport runs `audit report` as the program does.
func auditReport(t *testing.T, args ...string) (stdout, failure string, code int) {
	t.Helper()
	stdout, failure, err := commandtest.Apart(t.Context(), NewCommand(""), strings.NewReader(""), append([]string{"report"}, args...)...)
	return stdout, failure, exit.Code(err)
}

// reportSettings are settings whose trail is at the path.
func reportSettings(t *testing.T, trail string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	text := config.Template(config.Sample{SharedSecretFile: "/nonexistent/a", APIKeyFile: "/nonexistent/b", StateDirectory: filepath.Dir(trail)})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAuditReport(t *testing.T) {
	path := soundTrail(t)
	for name, want := range map[string]string{"text": "Threat level: low", "json": `"threat_level": "low"`, "html": "<!DOCTYPE html>"} {
		out, failure, code := auditReport(t, "--format", name, path)
		if code != exit.OK || !strings.Contains(out, want) || !strings.Contains(out, "alice") {
			t.Errorf("%s: %d, %s\n%s", name, code, failure, out)
		}
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"another format":     {[]string{"--format", "pdf", path}, exit.Usage, "not one of text, json, html"},
		"no hours":           {[]string{"--hours", "0", path}, exit.Usage, "--hours"},
		"hours and since":    {[]string{"--hours", "2", "--since", "2026-01-01T00:00:00Z", path}, exit.Usage, "name one of them"},
		"a since that is no": {[]string{"--since", "yesterday", path}, exit.Usage, "is no time"},
		"an until so":        {[]string{"--until", "today", path}, exit.Usage, "is no time"},
		"back to front":      {[]string{"--since", "2026-01-02T00:00:00Z", "--until", "2026-01-01T00:00:00Z", path}, exit.Usage, "not before"},
		"two trails":         {[]string{path, path}, exit.Usage, "at most 1"},
		"no trail":           {[]string{filepath.Join(t.TempDir(), "none")}, exit.Fault, "no such file"},
		"no segment":         {[]string{filepath.Join(t.TempDir(), "none.gz")}, exit.Fault, "none.gz"},
		"no settings":        {[]string{"--config", filepath.Join(t.TempDir(), "none")}, exit.Fault, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			out, failure, code := auditReport(t, c.args...)
			if code != c.code || !strings.Contains(failure, c.says) || strings.Contains(out, "alice") {
				t.Errorf("%d, %s\n%s", code, failure, out)
			}
		})
	}
	old, _, _ := auditReport(t, "--since", "2020-01-01T00:00:00Z", "--until", "2021-01-01T00:00:00Z", path)
	if strings.Contains(old, "alice") || !strings.Contains(old, "2020-01-01 00:00 to 2021-01-01 00:00 UTC") {
		t.Errorf("records of another time:\n%s", old)
	}
}

// TestAuditReportIsRecorded: nothing of the settings' trail is shown before the trail says so.
func TestAuditReportIsRecorded(t *testing.T) {
	path := soundTrail(t)
	out, failure, code := auditReport(t, "--config", reportSettings(t, path), "--format", "json", "--hours", "5")
	if code != exit.OK {
		t.Fatal(code, failure)
	}
	var got struct {
		Records    int `json:"records"`
		Categories []struct {
			Name  string `json:"name"`
			Count int    `json:"count"`
		} `json:"categories"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Split(bytes.TrimSpace(content), []byte("\n")); len(lines) != 5 || !bytes.Contains(lines[3], []byte(`"type":"data_access"`)) ||
		!bytes.Contains(lines[3], []byte(`"action":"report"`)) || !bytes.Contains(lines[3], []byte("json to the standard output")) {
		t.Errorf("the trail ends with %s", lines[len(lines)-1])
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // the trail cannot be written
		t.Fatal(err)
	}
	out, failure, code = auditReport(t, "--config", reportSettings(t, path))
	if code != exit.Fault || out != "" || !strings.Contains(failure, "recorded") {
		t.Errorf("%d, %s\n%s", code, failure, out)
	}
}

func TestAuditReportIntoAFile(t *testing.T) {
	path := soundTrail(t)
	file := filepath.Join(t.TempDir(), "report.html")
	out, failure, code := auditReport(t, path, "--format", "html", "--output", file)
	info, err := os.Stat(file)
	if code != exit.OK || out != "" || err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
		t.Fatal(code, failure, err, info)
	}
	if _, failure, code = auditReport(t, path, "--output", file); code != exit.Fault || !strings.Contains(failure, "nothing is overwritten") {
		t.Errorf("a second time: %d, %s", code, failure)
	}
	again, err := os.Stat(file)
	if err != nil || again.Size() != info.Size() {
		t.Error("the file was written to", err)
	}
}

func TestConfiguredPatience(t *testing.T) {
	var s config.Settings
	s.Clients = []config.Client{{Name: "a", Profile: "asa"}, {Name: "b", AnswerWithin: 7e9, Profile: "asa"}, {Name: "c"}}
	if got := fmt.Sprint(patience(&s)); got != "map[a:28s b:7s c:1m0s]" {
		t.Error(got)
	}
}
