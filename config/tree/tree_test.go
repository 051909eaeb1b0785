package tree

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// keys is a table with every kind.
func keys() []Key {
	return []Key{
		{Path: "listen.authentication", Kind: Addresses, Default: "0.0.0.0:1812"},
		{Path: "listen.accounting", Kind: Addresses, Empty: true},
		{Path: "listen.admin", Kind: Address, Default: "127.0.0.1:9812"},
		{Path: "max_attempts", Kind: Number, Default: "20000", Min: 1, Max: 1_000_000},
		{Path: "reject_delay", Kind: Duration, Default: "1s", Max: int64(10 * time.Second)},
		{Path: "clients[].name", Kind: Name, Required: true},
		{Path: "clients[].networks", Kind: Prefixes, Required: true},
		{Path: "clients[].secrets", Kind: Secrets, Required: true},
		{Path: "key", Kind: Secret, Required: true},
		{Path: "url", Kind: URL, Unset: "none", Meaning: "this|that"},
		{Path: "on", Kind: Bool},
		{Path: "users.email"},
		{Path: "users.file"},
		{Path: "state.directory"},
		{Path: "policy.timezone"},
		{Path: "policy.default", Kind: Choice, Choices: []string{"deny", "require_push", "exempt"}},
		{Path: "policy.rules[].name", Required: true},
		{Path: "policy.rules[].match.users", Kind: Texts},
		{Path: "policy.rules[].match.networks", Kind: Prefixes},
		{Path: "policy.rules[].only.hours[].days", Kind: Texts},
		{Path: "policy.rules[].only.hours[].from"},
		{Path: "policy.rules[].only.hours[].to"},
		{Path: "policy.rules[].decision", Default: "push"},
		{Path: "policy.rules[].reply", Kind: Attributes},
	}
}

// sound has no fault.
const sound = `clients:
  - name: vpn
    networks: ["192.0.2.0/24"]
    secrets: ["env:SHARED"]
key: a key
`

func reader(faults *fault.List) *Reader {
	return &Reader{Schema: NewSchema(keys(), "policy.rules[].only.hours[]"), Faults: faults, Places: Places{}}
}

// read reads one text and the environment; nil where the text is no map at all.
func read(text string, environ ...string) (Tree, fault.List) {
	var faults fault.List
	r := reader(&faults)
	tree, _ := r.Settings([]byte(text), environ)
	r.Strangers([]string{"IVALT_RADIUS_POINTED"})
	return tree, r.Places.Locate(faults)
}

// has reports a fault with this key, line, file and words.
func has(faults fault.List, want fault.Fault) bool {
	for _, f := range faults {
		if f.Key == want.Key && f.Line == want.Line && f.File == want.File && f.Warning == want.Warning && strings.Contains(f.Message, want.Message) {
			return true
		}
	}
	return false
}

// flat is a tree as key path to text.
func flat(tree Tree) map[string]string {
	out := map[string]string{}
	flatten("", map[string]any(tree), out)
	return out
}

func flatten(path string, value any, out map[string]string) {
	switch value := value.(type) {
	case map[string]any:
		for name, v := range value {
			flatten(Join(path, name), v, out)
		}
	case []any:
		for i, v := range value {
			flatten(Index(path, i), v, out)
		}
	case secret.Secret:
		out[path] = value.Reveal()
	default:
		out[path] = fmt.Sprint(value)
	}
}

// TestTextsStayTexts reads what YAML would take for something else.
func TestTextsStayTexts(t *testing.T) {
	tree, faults := read(sound + `users: {email: 01000, file: ~}
policy:
  timezone: 2026-12-25
  rules: [{name: yes, match: {users: [0x0A, 1e3, ~], networks: ["::ffff:198.51.100.0/120", 203.0.113.7]}, reply: {Zeta: 08:00, Alpha: [~, no]}}]
`)
	got := flat(tree)
	for key, want := range map[string]string{
		"users.email": "01000", "users.file": "~", "policy.timezone": "2026-12-25", "policy.rules[0].name": "yes",
		"policy.rules[0].match.users[0]": "0x0A", "policy.rules[0].match.users[1]": "1e3", "policy.rules[0].match.users[2]": "~",
		"policy.rules[0].match.networks[0]": "198.51.100.0/24", "policy.rules[0].match.networks[1]": "203.0.113.7/32",
		"policy.rules[0].reply[0].name": "Zeta", "policy.rules[0].reply[0].values[0]": "08:00", "policy.rules[0].reply[1].values[0]": "~",
		"policy.rules[0].reply[1].values[1]": "no",
	} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	if len(faults) != 0 {
		t.Error(faults)
	}
}

func TestDecode(t *testing.T) {
	tree := Tree{"delay": time.Second, "key": secret.New("x"), "list": []any{"a", "b"}}
	var got struct {
		Delay time.Duration `koanf:"delay"`
		Key   secret.Secret `koanf:"key"`
		List  []string      `koanf:"list"`
		Other []string      `koanf:"other"`
		Not   string        `koanf:"-"`
	}
	if err := tree.Decode(&got); err != nil || got.Delay != time.Second || got.Key.Reveal() != "x" || len(got.List) != 2 || got.Other != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for name, tree := range map[string]Tree{"unknown": {"nothing": "x"}, "another type": {"delay": "1s"}, "case": {"Delay": time.Second}} {
		if err := tree.Decode(&got); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := tree.Decode(got); err == nil {
		t.Error("a struct that cannot be set: no error")
	}
}

func TestStrangers(t *testing.T) {
	if _, faults := read(sound, "IVALT_RADIUS_POINTED=x", "IVALT_RADIUS_\x07=y"); len(faults) != 1 ||
		faults[0].File != `environment variable "IVALT_RADIUS_\a"` {
		t.Error(faults)
	}
}

func TestTable(t *testing.T) {
	table := Table(keys())
	for _, row := range []string{
		"| `listen.authentication` | list of IP:port | `[0.0.0.0:1812]` |  | `IVALT_RADIUS_LISTEN__AUTHENTICATION` |\n",
		"| `max_attempts` | number, 1 to 1000000 | `20000` |", "| `reject_delay` | duration, 0s to 10s | `1s` |",
		"| `clients[].name` | text | **required** |  | `IVALT_RADIUS_CLIENTS__0__NAME` |", "| `url` | text | none | this\\|that |",
		"| `policy.default` | `deny`, `require_push`, `exempt` |",
	} {
		if !strings.Contains(table, row) {
			t.Errorf("no %q in\n%s", row, table)
		}
	}
}

func TestShort(t *testing.T) {
	got := []string{Short(0), Short(time.Hour), Short(90 * time.Minute), Short(time.Hour + time.Second), Short(10 * time.Second), Short(time.Minute)}
	if diff := cmp.Diff([]string{"0s", "1h", "1h30m", "1h0m1s", "10s", "1m"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
