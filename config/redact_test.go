package config

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/secret"
)

func TestDigest(t *testing.T) {
	one := mustLoad(t, sound)
	if d := one.Digest(); !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(d) || d != mustLoad(t, sound).Digest() {
		t.Errorf("digest %s", d)
	}
	if one.Digest() == mustLoad(t, sound, "IVALT_RADIUS_MAX_ATTEMPTS=3").Digest() {
		t.Error("another setting, the same digest")
	}
	if one.Digest() == mustLoad(t, strings.Replace(sound, "env:SHARED", "env:KEY", 1)).Digest() {
		t.Error("another shared secret, the same digest")
	}
}

// TestDigestCountsPeople: whatever is changed about a person changes the digest; the order of the file does not.
func TestDigestCountsPeople(t *testing.T) {
	digest := func(people string) string {
		s, faults := withPeople(people)
		if s == nil {
			t.Fatal(faults)
		}
		return s.Digest()
	}
	const rest = ", password: h, nt_hash: env:SHARED, reply: {Class: [d, e]}}\n"
	const people = "a: {mobile: +4917012345, email: a@x, groups: [b, c]" + rest + "z: {}\n"
	one := digest(people)
	for name, other := range map[string]string{
		"mobile": strings.Replace(people, "12345", "12346", 1),
		"email":  strings.Replace(people, "a@x", "a@y", 1),
		"group":  strings.Replace(people, "[b, c]", "[b]", 1),
		"groups": strings.Replace(people, "[b, c]", "[bc]", 1),
		"name":   strings.Replace(people, "z:", "y:", 1),
		"swap":   "z: {mobile: +4917012345, email: a@x, groups: [b, c]" + rest + "a: {}\n",

		"password": strings.Replace(people, "password: h", "password: i", 1),
		"NT hash":  strings.Replace(people, "env:SHARED", "env:KEY", 1),
		"reply":    strings.Replace(people, "[d, e]", "[d]", 1),
		"a phone":  strings.Replace(people, "+4917012345", "[+4917012345, +4917012346]", 1),
	} {
		if digest(other) == one {
			t.Errorf("%s: another person, the same digest", name)
		}
	}
	if digest("z: {}\na: {mobile: +4917012345, email: a@x, groups: [b, c]"+rest) != one {
		t.Error("another order, another digest")
	}
}

// TestDigestTestsNoGuess: mobiles and secrets go into the digest under the API key alone.
func TestDigestTestsNoGuess(t *testing.T) {
	digests := map[string]bool{}
	for _, mobile := range []string{"+4917012345", "+4917012346"} {
		for _, shared := range []string{"b7Rk2vXw9LqZ4tNc", "b7Rk2vXw9LqZ4tNd"} {
			s, _ := withPeople("a: {mobile: " + mobile + "}\n")
			s.Clients[0].Secrets = []secret.Secret{secret.New(shared)}
			s.IVALT.APIKey = secret.Secret{}
			digests[s.Digest()] = true
		}
	}
	if len(digests) != 1 {
		t.Errorf("%d digests without a key", len(digests))
	}
	one, _ := withPeople("a: {mobile: +4917012345}\n")
	other, _ := withPeople("a: {mobile: +4917012345}\n")
	other.IVALT.APIKey = secret.New(strings.ToUpper(apiKey))
	if one.Digest() == other.Digest() {
		t.Error("another API key, the same digest")
	}
}

func TestChangedAndRestart(t *testing.T) {
	const rules = "policy: {rules: [{name: a}, {name: b}]}\n"
	for _, c := range []struct {
		title, before, after string
		changed, restart     []string
	}{
		{"nothing", sound, sound + "# comment\n", nil, nil},
		{"a default written out", sound, sound + "max_attempts: 20000\n", nil, nil},
		{"a secret", sound, strings.Replace(sound, "env:SHARED", "env:KEY", 1), []string{"clients[0].secrets"}, nil},
		{"a rule less", sound + rules, sound + "policy: {rules: [{name: a}]}\n", []string{"policy.rules[1].decision"}, nil},
		{"addresses", sound, sound + "listen: {admin: \"\", accounting: []}\n", []string{"listen.accounting", "listen.admin"}, []string{"listen.accounting", "listen.admin"}},
		{"state and, with it, the trail", sound, sound + "state: {directory: x}\n", []string{"audit.file", "state.directory"}, []string{"state.directory"}},
		{
			"state and the trail", sound + "audit: {file: y}\n", sound + "state: {directory: x}\n",
			[]string{"audit.file", "state.directory"},
			[]string{"audit.file", "state.directory"},
		},
		{"the node's name", sound, sound + "state: {node: a}\n", []string{"state.node"}, []string{"state.node"}},
		{
			"the shared memory", sound + sharing(""), sound + sharing("timeout: 2s, on_failure: insecure_alone"),
			[]string{"state.redis.on_failure", "state.redis.timeout"},
			[]string{"state.redis.on_failure", "state.redis.timeout"},
		},
		{
			"its secrets", sound + sharing("password: env:KEY"), sound + sharing("password: env:SHARED"),
			[]string{"state.redis.password"},
			[]string{"state.redis.password"},
		},
		{"trail", sound, sound + "audit: {file: x}\n", []string{"audit.file"}, []string{"audit.file"}},
		{"retention", sound, sound + "audit: {retention: 1h}\n", []string{"audit.retention"}, nil},
	} {
		t.Run(c.title, func(t *testing.T) {
			before, after := mustLoad(t, c.before), mustLoad(t, c.after)
			there, back := Changed(before, after), Changed(after, before)
			if diff := cmp.Diff(there, back); diff != "" {
				t.Errorf("forth and back differ:\n%s", diff)
			}
			without := slices.DeleteFunc(slices.Clone(c.changed), func(key string) bool { return slices.Contains(there, key) })
			if len(without) != 0 || len(c.changed) == 0 && len(there) != 0 {
				t.Errorf("changed: %v, without %v", there, without)
			}
			if diff := cmp.Diff(c.restart, restarts(t, before, after)); diff != "" {
				t.Errorf("restart (-want +got):\n%s", diff)
			}
		})
	}
}

// restarts are the keys that Restart names.
func restarts(t *testing.T, before, after *Settings) []string {
	t.Helper()
	var keys []string
	for _, f := range Restart(before, after) {
		keys = append(keys, f.Key)
		if f.Warning || !strings.Contains(f.Message, "restart") {
			t.Errorf("%v", f)
		}
	}
	return keys
}

func TestChangedPeople(t *testing.T) {
	before, _ := withPeople("a: {}\n")
	after, _ := withPeople("a: {mobile: +4917012345}\n")
	if diff := cmp.Diff([]string{"users.file"}, Changed(before, after)); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
}

func TestPeopleChanged(t *testing.T) {
	const people = "a: {mobile: +4917012345}\nb: {groups: [x]}\nc: {}\n"
	before, _ := withPeople(people)
	for after, want := range map[string]int{
		people: 0,
		"c: {}\nb: {groups: [x]}\na: {mobile: +4917012345}\n":       0,
		"a: {mobile: +4917012346}\nb: {groups: [x]}\nc: {}\n":       1,
		"a: {mobile: +4917012345}\nb: {groups: [y]}\nd: {}\n":       3,
		"a: {mobile: +4917012345}\nb: {groups: [x]}\n":              1,
		"a: {email: a@x}\nb: {groups: [x]}\nc: {groups: [x]}\ne:\n": 3,
	} {
		s, _ := withPeople(after)
		if got, back := PeopleChanged(before, s), PeopleChanged(s, before); got != want || back != want {
			t.Errorf("%q: %d and %d, want %d", after, got, back, want)
		}
		if named := len(Changed(before, s)) > 0; named != (want > 0) {
			t.Errorf("%q: Changed names %v", after, Changed(before, s))
		}
	}
}

func TestRedactedReply(t *testing.T) {
	got := mustLoad(t, sound+"policy: {rules: [{name: a, reply: {Tunnel-Password: canary, MS-MPPE-Send-Key: canary, Vendor-Specific.9.1: canary, Class: [a, b]}}]}\n").Redacted()
	for key, text := range got {
		if text == "canary" {
			t.Errorf("%s is shown", key)
		}
	}
	if got["policy.rules[0].reply.Class"] != "a, b" {
		t.Error("Class is not shown")
	}
}

func TestTemplateLoads(t *testing.T) {
	sample := Sample{SharedSecretFile: `/a "b"/shared`, APIKeyFile: "/key", StateDirectory: "/s t/ä"}
	text := string(Template(sample))
	// Each commented key is a key, and each commented value is one that loads.
	uncommented := regexp.MustCompile(`(?m)^( *)# (admin|max_attempts|reject_delay|profile|answer_within|on_push_timeout|calling_station_from|url|`+
		`approval_timeout|limits|timezone): `).ReplaceAllString(text, "$1$2: ")
	rules := regexp.MustCompile(`(?m)^  # ( {2})`).ReplaceAllString(text, "  $1")
	for name, text := range map[string]string{"as it is": text, "uncommented": uncommented, "with more rules": rules} {
		opt := world(map[string]string{"c.yaml": text})
		inner := opt.Open
		secrets := world(map[string]string{"shared": "b7Rk2vXw9LqZ4tNc", "key": apiKey})
		opt.Open = openAll(map[string]string{sample.SharedSecretFile: "shared", sample.APIKeyFile: "key"}, secrets.Open, inner)
		s, faults := Load("c.yaml", opt)
		if s == nil {
			t.Fatalf("%s: %v\n%s", name, faults, text)
		}
		if len(faults) != 0 {
			t.Errorf("%s: %v", name, faults)
		}
		if s.State.Directory != sample.StateDirectory {
			t.Errorf("%s: state in %s", name, s.State.Directory)
		}
		if more := len(s.Policy.Rules) == 4; more != (name == "with more rules") || len(s.Policy.Rules) < 2 {
			t.Errorf("%s: rules %v", name, s.Policy.Rules)
		}
	}
}

// TestPageLoads loads the whole configuration that the docs show.
func TestPageLoads(t *testing.T) {
	page, err := os.ReadFile(docsPage)
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	if block == nil {
		t.Fatal("the docs show no configuration")
	}
	s := mustLoad(t, string(block[1]), "IVALT_API_KEY="+apiKey)
	if s.Policy.Rules[0].Only.Hours[0].From != "08:00" || s.Policy.Rules[0].Only.Hours[0].Except[0] != "2026-12-25" {
		t.Errorf("%+v", s.Policy.Rules)
	}
}

// TestChangesAreRedacted: what differs is told with both values, and nothing of a secret.
func TestChangesAreRedacted(t *testing.T) {
	before := mustLoad(t, sound+"users: {email: \"{username}@a.example\"}\npolicy: {rules: [{name: a, reply: {Tunnel-Password: canary, Class: x}}]}\n")
	after := mustLoad(t, strings.Replace(sound, "env:SHARED", "env:OTHER", 1)+"reject_delay: 2s\npolicy: {rules: [{name: a, reply: {Tunnel-Password: canary2, Class: y}}]}\n", "OTHER=canaryb7Rk2vXw9LqZ4tNc")
	got := Changes(before, after)
	want := []Change{
		{"clients[0].secrets", "[redacted]", "[redacted] (another one)"},
		{"policy.rules[0].reply.Class", "x", "y"},
		{"policy.rules[0].reply.Tunnel-Password", "[redacted]", "[redacted] (another one)"},
		{"reject_delay", "1s", "2s"},
		{"users.email", "{username}@a.example", "{username}"},
	}
	if diff := cmp.Diff(want, got); diff != "" || strings.Contains(fmt.Sprint(got), "canary") {
		t.Error(diff)
	}
	if got := Changes(before, before); len(got) != 0 {
		t.Error(got)
	}
}
