package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/vocabulary"
	"ivalt-radius/cmd/ivalt-radius/guarding"
	"ivalt-radius/config/keys"
	"ivalt-radius/doctor"
	"ivalt-radius/guard"
	"ivalt-radius/guard/incident"
	"ivalt-radius/guard/watch/rule"
)

// TestReferenceParts holds the generated parts of written pages to the code: what stands between `<!-- NAME: … -->` and `<!-- end of NAME -->`.
func TestReferenceParts(t *testing.T) {
	for name, parts := range map[string]map[string]string{
		"guard.md":      {"limits": limitsPart(), "steps": keyTable("guard.respond.", "guard.incidents.")},
		"operations.md": {"alerts": alertsPart(), "checklist": checklistPart(), "runbooks": runbooksPart(t), "prometheus": prometheusPart(t)},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("../../docs", name)
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := string(got)
			for part, text := range parts {
				want = replacePart(t, want, part, text)
			}
			if os.Getenv("UPDATE_DOCS") != "" {
				if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // a page of this repository
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("docs/%s is not what the code says; run make docs (-want +got):\n%s", name, diff)
			}
		})
	}
}

// replacePart puts a text between the marks of a part, which stand there once.
func replacePart(t *testing.T, page, part, text string) string {
	t.Helper()
	begin, end := "<!-- "+part+": generated from the code by `make docs`; do not edit. -->\n", "<!-- end of "+part+" -->\n"
	before, rest, found := strings.Cut(page, begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended || strings.Contains(after, begin) {
		t.Fatalf("the marks of %q are not there once: %s%s", part, begin, end)
	}
	return before + begin + "\n" + text + "\n" + end + after
}

// setting is one key of the table.
func setting(path string) keys.Key {
	all := keys.All()
	return all[slices.IndexFunc(all, func(k keys.Key) bool { return k.Path == path })]
}

// keyTable is the keys that begin so, with their defaults.
func keyTable(beginnings ...string) string {
	out := "| setting | default | what it is |\n|---|---|---|\n"
	for _, k := range keys.All() {
		if !slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(k.Path, b) }) {
			continue
		}
		standard := "`" + k.Default + "`"
		if k.Default == "" {
			standard = k.Unset
		}
		out += fmt.Sprintf("| `%s` | %s | %s |\n", k.Path, standard, k.Meaning)
	}
	return out
}

// limitsPart is the limits as a table of kinds and scopes, and the other settings of the gate.
func limitsPart() string {
	scopes := []string{"per_user", "per_calling_station", "per_client", "in_all"}
	out := "| setting | window | `." + strings.Join(scopes, "` | `.") + "` |\n|---|---|---|---|---|---|\n"
	for _, kind := range []string{"guard.attempts", "guard.wrong_passwords", "guard.pushes"} {
		out += fmt.Sprintf("| `%s` | %s", kind, setting(kind+".window").Default)
		for _, s := range scopes {
			out += " | " + setting(kind+"."+s).Default
		}
		out += " |\n"
	}
	return out + "\n" + keyTable("guard.lockout.", "guard.unanswered.", "guard.denied.")
}

// checklistPart is the guide's list, with the findings of doctor that answer each item.
func checklistPart() string {
	var items []string
	findings := map[string][]string{}
	for _, f := range doctor.Judge(doctor.Facts{}, "").Findings {
		for _, item := range f.Guide {
			if !slices.Contains(items, item) {
				items = append(items, item)
			}
			findings[item] = append(findings[item], "`"+f.ID+"`")
		}
	}
	out := "| item | findings of `doctor` |\n|---|---|\n"
	for _, item := range items {
		out += fmt.Sprintf("| %s | %s |\n", item, strings.Join(findings[item], ", "))
	}
	return out
}

// threshold is when a rule raises an alert, by default.
func threshold(r guard.Rule) string {
	key := "guard.detect." + string(r)
	return setting(key+".count").Default + " in " + setting(key+".window").Default
}

// severities are those of a description, in words.
func severities(d rule.Description) string {
	out := d.Steps[0].Severity.String()
	for _, s := range d.Steps[1:] {
		out += fmt.Sprintf(", %s from %d on", s.Severity, s.From)
	}
	return out
}

// alertsPart is all rules at a glance.
func alertsPart() string {
	out := "| alert | what is counted | whom it is about | from (default) | severity |\n|---|---|---|---|---|\n"
	for _, d := range rule.Rules() {
		out += fmt.Sprintf("| [`%[1]s`](#%[1]s) | %[2]s | %[3]s | %[4]s | %[5]s |\n", d.Rule, d.Counts, d.Against, threshold(d.Rule), severities(d))
	}
	return out
}

// runbooksPart is a section for each rule. Its heading is the anchor that notices lead to.
func runbooksPart(t *testing.T) string {
	t.Helper()
	commands := runbookCommands()
	var out []string
	for _, d := range rule.Rules() {
		lines := commands[d.Rule]
		if len(lines) == 0 || d.Means == "" || d.Look == "" || d.Do == "" {
			t.Errorf("the runbook of %s is not whole", d.Rule)
		}
		out = append(out, fmt.Sprintf("### %[1]s\n\n%[2]s, %[3]s. Settings: `guard.detect.%[1]s.count`, `.window`.\n\n- **What it may be.** %[4]s\n- **Look at.** %[5]s\n- **Do.** %[6]s\n\n%[8]s```sh\n%[7]s\n```\n",
			d.Rule, threshold(d.Rule), severities(d), d.Means, d.Look, d.Do, strings.Join(lines, "\n"), notRun(lines)))
	}
	return strings.Join(out, "\n")
}

// alert is one rule of docs/monitoring/alerts.yaml, up to where its runbook is.
var alert = regexp.MustCompile(`(?s)- alert: (\w+)\n.*?severity: (\w+)\}.*?runbook: docs/(\S+)\n`)

// prometheusPart is each alert of Prometheus with the place where its runbook begins, which is never a table of what is done each day.
func prometheusPart(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/monitoring/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	all := alert.FindAllStringSubmatch(string(text), -1)
	if n := strings.Count(string(text), "- alert: "); len(all) != n || n < 20 {
		t.Errorf("%d alerts of %d have a runbook", len(all), n)
	}
	out := "| alert | severity | begin with |\n|---|---|---|\n"
	for _, a := range all {
		place := strings.TrimPrefix(a[3], "operations.md")
		if place == "#day-to-day" || !strings.Contains(place, "#") {
			t.Errorf("%s leads to %s, which is no runbook", a[1], a[3])
		}
		out += fmt.Sprintf("| `%s` | %s | [%s](%s) |\n", a[1], a[2], strings.TrimPrefix(place, "#"), place)
	}
	return out
}

// TestSecurityEventsHaveABeginning: whoever reads a security event in the trail finds in operations.md where to begin.
func TestSecurityEventsHaveABeginning(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "\n## Security events\n")
	table, _, _ = strings.Cut(table, "\n## ")
	words := 0
	for _, w := range vocabulary.Words() {
		if w.Type != chain.SecurityEvent {
			continue
		}
		if words++; !strings.Contains(table, "`"+w.Word+"`") {
			t.Errorf("operations.md does not say what to do about %s", w.Word)
		}
	}
	if words < 20 {
		t.Errorf("only %d security events are known", words)
	}
}

// notRun is the mark of a block that needs more than the machine has on which test/docs runs blocks.
func notRun(lines []string) string {
	for _, needs := range [][2]string{
		{" --disconnect", "ends sessions, and no gateway there takes Disconnect-Requests"},
		{"--address 192.0.2.10", "192.0.2.10 stands for your gateway, which has not asked there"},
		{"timedatectl", "asks systemd, which does not run there"},
		{"/srv/kept/audit.pub", "/srv/kept/audit.pub is the key that you keep elsewhere"},
	} {
		if strings.Contains(strings.Join(lines, "\n"), needs[0]) {
			return "<!-- not run: " + needs[1] + " -->\n"
		}
	}
	return ""
}

// TestRunbooks: every heading is where a notice leads, and every rule has a threshold and commands.
func TestRunbooks(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := runbookCommands()
	if len(commands) != rule.Count {
		t.Errorf("%d rules have commands, of %d", len(commands), rule.Count)
	}
	for _, d := range rule.Rules() {
		file, anchor, _ := strings.Cut(guarding.Notice(incident.Incident{Rule: d.Rule}).Runbook, "#")
		if n := strings.Count(string(page), "\n### "+anchor+"\n"); file != "docs/operations.md" || anchor != string(d.Rule) || n != 1 {
			t.Errorf("%s leads to %s#%s, where %d headings are", d.Rule, file, anchor, n)
		}
		if _, err := time.ParseDuration(setting("guard.detect." + string(d.Rule) + ".window").Default); err != nil {
			t.Error(err)
		}
	}
}

// runbookCommands are what to type for each rule: alice, 198.51.100.9 (a person's address), 192.0.2.10 (a gateway) and openvpn-as stand for
// those of the incident. test/docs holds them to what the commands take.
func runbookCommands() map[guard.Rule][]string {
	const (
		lately   = "ivalt-radius audit tail --user alice --since 24h -n 100"
		address  = `ivalt-radius audit tail --since 24h -n 1000 --format json | grep -F '"calling_station":"198.51.100.9"'`
		shut     = `ivalt-radius block --address 198.51.100.9 --for 24h --reason "incident ID: guesses"`
		person   = `ivalt-radius block --user alice --for 24h --disconnect --reason "incident ID: the password is known to somebody"`
		back     = `ivalt-radius unblock --user alice --reason "incident ID: new password, asked by telephone"`
		gateway  = "ivalt-radius clients --client openvpn-as"
		machine  = "ivalt-radius audit tail --type system_event --since 24h -n 100"
		examined = "ivalt-radius doctor"
	)
	return map[guard.Rule][]string{
		guard.BruteForce:       {lately, address, "ivalt-radius block lockouts", shut, `ivalt-radius unblock --user alice --reason "incident ID: her old tablet"`},
		guard.PasswordSpray:    {address, "ivalt-radius audit tail --reason bad_password --since 1h -n 200", shut, "ivalt-radius secrets"},
		guard.APIAbuse:         {"ivalt-radius audit tail --reason rate_limited --since 1h -n 200", lately, "ivalt-radius audit tail --type api_request --since 1h -n 100", shut},
		guard.SuspiciousSource: {"ivalt-radius audit tail --reason network_denied --since 24h -n 200", "ivalt-radius block list", "ivalt-radius explain --user alice --client openvpn-as --calling-station 198.51.100.9"},
		guard.PushBombing:      {lately, person, shut, back},
		guard.BombedApproval:   {person, lately, address, back},
		guard.PushRefused:      {lately, person, shut, back},
		guard.Collisions:       {lately, "ivalt-radius audit tail --type security_event --since 24h -n 100", person},
		guard.UnknownClient:    {"ivalt-radius clients", "ivalt-radius firewall --format nftables"},
		guard.SpoofedClient: {
			gateway, `ivalt-radius clients enforce --client openvpn-as --address 192.0.2.10 --reason "incident ID: it signs"`,
			"ivalt-radius clients forget --client openvpn-as --address 192.0.2.10",
		},
		guard.MessageAuthenticator: {gateway, "ivalt-radius secrets"},
		guard.GeofenceProbing:      {"ivalt-radius audit tail --user alice --reason geofence --since 24h -n 100", lately, person},
		guard.TimeProbing: {
			"ivalt-radius audit tail --reason outside_hours --since 24h -n 100", "ivalt-radius audit tail --reason timezone --since 24h -n 100",
			"ivalt-radius explain --user alice --client openvpn-as --at 2026-11-26T22:00:00Z",
		},
		guard.ClockJump: {machine, "timedatectl status", "journalctl -u chrony -u systemd-timesyncd --since yesterday", examined},
		guard.TrailTampered: {
			"cp -a /var/lib/ivalt-radius /srv/evidence-1", "ivalt-radius audit verify",
			"ivalt-radius audit verify --key /srv/kept/audit.pub /srv/evidence-1/audit.jsonl",
		},
		guard.FailedLogins: {"ivalt-radius audit report --hours 1", "ivalt-radius audit tail --since 1h -n 50", "ivalt-radius audit tail --type configuration_change --since 24h", examined},
		guard.APIErrors:    {"ivalt-radius audit tail --type api_request --since 1h -n 50", examined, machine},
		guard.APISlow:      {"ivalt-radius audit report --hours 1", "ivalt-radius audit tail --type api_request --since 1h -n 50", examined},
	}
}
