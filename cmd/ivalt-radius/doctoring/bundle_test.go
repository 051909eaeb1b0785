package doctoring

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit"
	"ivalt-radius/audit/mask"
	"ivalt-radius/audit/query"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/doctor"
	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// unpack reads an archive: its files by name, and all of its octets in the clear.
func unpack(t *testing.T, path string) (files map[string]string, all string) {
	t.Helper()
	packed, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packed.Close() }()
	zip, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	tape := tar.NewReader(bytes.NewReader(raw))
	for {
		h, err := tape.Next()
		if errors.Is(err, io.EOF) {
			return files, string(raw)
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(tape)
		if err != nil || h.Mode != 0o600 || h.Uname != "" {
			t.Errorf("%+v, %v", h, err)
		}
		files[strings.TrimPrefix(h.Name, "ivalt-radius-doctor/")] = string(text)
	}
}

// people whom no archive may name, and what is theirs.
const (
	jane   = "jane.canary"
	janes  = "jane.canary@mail.canary.example"
	mobile = "+4917012345678"
	home   = "203.0.113.77"
)

// canaries are all texts that must be nowhere.
func canaries() []string {
	return []string{apiKey, shared, jane, "Jane.Canary", "canary", mobile, "17012345678", home, "198.51.100.99", "c4n4ry"}
}

// TestBundleTellsOfNobody: settings with a canary in every place, people, a trail of theirs, and faults that quote them.
func TestBundleTellsOfNobody(t *testing.T) {
	s := newSite(t)
	s.file(t, "people.yaml", fmt.Sprintf("%s: {email: %s, mobile: \"%s\", groups: [canary-group]}\n%q: {mobile: \"not a canary number\"}\n", jane, janes, mobile, janes))
	for _, name := range []string{"bind", "sign", "mail", "hook"} {
		s.file(t, name, "c4n4ry-"+name+"-kd83nQv1xZp0Lw7Rkd83nQv1xZp0Lw7R")
	}
	s.file(t, "hook", "http://127.0.0.1:1/c4n4ry")
	s.more = fmt.Sprintf(`, proxy: "http://c4n4ry:c4n4rypass@127.0.0.1:1", signing_secret: "file:%[1]s/sign", request_from: "canary {client}"}
users: {file: "%[1]s/people.yaml", email: "{username}@canary.example", rewrite: [{from: "canary", to: "c4n4ry"}], enrolment_message: "ask canary"}
primary:
  ldap: {urls: ["ldap://127.0.0.1:1"], insecure_plaintext: true, base: "dc=canary", bind_dn: "cn=%[2]s", bind_password: "file:%[1]s/bind", filter: "(uid={username}canary)", email: canarymail, groups: {base: "ou=canary"}}
  radius: {servers: [{address: "127.0.0.1:1", secret: "file:%[1]s/sign"}]}
policy:
  rules:
    - {name: canary-rule, match: {users: [%[2]s, "canary-*"], groups: [canary-group], networks: ["%[3]s/32"]}, only: {networks: ["%[3]s/32"]}, reply: {Reply-Message: canary, Framed-IP-Address: 198.51.100.99}}
  groups: [{name: canary-group, reply: {Class: canary}}]
guard:
  respond: {never_block_users: [%[2]s], never_block_networks: ["%[3]s/32"]}
  notify:
    - {name: canary, kind: webhook, url: "file:%[1]s/hook", signing_secret: "file:%[1]s/sign"}
    - {name: canary2, kind: email, server: "127.0.0.1:1", username: %[4]s, password: "file:%[1]s/mail", from: %[4]s, recipients: [%[4]s]}
    - {name: canary3, kind: command, command: /nonexistent/canary}
%[2]s: unknown
`, s.dir, jane, home, janes)
	s.trail(t,
		audit.Attempt{User: jane, CallingStation: home, Client: "vpn", Verdict: "reject", Reason: "bad_password", Mobile: "************78", Detail: "the user " + jane + " at " + home},
		audit.Security{Event: "lockout", User: strings.ToUpper(jane), CallingStation: home, Detail: janes + " and " + mobile},
		audit.Action{Action: "block", Target: jane, Detail: jane},
	)
	path := s.config(t)
	out := s.path("bundle.tar.gz")
	code, text := command(t, "--config", path, "--bundle", out, "--offline")
	if code != exit.Fault || !strings.Contains(text, "no secret is in it") {
		t.Fatalf("%d: %s", code, text)
	}
	files, all := unpack(t, out)
	for _, c := range canaries() {
		for name, text := range files {
			if i := strings.Index(strings.ToLower(text), strings.ToLower(c)); i >= 0 {
				t.Errorf("%q is in %s: …%s…", c, name, text[max(0, i-60):min(len(text), i+60)])
			}
		}
		if strings.Contains(strings.ToLower(all), strings.ToLower(c)) {
			t.Errorf("%q is in the archive", c)
		}
	}
	if strings.Contains(all, s.dir) {
		t.Error("the archive tells where the installation lies")
	}
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	holdsWhatHelps(t, files)
	recordedBefore(t, s, files)
}

// holdsWhatHelps: the archive is of use: findings, settings with their numbers, versions, files, sockets, records.
func holdsWhatHelps(t *testing.T, files map[string]string) {
	t.Helper()
	for name, words := range map[string][]string{
		"doctor.json":   {`"id": "settings.load"`, `"state": "fault"`, "line 4: ivalt.proxy: [MASKED]"},
		"settings.json": {`"clients[0].profile": "fortigate"`, `"clients[0].secrets": "[redacted]"`, `"ivalt.approval_timeout": "1m"`, `"users.file people": "`, `"guard.notify[1].recipients": "[MASKED]"`},
		"build.json":    {`"version": "v1"`, `"go": "go`},
		"files.json":    {`"name": "audit.jsonl"`, `"mode": "-rw-------"`},
		"system.json":   {`"kernel"`},
		"sockets.json":  {`"listening"`},
		"trail.jsonl":   {`"event":"lockout"`, `"user":"user-`, `"calling_station":"address-`, `"reason":"bad_password"`},
	} {
		for _, word := range words {
			if !strings.Contains(files[name], word) {
				t.Errorf("%s: %q is not in %s", name, word, files[name])
			}
		}
		if strings.HasSuffix(name, ".json") && !json.Valid([]byte(files[name])) {
			t.Errorf("%s is no JSON", name)
		}
	}
}

// recordedBefore: the record of the archive stands in the trail, and so in the archive itself.
func recordedBefore(t *testing.T, s *site, files map[string]string) {
	t.Helper()
	if !strings.Contains(files["trail.jsonl"], `"action":"bundle"`) {
		t.Error("the archive was written before it was recorded")
	}
	last, err := query.Trail{Live: s.path("state/audit.jsonl")}.Last(t.Context(), 10, query.Filter{Types: []string{"data_access"}})
	if err != nil || len(last) != 1 || last[0].Action != "bundle" || last[0].Detail != "to the file bundle.tar.gz" || !strings.HasPrefix(last[0].Actor, "uid=") {
		t.Errorf("%v, %v", last, err)
	}
}

// TestNoRecordNoBundle: where the trail cannot be written there is no archive.
func TestNoRecordNoBundle(t *testing.T) {
	s := newSite(t)
	s.trail(t, audit.System{Event: "started"})
	path := s.config(t)
	if err := os.WriteFile(s.path("state/audit.key"), []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, text := command(t, "--config", path, "--bundle", s.path("b.tar.gz"), "--offline")
	if code != exit.Fault || !strings.Contains(text, "--bundle: ") {
		t.Errorf("%d: %s", code, text)
	}
	if _, err := os.Stat(s.path("b.tar.gz")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is an archive that nobody knows of: %v", err)
	}
}

// TestBundleOfLittle: without a trail, and without settings, there is an archive all the same.
func TestBundleOfLittle(t *testing.T) {
	s := newSite(t)
	for name, path := range map[string]string{"a.tar.gz": s.config(t), "b.tar.gz": s.path("none.yaml")} {
		_, out := command(t, "--config", path, "--bundle", s.path(name), "--offline")
		files, _ := unpack(t, s.path(name))
		if files["trail.jsonl"] != "" || files["doctor.json"] == "" {
			t.Errorf("%s: %v, %s", name, files, out)
		}
	}
	if _, err := os.Stat(s.path("state")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("doctor makes a state.directory: %v", err)
	}
}

// TestEveryTextOfTheSettingsIsHiddenOrKnown fills every text of Settings, by reflection, with a canary: a setting that is added shows nothing until
// somebody has thought of it.
func TestEveryTextOfTheSettingsIsHiddenOrKnown(t *testing.T) {
	var s config.Settings
	fill(reflect.ValueOf(&s).Elem())
	h := hiding{settings: &s}
	all := h.redacted()
	var bare []string
	for key, text := range all {
		if strings.Contains(text, "c4n4ry") || strings.Contains(key, "c4n4ry") {
			bare = append(bare, key)
		}
		if strings.Contains(text, "203.0.113.77") && !strings.HasPrefix(key, "listen.") {
			t.Errorf("%s: %s", key, text)
		}
	}
	for _, key := range bare {
		if !shown().MatchString(key) {
			t.Errorf("%s is shown", key)
		}
	}
	if len(bare) < 20 || len(bare) > 40 {
		slices.Sort(bare)
		t.Errorf("%d keys show their text: %q", len(bare), bare)
	}
	for _, personal := range []string{"match.users", "recipients", "bind_dn", "never_block", "networks", "request_from", ".name", ".url", "username", ".from", "command", "rewrite"} {
		if i := slices.IndexFunc(bare, func(key string) bool { return strings.HasSuffix(key, personal) && !strings.Contains(key, "hours") }); i >= 0 {
			t.Errorf("%s is shown", bare[i])
		}
	}
}

// fill gives every text below v a canary, and every list one element.
func fill(v reflect.Value) {
	switch v.Interface().(type) {
	case secret.Secret:
		v.Set(reflect.ValueOf(secret.New("c4n4ry")))
		return
	case netip.Prefix:
		v.Set(reflect.ValueOf(netip.MustParsePrefix(home + "/32")))
		return
	case netip.AddrPort:
		v.Set(reflect.ValueOf(netip.MustParseAddrPort(home + ":1812")))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("c4n4ry")
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	}
}

func TestHidingTexts(t *testing.T) {
	key := make([]byte, keyOctets)
	people, err := mask.New(key)
	if err != nil {
		t.Fatal(err)
	}
	s := &config.Settings{}
	s.Users.People = []config.Person{{Name: "al"}, {Name: "straße"}, {Name: "user"}}
	s.Policy.Rules = []config.Rule{{Match: config.Match{Users: []string{"*", "a.b"}}}}
	h := hiding{settings: s, people: people}
	user := people.User
	for text, want := range map[string]string{
		"al may, alert may not":     user("al") + " may, alert may not",
		"AL al, al":                 user("al") + " " + user("al") + ", " + user("al"),
		"the server's user, user":   "the server's " + user("user") + ", " + user("user"), // which pseudonyms begin with
		"of straße.":                "of " + user("straße") + ".",
		"of aXb and a.b":            "of aXb and " + user("a.b"),
		`quotes "a \" b" and "c"`:   "quotes [MASKED] and [MASKED]",
		"/home/x/y/file.yaml: gone": "…/file.yaml: gone",
		"from 10.0.0.9:1812":        "from " + people.Address("10.0.0.9") + ":1812",
		"a@b.example":               "[EMAIL_MASKED]",
		"all is well":               "all is well",
	} {
		if got := h.text(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for _, c := range []struct {
		f    fault.Fault
		want string
	}{
		{fault.Fault{Key: "clients[3].name", Line: 7, Message: "canary"}, "line 7: clients[3].name: [MASKED]"},
		{fault.Fault{Key: "canary.x", Line: 7, Message: "canary"}, "line 7: [MASKED]: [MASKED]"},
		{fault.Fault{Key: config.PersonKey("canary") + ".mobile", Message: "canary"}, "line 0: [MASKED]: [MASKED]"},
		{fault.Fault{Key: "policy.rules[0].reply.Canary", Message: "canary"}, "line 0: [MASKED]: [MASKED]"},
		{fault.Fault{Key: "users.file", Message: "canary"}, "line 0: users.file: [MASKED]"},
	} {
		if got := placeOf(c.f); got != c.want {
			t.Errorf("%+v: %q", c.f, got)
		}
	}
	for text, want := range map[string]bool{"5": true, "true": true, "60s": true, "1h30m": true, "123456": true, "4917012345678": false, "jane": false, "inf": false} {
		if harmless(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
	if got := h.address(netip.MustParseAddrPort("203.0.113.77:22")); got != people.Address(home)+":22" {
		t.Error(got)
	}
	if got := h.address(netip.MustParseAddrPort("0.0.0.0:1812")); got != "0.0.0.0:1812" {
		t.Error(got)
	}
	files, ok := h.files([]doctor.File{{Path: "/x/secret", Role: doctor.SecretFile, Size: 24}, {Path: "/x/state", Role: doctor.StateFile, Size: 5}}, nil)["files"].([]file)
	if !ok || files[0].Size != 0 || files[1].Size != 5 {
		t.Errorf("the length of a secret is told: %+v", files)
	}
}

type failing struct{ after int }

func (f *failing) Write(p []byte) (int, error) {
	if f.after -= len(p); f.after < 0 {
		return 0, errors.New("full")
	}
	return len(p), nil
}

func TestAWriterThatFails(t *testing.T) {
	if archive(&failing{}, []entry{{"a", []byte("b")}}, time.Now()) == nil || page(&failing{}, doctor.Report{}) == nil || writeJSON(&failing{}, doctor.Report{}) == nil {
		t.Error("nobody is told")
	}
}
