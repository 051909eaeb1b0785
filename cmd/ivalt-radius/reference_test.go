package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ivalt-radius/audit/vocabulary"
	"ivalt-radius/auth/reason"
	"ivalt-radius/radius"
	"ivalt-radius/radius/attribute"
)

//go:generate env UPDATE_DOCS=1 go test -run ^TestReference .

// TestReference holds the generated pages of the docs to the code that they describe; UPDATE_DOCS=1 renews them.
func TestReference(t *testing.T) {
	for name, write := range map[string]func(io.Writer){
		"attributes.md": attributesPage,
		"commands.md":   commandsPage,
		"events.md":     eventsPage,
		"profiles.md":   profilesPage,
		"reasons.md":    reasonsPage,
	} {
		t.Run(name, func(t *testing.T) {
			var want bytes.Buffer
			write(&want)
			path := filepath.Join("../../docs", name)
			if os.Getenv("UPDATE_DOCS") != "" {
				if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), string(got)); diff != "" {
				t.Errorf("docs/%s is not what the code says; run make docs (-want +got):\n%s", name, diff)
			}
		})
	}
}

const generated = "<!-- Generated from the code by `make docs`; do not edit. -->\n\n"

func eventsPage(w io.Writer) {
	_, _ = fmt.Fprint(w, generated, `# Events

The words of `+"`event` and `action`"+` in the audit trail, by the line's type. [audit.md](audit.md) says what else a line has; reasons are in [reasons.md](reasons.md).

| type | word | what it means |
|---|---|---|
`)
	for _, word := range vocabulary.Words() {
		_, _ = fmt.Fprintf(w, "| `%s` | `%s` | %s |\n", word.Type, word.Word, word.Meaning)
	}
}

func reasonsPage(w io.Writer) {
	_, _ = fmt.Fprint(w, generated, `# Reasons

A login ends in one verdict (accept, reject or challenge) and one reason. The same word stands in the log, in the audit trail and here. The
Reply-Message has four sentences, so that it tells a stranger nothing.

| reason | Reply-Message | what it means |
|---|---|---|
`)
	reason.All(func(word, sentence, meaning string) {
		_, _ = fmt.Fprintf(w, "| `%s` | %s | %s |\n", word, sentence, meaning)
	})
	_, _ = fmt.Fprint(w, `
The log line's `+"`detail`"+` says more where there is more to say: which part of a packet was wrong, or that the shared secret may differ.
`)
}

func profilesPage(w io.Writer) {
	_, _ = fmt.Fprint(w, generated, `# NAS profiles

`+"`clients[].profile`"+` presets what a gateway is known to do; every value can be overridden beside it. `+"`login --nas NAME`"+` plays the same gateway.

An Access-Challenge (`+"`clients[].challenge`"+`) can be set for those that show it; for those that take it for a Reject it is a fault, for the others a warning.

| profile | gateway | answer_within | retries played by `+"`login`"+` | makes of an Access-Challenge | basis |
|---|---|---|---|---|---|
`)
	for _, p := range radius.Profiles() {
		_, _ = fmt.Fprintf(w, "| `%s` | %s | %s | %s | %s (%s) | %s |\n", p.Name, p.Title, p.AnswerWithin, played(p), p.Challenge, p.ChallengeBasis, p.Basis)
	}
}

// played is how `login --nas` repeats itself.
func played(p radius.Profile) string {
	retry := fmt.Sprintf("%d packets, %s apart", p.Tries, p.RetryInterval)
	if p.Tries == 1 {
		retry = fmt.Sprintf("1 packet, %s long", p.RetryInterval)
	}
	if p.NewAuthenticator {
		retry += ", new authenticator and port"
	}
	return retry
}

func attributesPage(w io.Writer) {
	_, _ = fmt.Fprint(w, generated, "# Reply attributes\n\nNames that `policy.rules[].reply` knows; see [policy.md](policy.md).\n\n")
	for _, name := range attribute.Names() {
		_, _ = fmt.Fprintf(w, "- %s\n", name)
	}
}

func commandsPage(w io.Writer) {
	_, _ = fmt.Fprint(w, generated, "# Commands\n\nExit codes: 0 success, 1 a fault, 64 a usage error; `login` has its own.\n")
	commandPages(w, newRootCommand())
}

// commandPages prints a command and its sub-commands.
func commandPages(w io.Writer, cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		if sub.Hidden || sub.Name() == "help" || sub.Name() == "completion" {
			continue
		}
		if !sub.HasSubCommands() {
			printCommand(w, sub)
		}
		commandPages(w, sub)
	}
}

func printCommand(w io.Writer, cmd *cobra.Command) {
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	_, _ = fmt.Fprintf(w, "\n## %s\n\n    %s\n\n%s\n", strings.TrimPrefix(cmd.CommandPath(), "ivalt-radius "), cmd.UseLine(), about)
	flags := ""
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" || f.Hidden {
			return
		}
		value := f.DefValue
		if slices.Contains([]string{"[]", "false", "0", "0s"}, value) {
			value = ""
		}
		flags += fmt.Sprintf("| `--%s` | %s | %s |\n", f.Name, strings.ReplaceAll(f.Usage, "|", "\\|"), value)
	})
	if flags != "" {
		_, _ = fmt.Fprintf(w, "\n| flag | meaning | default |\n|---|---|---|\n%s", flags)
	}
}
