package main

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/cmd/ivalt-radius/manual"
	"ivalt-radius/config/keys"
)

// TestManual makes the manual pages and the shells' completions of all commands. With MANUAL it writes them into the folder of that name, as
// `make packages` does; SOURCE_DATE_EPOCH and MANUAL_VERSION are what the pages say of themselves.
func TestManual(t *testing.T) {
	dir := os.Getenv("MANUAL")
	if dir == "" {
		dir = t.TempDir()
	}
	epoch, _ := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	edition := manual.Edition{Date: time.Unix(epoch, 0), Version: os.Getenv("MANUAL_VERSION")}
	root := newRootCommand()
	pages := manual.Commands(root, edition)
	pages[manual.SettingsPage+".5"] = manual.Settings(keys.All(), edition)
	for name, text := range pages {
		place(t, filepath.Join(dir, "man", name), func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
	}
	for name, write := range completions(root) {
		place(t, filepath.Join(dir, "completions", name), write)
	}
	for _, name := range []string{"ivalt-radius.1", "ivalt-radius-serve.1", "ivalt-radius-audit-verify.1", "ivalt-radius-config.5"} {
		if pages[name] == "" {
			t.Errorf("no page %s", name)
		}
	}
}

// completions are those of the shells, by their file's name.
func completions(root *cobra.Command) map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{
		"ivalt-radius.bash": func(w io.Writer) error { return root.GenBashCompletionV2(w, true) },
		"_ivalt-radius":     root.GenZshCompletion,
		"ivalt-radius.fish": func(w io.Writer) error { return root.GenFishCompletion(w, true) },
	}
}

func place(t *testing.T, path string, write func(io.Writer) error) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // G703: whoever runs the test names the folder
		t.Fatal(err)
	}
	file, err := os.Create(path) //nolint:gosec // G703: the same
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := write(file); err != nil {
		t.Fatal(err)
	}
}

// TestCompletion: what the shells' completions ask for is answered; test/packages holds what users source to what the packages have.
func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"se", "secrets\t"}, {"audit ver", "verify\t"}, {"serve --log-l", "--log-level\t"},
	} {
		var said strings.Builder
		if code := run(t.Context(), newRootCommand(), append([]string{cobra.ShellCompRequestCmd}, strings.Fields(c.args)...), &said, io.Discard); code != exit.OK || !strings.Contains(said.String(), c.want) {
			t.Errorf("%s: exit %d: %s", c.args, code, said.String())
		}
	}
}
