package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/directory/password"
	"ivalt-radius/fault"
)

// TestCheck tells the faults of all rooms together, each with its line, and each once.
func TestCheck(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if code, out := s.command(t, "check"); code != exit.OK || !strings.Contains(out, "is sound (") || !strings.Contains(out, "warning: ") {
		t.Errorf("exit %d: %s", code, out)
	}
	s.file(t, "config.yaml", fmt.Sprintf(`clients:
  - name: gateway
    networks: [127.0.0.1/32]
    secrets: [short]
    profile: toaster
ivalt:
  url: http://ivalt.example
max_attempts: many
users: {email: "{colour}@example.com"}
state: {directory: %q}
policy:
  timezone: Mars/Olympus
  rules:
    - {name: a, reply: {No-Such: 1}}
    - {name: b, match: {groups: [c]}}
`, s.state))
	if settings, _, _ := load(s.config(), nil, password.NewVerifier()); settings != nil {
		t.Error("faulty settings can be used")
	}
	code, out := s.command(t, "check")
	if code != exit.Fault {
		t.Errorf("exit %d", code)
	}
	for _, said := range []string{
		"line 4: clients[0].secrets[0]", "line 5: clients[0].profile", "line 6: ivalt.api_key", "line 7: ivalt.url", "line 8: max_attempts",
		"line 9: users.email", "line 12: policy.timezone", "line 14: policy.rules[0].reply.No-Such", "line 15: policy.rules[1].match.groups",
	} {
		if strings.Count(out, "fault: "+said) != 1 {
			t.Errorf("no (single) fault %q in\n%s", said, out)
		}
	}
	if n := strings.Count(out, "fault: "); n != 9 || !strings.Contains(out, ": 9 faults") {
		t.Errorf("%d faults:\n%s", n, out)
	}
}

// TestCheckTellsOnce: what two rooms warn of stands there once.
func TestCheckTellsOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.file(t, "config.yaml", fmt.Sprintf(`clients:
  - {name: a, networks: [127.0.0.1], secrets: [testing123-testing123], message_authenticator: optional, insecure_omit_message_authenticator: true}
ivalt: {api_key: %s}
`, apiKey))
	code, out := s.command(t, "check")
	if code != exit.OK {
		t.Errorf("exit %d: %s", code, out)
	}
	for _, said := range []string{"well-known", "clients[0].message_authenticator: ", "clients[0].insecure_omit_message_authenticator: "} {
		if strings.Count(out, said) != 1 {
			t.Errorf("not once %q in\n%s", said, out)
		}
	}
}

// TestCheckTellsNoConsequences: what only follows from a fault is not told beside it.
func TestCheckTellsNoConsequences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ people, rules, silent string }{
		"people that are no YAML": {"{", "[{name: a, match: {groups: [staff]}}]", "can supply"},
		"a faulty person":         {"a: [staff]", "[{name: a, match: {groups: [staff]}}]", "can supply"},
		"a person's odd number":   {"a: {mobile: \"12\", groups: [staff]}", "[{name: a, match: {groups: [others]}}]", "can supply"},
		"a typo below match":      {"{}", "[{name: a, match: {user: [x]}}, {name: b}]", "never reached"},
		"a typo of match":         {"{}", "[{name: a, mtach: {users: [x]}}, {name: b}]", "never reached"},
		"a pattern of control":    {"{}", "[{name: a, match: {users: [\"\\x01\"]}}, {name: b}]", "never reached"},
	} {
		s := newSite(t)
		s.file(t, "users.yaml", c.people+"\n")
		s.policy = "{rules: " + c.rules + "}"
		s.more = fmt.Sprintf("users: {file: %q}", filepath.Join(s.dir, "users.yaml"))
		s.write(t)
		code, out := s.command(t, "check")
		if code != exit.Fault || !strings.Contains(out, ": 1 fault\n") || strings.Contains(out, c.silent) {
			t.Errorf("%s: exit %d: %s", name, code, out)
		}
	}
	s := newSite(t)
	s.policy = "{rules: [{name: a}, {name: b}, {name: c, match: {groups: [staff]}}]}"
	s.write(t)
	_, out := s.command(t, "check")
	if !strings.Contains(out, "policy.rules[1]: is never reached") || !strings.Contains(out, "can supply a group") {
		t.Errorf("what follows from nothing is not told: %s", out)
	}
}

// TestErrorsOfSeveralLines are told line by line, each with the program's name.
func TestErrorsOfSeveralLines(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.more = "colour: blue\nshade: red"
	s.write(t)
	if _, out := s.command(t, "explain", "-u", "a", "--client", "gateway"); strings.Count(out, "ivalt-radius: line 1") != 2 || strings.Count(out, "\n") != 2 {
		t.Error(out)
	}
}

func TestTold(t *testing.T) {
	t.Parallel()
	config := fault.List{{Key: "a.b"}, {Key: "c[1]"}, {Key: "d", Warning: true}, {Key: ""}}
	for key, want := range map[string]bool{"a.b": true, "a.b.c": true, "a": true, "a.bc": false, "c": true, "c[1].x": true, "c[10]": false, "d": false, "e": false} {
		if told(config, fault.Fault{Key: key}) != want {
			t.Errorf("%q: told is %v", key, !want)
		}
	}
	if !told(config, fault.Fault{Key: "d", Warning: true}) {
		t.Error("a warning is told twice")
	}
}

// TestSealedWithoutKey: that the key is missing is one fault, and no secret is called missing or short in its place.
func TestSealedWithoutKey(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.file(t, "config.yaml", `clients: [{name: gateway, networks: [127.0.0.1/32], secrets: ["sealed:QUFBQQ=="]}]
ivalt: {api_key: "sealed:QUFBQQ=="}
users: {email: "{username}@example.com"}
primary:
  method: ldap
  ldap: {urls: ["ldaps://ldap.example.com"], bind_dn: "cn=a,dc=example,dc=com", bind_password: "sealed:QUFBQQ==", base: "dc=example,dc=com"}
`)
	code, out := s.command(t, "check")
	if code != exit.Fault || !strings.Contains(out, "fault: secrets.key_file: ") || !strings.Contains(out, ": 1 fault\n") {
		t.Errorf("exit %d:\n%s", code, out)
	}
}

// TestReplyFitsAPacket: attributes that together fit no Access-Accept are a fault at load, not a login that fails.
func TestReplyFitsAPacket(t *testing.T) {
	t.Parallel()
	value := strings.Repeat("x", 188) // 190 octets an attribute
	for n, want := range map[int]int{20: 0, 21: 1} {
		values := make([]string, n)
		for i := range values {
			values[i] = value
		}
		_, faults := reply([]config.Attribute{{Name: "Class", Values: values}}, "policy.rules[3].reply")
		if len(faults) != want || want == 1 && (faults[0].Key != "policy.rules[3].reply" || !strings.Contains(faults[0].Message, "3990 octets")) {
			t.Errorf("%d attributes: %v", n, faults)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.file(t, "users.yaml", "judy: {email: j.smith@example.org, mobile: \"+491701234567\", groups: [staff]}\n")
	s.file(t, "config.yaml", fmt.Sprintf(`clients:
  - {name: plain, networks: [10.0.0.1], secrets: [%[1]s]}
  - {name: access-server, networks: [10.0.0.2], secrets: [%[1]s], profile: openvpn-as}
  - {name: patient, networks: [10.0.0.3], secrets: [%[1]s], answer_within: 90s, challenge: choose}
ivalt: {api_key: %[2]s}
users: {email: "{username}@corp.example", file: %[3]q}
policy:
  rules:
    - {name: night, match: {users: [mallory]}, decision: deny}
    - {name: staff, match: {groups: [staff]}, only: {networks: [203.0.113.0/24]}, reply: {Class: staff}}
    - {name: service, match: {users: [svc-*]}, only: {hours: {days: [mon], from: "08:00", to: "09:00", timezone: UTC}}, decision: exempt}
`, sharedSecret, apiKey, filepath.Join(s.dir, "users.yaml")))
	for name, c := range map[string]struct {
		args []string
		code int
		says []string
	}{
		"listed person": {[]string{"-u", `CORP\Judy`, "--client", "plain", "--calling-station", "203.0.113.7"}, exit.OK, []string{"j***@example.org (from users.file)", "staff"}},
		"made address":  {[]string{"-u", `CORP\Kim`, "--client", "plain"}, exit.OK, []string{"k***@corp.example (made by users.email)"}},
		"person of the file": {[]string{"-u", "judy", "--client", "plain", "--calling-station", "203.0.113.7"}, exit.OK, []string{
			"j***@example.org (from users.file)", "phone            **********67", "staff", "Class", "1m0s in all (answer_within: the default)",
		}},
		"wrong network": {[]string{"-u", "judy", "--client", "access-server"}, exit.Fault, []string{"only.networks does not hold", "55s in all", "openvpn-as"}},
		"deny":          {[]string{"-u", "mallory", "--client", "patient"}, exit.Fault, []string{"m***@corp.example (made by users.email)", "1m30s in all", "profile is none", "challenge        choose", "the rule denies"}},
		"an address":    {[]string{"-u", "kim@else.example", "--client", "plain"}, exit.OK, []string{"k***@else.example (the name itself)", "default"}},
		"in hours":      {[]string{"-u", "svc-x", "--client", "plain", "--at", "2026-11-23T08:30:00Z"}, exit.OK, []string{"exempt"}},
		"out of hours":  {[]string{"-u", "svc-x", "--client", "plain", "--at", "2026-11-24T08:30:00Z"}, exit.Fault, []string{"only.hours does not hold"}},
		"no name":       {[]string{"-u", "a\x1b[2J", "--client", "plain"}, exit.Fault, []string{"deny (bad_request)", `"a\x1b[2J"`}},
		"no client":     {[]string{"-u", "judy", "--client", "nobody"}, exit.Usage, []string{"--client"}},
		"no address":    {[]string{"-u", "judy", "--client", "plain", "--calling-station", "home"}, exit.Usage, []string{"--calling-station"}},
		"no time":       {[]string{"-u", "judy", "--client", "plain", "--at", "noon"}, exit.Usage, []string{"--at"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out := s.command(t, append([]string{"explain"}, c.args...)...)
			if code != c.code {
				t.Errorf("exit %d, want %d", code, c.code)
			}
			for _, part := range c.says {
				if !strings.Contains(out, part) {
					t.Errorf("no %q in\n%s", part, out)
				}
			}
			if strings.Contains(out, "j.smith") || strings.Contains(out, "+4917") || strings.Contains(out, "\x1b") {
				t.Errorf("unmasked:\n%s", out)
			}
		})
	}
}

// TestExplainNobodyToAsk: a person of whom neither e-mail nor mobile is known cannot be pushed to, but can be exempt.
func TestExplainNobodyToAsk(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.file(t, "users.yaml", "judy: {mobile: \"+491701234567\"}\n")
	s.policy = "{rules: [{name: service, match: {users: [svc-*]}, decision: exempt}]}"
	s.more = fmt.Sprintf("users: {file: %q}", filepath.Join(s.dir, "users.yaml"))
	s.write(t)
	if code, out := s.command(t, "check"); code != exit.OK || !strings.Contains(out, "unknown_user: write \"{username}@example.com\"") {
		t.Errorf("check: exit %d: %s", code, out)
	}
	for name, want := range map[string]int{"bob": exit.Fault, "judy": exit.OK, "svc-x": exit.OK, "kim@x.example": exit.OK} {
		code, out := s.command(t, "explain", "-u", name, "--client", "gateway")
		refused := strings.Contains(out, "reason           unknown_user (neither e-mail nor mobile is known")
		if code != want || refused != (want == exit.Fault) || refused && !strings.Contains(out, "no e-mail: the login ends unknown_user") {
			t.Errorf("%s: exit %d:\n%s", name, code, out)
		}
	}
}

// TestExplainLastSecond: with less than 1 s left of a window nobody is let in, as when a login concludes.
func TestExplainLastSecond(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.policy = "{rules: [{name: day, only: {hours: {from: \"08:00\", to: \"09:00\", timezone: UTC}}, decision: exempt}]}"
	s.write(t)
	for at, want := range map[string]int{"08:59:59": exit.OK, "08:59:59.001": exit.Fault, "08:59:59.999": exit.Fault, "09:00:00": exit.Fault} {
		code, out := s.command(t, "explain", "-u", "a@x", "--client", "gateway", "--at", "2026-11-23T"+at+"Z")
		if denied := strings.Contains(out, "reason           outside_hours"); code != want || denied != (want == exit.Fault) || denied && strings.Contains(out, "exempt\n") {
			t.Errorf("%s: exit %d:\n%s", at, code, out)
		}
	}
}

func TestExplainFaultySettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.more = "colour: blue"
	s.write(t)
	if code, out := s.command(t, "explain", "-u", "judy", "--client", "gateway"); code != exit.Fault || !strings.Contains(out, "colour") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// TestSuggestions: a misspelt command is told the one that is most likely meant, by help too.
func TestSuggestions(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"chekc": "check", "help servr": "serve", "clients lst": "list", "audit verfy": "verify", "surprise-surprise": "",
	} {
		var out bytes.Buffer
		code := run(t.Context(), newRootCommand(), strings.Fields(line), &out, &out)
		if code != exit.Usage || strings.Contains(out.String(), "did you mean "+want+"?") != (want != "") {
			t.Errorf("%s: exit %d: %s", line, code, out.String())
		}
	}
}

// TestUsageErrors holds every command to exit code 64 for whatever its command line gets wrong.
func TestUsageErrors(t *testing.T) {
	t.Parallel()
	lines := [][]string{
		{},
		{"no-such-command"},
		{"--no-such-flag"},
		{"help", "no-such-command"},
		{"completion"},
		{"completion", "no-such-shell"},
		{"audit"},
		{"audit", "no-such-command"},
		{"audit", "verify", "one", "two"},
	}
	everyCommand(newRootCommand(), func(cmd *cobra.Command, path []string) {
		lines = append(lines, append(path, "--no-such-flag"))
		whole := append(path, "--")
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if len(f.Annotations[cobra.BashCompOneRequiredFlag]) > 0 {
				lines = append(lines, path) // a required flag is missing
				whole = append(append(path, "--"+f.Name, "1"), whole[len(path):]...)
			}
		})
		lines = append(lines, append(whole, "one argument", "too many"))
	})
	for _, line := range lines {
		var out bytes.Buffer
		if code := run(t.Context(), newRootCommand(), line, &out, &out); code != exit.Usage || !strings.Contains(out.String(), "usage: ") {
			t.Errorf("%q: exit %d: %s", line, code, out.String())
		}
	}
	for _, line := range [][]string{{"--help"}, {"--version"}, {"help", "serve"}, {"serve", "--help"}} {
		var out bytes.Buffer
		if code := run(t.Context(), newRootCommand(), line, &out, &out); code != exit.OK || out.Len() == 0 {
			t.Errorf("%q: exit %d: %s", line, code, out.String())
		}
	}
}

// everyCommand visits the commands that do something.
func everyCommand(cmd *cobra.Command, visit func(cmd *cobra.Command, path []string)) {
	for _, sub := range cmd.Commands() {
		if !sub.HasSubCommands() && sub.Name() != "help" {
			path := strings.Fields(sub.CommandPath())[1:]
			visit(sub, path[:len(path):len(path)])
		}
		everyCommand(sub, visit)
	}
}
