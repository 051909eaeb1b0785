package release

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// run starts one of test/scripts with variables, and returns what it said and its exit code.
func run(t *testing.T, script string, env ...string) (output string, code int) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "test/scripts/"+script)
	command.Dir, command.Env = root, append(os.Environ(), env...)
	out, err := command.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return string(out), command.ProcessState.ExitCode()
}

// TestChecklist: a point that fails is said and fails the whole, what is done by hand fails nothing, and a misspelt point is no pass.
func TestChecklist(t *testing.T) {
	for _, c := range []struct {
		name, only, version string
		code                int
		want                string
	}{
		{"a version", "version", "v1.2.3", 0, "(?m)^ok       version "},
		{"no version", "version tag", "1.2", 1, `(?ms)^FAIL     version .*is no version.*^by hand  tag .*^2 points, 1 failed$`},
		{"no changelog", "changelog", "v99.98.97", 1, "CHANGELOG.md has no '## 99.98.97 - DATE'"},
		{"by hand alone", "soak", "v1.2.3", 0, "(?m)^by hand  soak "},
		{"no such point", "vulnerability", "v1.2.3", 2, "no point is called"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, code := run(t, "release.sh", "ONLY="+c.only, "RELEASE="+c.version)
			if code != c.code || !regexp.MustCompile(c.want).MatchString(out) {
				t.Errorf("it ends with %d, want %d and %s:\n%s", code, c.code, c.want, out)
			}
		})
	}
}

// TestChecklistIsWritten: each point of the script is a row of docs/releasing.md, and the other way round.
func TestChecklistIsWritten(t *testing.T) {
	script, err := os.ReadFile(root + "/test/scripts/release.sh")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(root + "/docs/releasing.md")
	if err != nil {
		t.Fatal(err)
	}
	names := func(pattern, text string) string {
		var found []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			found = append(found, m[1])
		}
		return strings.Join(found, " ")
	}
	points, rows := names(`(?m)^(?:point|hand) (\S+) `, string(script)), names("(?m)^\\| `([a-z]+)` \\|", string(page))
	if points == "" || points != rows {
		t.Errorf("the points are\n%s\nand the rows of docs/releasing.md\n%s", points, rows)
	}
}
