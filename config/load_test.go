package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/fault"
)

// apiKey is a sound key that belongs to nobody.
const apiKey = "Zq3kV8_never-issued_7Hn2Lw5Tb9xYc4Rm"

// sound is the least configuration; its secrets come from the environment.
const sound = `clients:
  - name: vpn
    networks: ["192.0.2.0/24"]
    secrets: ["env:SHARED"]
ivalt: {api_key: "env:KEY"}
`

// world gives a load its files, all mode 0600, and its environment.
func world(files map[string]string, environ ...string) Options {
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o600}
	}
	return Options{Environ: append([]string{"SHARED=b7Rk2vXw9LqZ4tNc", "KEY=" + apiKey}, environ...), Open: tree.Open}
}

// load reads one text.
func load(text string, environ ...string) (*Settings, fault.List) {
	return Load("c.yaml", world(map[string]string{"c.yaml": text}, environ...))
}

// mustLoad reads a text that has no fault.
func mustLoad(t *testing.T, text string, environ ...string) *Settings {
	t.Helper()
	s, faults := load(text, environ...)
	if err := faults.Err(); err != nil {
		t.Fatalf("faults:\n%v", err)
	}
	return s
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

func TestDefaults(t *testing.T) {
	s := mustLoad(t, sound)
	s.places, s.origins = nil, nil
	c := s.Clients[0]
	if c.Secrets[0].Reveal() != "b7Rk2vXw9LqZ4tNc" || s.IVALT.APIKey.Reveal() != apiKey {
		t.Error("the secrets are not what the environment says")
	}
	got := fmt.Sprintf("%+v", *s)
	want := "{Listen:{Authentication:[0.0.0.0:1812] Accounting:[0.0.0.0:1813] Admin:127.0.0.1:9812} " +
		"Admin:{TLS:{Certificate: Key:} Hosts:[] Metrics:loopback Accounts:[] Tokens:[] Session:{Idle:1h0m0s Absolute:12h0m0s}} MaxAttempts:20000 RejectDelay:1s StatusServer:true " +
		"Clients:[{Name:vpn Networks:[192.0.2.0/24] Secrets:[[redacted]] MessageAuthenticator:auto InsecureOmitMessageAuthenticator:false " +
		"Profile: AnswerWithin:0s CallingStationFrom:[Calling-Station-Id Tunnel-Client-Endpoint] OnPushTimeout:reject StatusServer:true JoinWithoutCallingStation:false " +
		"Primary: InsecureMethods:[] Challenge:off DisconnectPort:0 SessionEnd:watch}] " +
		"IVALT:{URL:https://api.ivalt.com Dialect:gateway Endpoint:geofence Pending:[202 204 400 404 422] APIKey:[redacted] SigningSecret:[redacted] " +
		"CAFile: SystemRoots:true Pins:[] Proxy:[redacted] SendClientAddress:false ApprovalTimeout:1m0s Sentinel:always Result:unknown LateCredit:30s InsecureLateCredit:0s OnCollision:deny_both AllowMissingDetails:false " +
		"Limits:{PerSecond:20 PerMinute:100 PerHour:1000} Connections:32 RequestFrom:VPN {client} {calling_station}} " +
		"Users:{Email:{username} File: Rewrite:[] EnrolmentMessage: People:[]} " +
		"Primary:{Method:none Cache:0s LDAP:{URLs:[] InsecurePlaintext:false CAFile: SystemRoots:true BindDN: BindPassword:[redacted] UserDN: Base: Schema:generic Filter: " +
		"Name: Email:mail Mobile:[mobile] Groups:{Base: Name:cn Nested:true} Timeout:5s Connections:8} RADIUS:{Servers:[] Timeout:3s Tries:2 Attributes:[]}} " +
		"Policy:{Timezone: Default:require_push Rules:[] Groups:[]} " +
		"Audit:{File:/var/lib/ivalt-radius/audit.jsonl Retention:2160h0m0s Archive: SegmentSize:67108864 Checkpoint:1m0s Ship:[]} " +
		"State:{Node: Directory:/var/lib/ivalt-radius Redis:" + clusterDefaults + "} Secrets:{KeyFile: Passphrase:[redacted]} Guard:" + guardDefaults + " places:map[] origins:map[]}"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// example is a whole configuration as users write it.
const example = `# comment
listen:
  authentication: ["127.0.0.1:1812", "[::1]:1812"]
  accounting: []
  admin: "[::1]:9999"
max_attempts: 5
reject_delay: 0s
status_server: false
clients:
  - name: openvpn-as
    networks: ["127.0.0.1/32", "::1/128", "::ffff:198.51.100.0/120", 203.0.113.7]
    secrets: ["example-secret-change-me-0123456789", "file:rotated"]
    message_authenticator: required
    insecure_omit_message_authenticator: true
    profile: openvpn-as
    answer_within: 55s
    calling_station_from: [Tunnel-Client-Endpoint]
    on_push_timeout: silence
    join_without_calling_station: true
    status_server: false
    primary: radius
    insecure_methods: [chap, mschapv2]
    challenge: approve
    disconnect_port: 3799
    session_end: disconnect
ivalt:
  url: http://[::1]:9/base
  api_key: "env:KEY"
  ca_file: roots.pem
  dialect: laravel
  endpoint: plain
  pending: [404, 422]
  system_roots: false
  pins: [sha256/AAAA, sha256/BBBB]
  proxy: "http://me:hush@proxy.example:3128"
  signing_secret: "file:rotated"
  send_client_address: true
  approval_timeout: 52s
  sentinel: auto
  result: consumed
  late_credit: 20s
  insecure_late_credit: 10s
  on_collision: keep_first
  allow_missing_details: true
  limits: {per_second: 0, per_minute: 7, per_hour: 8}
  connections: 3
  request_from: "{user}"
users:
  email: "{username}@example.com"
  file: people.yaml
  rewrite:
    - {from: 'corp\\(.+)', to: $1@corp.example}
    - from: (.+)@old\.example
      to: "$1@example.com"
  enrolment_message: Enrol at https://enrol.example.com.
primary:
  method: file
  cache: 90s
  ldap:
    urls: [ldaps://dc1.example.com, "ldap://dc2.example.com:389"]
    insecure_plaintext: true
    ca_file: ldap.pem
    system_roots: false
    bind_dn: cn=search,dc=example,dc=com
    bind_password: "file:rotated"
    user_dn: "{username}@corp.example"
    base: dc=example,dc=com
    schema: active_directory
    filter: (cn={username})
    name: cn
    email: proxyAddresses
    mobile: [mobile, otherMobile]
    groups: {base: "ou=groups,dc=example,dc=com", name: dn, nested: false}
    timeout: 7s
    connections: 9
  radius:
    servers:
      - {address: "10.0.0.5:1812", secret: "file:rotated"}
      - {address: "[2001:db8::5]:1645", secret: "env:SHARED"}
    timeout: 2500ms
    tries: 3
    attributes: [Class, Filter-Id]
policy:
  timezone: Europe/Berlin
  default: deny
  rules:
    - name: one
      match: {users: ["svc-*"], groups: [a, B], clients: [openvpn-as], networks: [10.0.0.0/8]}
      only:
        networks: ["2001:db8::/32"]
        hours: {days: [mon], from: 08:00, to: 24:00, timezone: UTC, except: [2026-12-25, 2027-01-01]}
      decision: exempt
      reply:
        Zeta: 01000
        Alpha: [0x0A, yes, 1e3, ~]
        Vendor-Specific.9.1: "0x66"
      primary: ldap
      remember: {for: 8h}
      fail: {mode: allow_remembered, for: 72h}
    - name: two
      only:
        hours:
          - {from: 22:00, to: 06:00}
          - {from: "12:00", to: "13:00"}
      fail: {mode: insecure_allow, until: 2026-12-24T18:00:00+01:00, reason: iVALT moves house}
  groups:
    - {name: Staff, reply: {Filter-Id: staff, Tunnel-Password: hush}}
audit:
  file: a.jsonl
  retention: 24h
  archive: /srv/archive
  segment_size: 1MiB
  checkpoint: 10s
  ship: [{name: siem, to: "tls://192.0.2.9:6514", format: ecs, types: [security_event], mask: true, ca_file: siem.pem, spool: 1GiB}]
secrets: {key_file: /etc/seal.key, passphrase: "env:KEY"}
` + exampleCluster + exampleGuard + exampleAdmin

func TestEveryKey(t *testing.T) {
	files := map[string]string{
		"c.yaml": example, "rotated": "a second and longer one\r\n",
		"people.yaml": "jane.doe:\n  email: j@example.com\n  mobile: +49 170 1234567\n  groups: [a, b]\n\"carol@example.com\":\n",
	}
	s, faults := Load("c.yaml", world(files))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	got := s.Redacted()
	want := map[string]string{
		"listen.authentication": "127.0.0.1:1812, [::1]:1812", "listen.accounting": "", "listen.admin": "[::1]:9999",
		"max_attempts": "5", "reject_delay": "0s", "status_server": "false", "clients[0].status_server": "false",
		"clients[0].name": "openvpn-as", "clients[0].networks": "127.0.0.1/32, ::1/128, 198.51.100.0/24, 203.0.113.7/32",
		"clients[0].secrets": "[redacted], [redacted]", "clients[0].message_authenticator": "required",
		"clients[0].insecure_omit_message_authenticator": "true", "clients[0].profile": "openvpn-as", "clients[0].answer_within": "55s",
		"clients[0].calling_station_from": "Tunnel-Client-Endpoint", "clients[0].on_push_timeout": "silence",
		"clients[0].join_without_calling_station": "true", "clients[0].disconnect_port": "3799", "clients[0].session_end": "disconnect",
		"ivalt.url": "http://[::1]:9/base", "ivalt.api_key": "[redacted]", "ivalt.ca_file": "roots.pem", "ivalt.approval_timeout": "52s",
		"ivalt.dialect": "laravel", "ivalt.endpoint": "plain", "ivalt.pending": "404, 422", "ivalt.system_roots": "false",
		"ivalt.pins": "sha256/AAAA, sha256/BBBB", "ivalt.proxy": "[redacted]", "ivalt.signing_secret": "[redacted]",
		"ivalt.send_client_address": "true",
		"ivalt.result":              "consumed", "ivalt.late_credit": "20s", "ivalt.insecure_late_credit": "10s",
		"ivalt.sentinel": "auto", "ivalt.on_collision": "keep_first", "ivalt.allow_missing_details": "true",
		"ivalt.limits.per_second": "0", "ivalt.limits.per_minute": "7", "ivalt.limits.per_hour": "8", "ivalt.connections": "3",
		"ivalt.request_from": "{user}", "users.email": "{username}@example.com", "users.file": "people.yaml", "users.file people": "2",
		"policy.timezone": "Europe/Berlin", "policy.default": "deny",
		"policy.rules[0].name": "one", "policy.rules[0].match.users": "svc-*", "policy.rules[0].match.groups": "a, B",
		"policy.rules[0].match.clients": "openvpn-as", "policy.rules[0].match.networks": "10.0.0.0/8",
		"policy.rules[0].only.networks": "2001:db8::/32", "policy.rules[0].only.hours[0].days": "mon",
		"policy.rules[0].only.hours[0].from": "08:00", "policy.rules[0].only.hours[0].to": "24:00",
		"policy.rules[0].only.hours[0].timezone": "UTC", "policy.rules[0].only.hours[0].except": "2026-12-25, 2027-01-01",
		"policy.rules[0].decision": "exempt", "policy.rules[0].reply.Zeta": "01000", "policy.rules[0].reply.Alpha": "0x0A, yes, 1e3, ~",
		"policy.rules[0].reply.Vendor-Specific.9.1": "[redacted]",
		"policy.rules[1].name":                      "two", "policy.rules[1].match.users": "", "policy.rules[1].match.groups": "", "policy.rules[1].match.clients": "",
		"policy.rules[1].match.networks": "", "policy.rules[1].only.networks": "", "policy.rules[1].decision": "require_push",
		"policy.rules[1].only.hours[0].days": "", "policy.rules[1].only.hours[0].from": "22:00", "policy.rules[1].only.hours[0].to": "06:00",
		"policy.rules[1].only.hours[0].timezone": "", "policy.rules[1].only.hours[0].except": "",
		"policy.rules[1].only.hours[1].days": "", "policy.rules[1].only.hours[1].from": "12:00", "policy.rules[1].only.hours[1].to": "13:00",
		"policy.rules[1].only.hours[1].timezone": "", "policy.rules[1].only.hours[1].except": "",
		"audit.file": "a.jsonl", "audit.retention": "24h", "secrets.key_file": "/etc/seal.key",
		"secrets.passphrase": "[redacted]", "audit.archive": "/srv/archive", "audit.segment_size": "1048576", "audit.checkpoint": "10s",
		"audit.ship[0].name": "siem", "audit.ship[0].to": "tls://192.0.2.9:6514", "audit.ship[0].format": "ecs", "audit.ship[0].types": "security_event",
		"audit.ship[0].mask": "true", "audit.ship[0].ca_file": "siem.pem", "audit.ship[0].spool": "1073741824",
	}
	maps.Copy(want, everyFactorKey())
	maps.Copy(want, everyGuardKey())
	maps.Copy(want, everyClusterKey())
	maps.Copy(want, everyAdminKey())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	reply := []Attribute{{"Zeta", []string{"01000"}}, {"Alpha", []string{"0x0A", "yes", "1e3", "~"}}, {"Vendor-Specific.9.1", []string{"0x66"}}}
	if diff := cmp.Diff(reply, s.Policy.Rules[0].Reply); diff != "" {
		t.Errorf("the reply lost its order or its texts (-want +got):\n%s", diff)
	}
	everyKeyTyped(t, s)
}

// everyKeyTyped checks what the rendering does not show.
func everyKeyTyped(t *testing.T, s *Settings) {
	t.Helper()
	if s.Clients[0].Secrets[1].Reveal() != "a second and longer one" {
		t.Error("the secret's line break was kept")
	}
	jane := s.Users.People[0]
	if jane.Name != "jane.doe" || jane.Email.Reveal() != "j@example.com" || jane.Mobile[0].Reveal() != "+49 170 1234567" ||
		!cmp.Equal(jane.Groups, []string{"a", "b"}) || s.Users.People[1].Name != "carol@example.com" {
		t.Errorf("people: %v", s.Users.People)
	}
	if s.Policy.Rules[1].Match.Users != nil || s.Policy.Rules[1].Only.Networks != nil || s.Policy.Rules[1].Reply != nil {
		t.Error("a list that is not written is not nil")
	}
	if s.RejectDelay != 0 || s.IVALT.ApprovalTimeout != 52*time.Second || s.Listen.Admin != netip.MustParseAddrPort("[::1]:9999") ||
		s.Listen.Authentication[1] != netip.MustParseAddrPort("[::1]:1812") {
		t.Errorf("typed values: %+v", s)
	}
}

func TestGiven(t *testing.T) {
	s := mustLoad(t, sound, "IVALT_RADIUS_CLIENTS__0__CALLING_STATION_FROM__0=X")
	for key, want := range map[string]bool{
		"clients[0].name": true, "clients[0].on_push_timeout": false, "clients[0].calling_station_from": true, "ivalt.url": false,
	} {
		if s.Given(key) != want {
			t.Errorf("Given(%s) is not %v", key, want)
		}
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ title, path, words string }{
		{"missing", filepath.Join(dir, "missing"), "no such file"},
		{"directory", dir, "directory"},
	} {
		s, faults := Load(c.path, Options{})
		if s != nil || len(faults) != 1 || faults[0].File != c.path || !strings.Contains(faults[0].Message, c.words) {
			t.Errorf("%s: %v, %v", c.title, s, faults)
		}
	}
	big := world(map[string]string{"c.yaml": sound + "#" + strings.Repeat("x", maxFile)})
	if _, faults := Load("c.yaml", big); !strings.Contains(fmt.Sprint(faults), "larger than") {
		t.Errorf("too large: %v", faults)
	}
	if _, faults := Load("c", Options{Open: func(string) (fs.File, error) { return brokenFile{}, nil }}); !strings.Contains(fmt.Sprint(faults), "torn") {
		t.Errorf("torn: %v", faults)
	}
	if _, faults := Load("c", Options{Open: func(string) (fs.File, error) { return nil, errors.New("no luck") }}); !strings.Contains(fmt.Sprint(faults), "no luck") {
		t.Errorf("no luck: %v", faults)
	}
}

// brokenFile is there, but cannot be looked at.
type brokenFile struct{ fs.File }

func (brokenFile) Stat() (fs.FileInfo, error) { return nil, errors.New("torn") }
func (brokenFile) Close() error               { return nil }

func TestInspectShowsWhatCouldBeRead(t *testing.T) {
	text := strings.Replace(sound, "192.0.2.0/24", "nonsense", 1) + "max_attempts: 7\n"
	opt := world(map[string]string{"c.yaml": text})
	if s, faults := Load("c.yaml", opt); s != nil || len(faults.Fatal()) != 1 {
		t.Errorf("Load gave settings with faults: %v", faults)
	}
	s, faults := Inspect("c.yaml", opt)
	if s == nil || s.MaxAttempts != 7 || s.Clients[0].Networks != nil || len(faults.Fatal()) != 1 {
		t.Errorf("%+v, %v", s, faults)
	}
}

// TestLoadWithoutSecrets needs no secret and no person, and everything else as Load does.
func TestLoadWithoutSecrets(t *testing.T) {
	const unread = "clients: [{name: vpn, networks: [192.0.2.1], secrets: [\"file:none\"]}]\nivalt: {api_key: \"file:none\"}\nusers: {file: none}\n"
	for more, sound := range map[string]bool{"": true, "colour: blue\n": false, "stat: {directory: x}\n": false, "max_attempts: 0\n": false} {
		opt := world(map[string]string{"c.yaml": unread + more})
		if s, faults := LoadWithoutSecrets("c.yaml", opt); (s != nil) != sound || sound && (s.Clients[0].Name != "vpn" || len(faults.Fatal()) > 0) {
			t.Errorf("%q: %v, %v", more, s, faults)
		}
		if s, _ := Load("c.yaml", opt); s != nil {
			t.Errorf("%q: Load takes it", more)
		}
	}
	if s, faults := LoadWithoutSecrets("missing.yaml", world(nil)); s != nil || len(faults.Fatal()) != 1 {
		t.Errorf("%v, %v", s, faults)
	}
}

func TestRealFiles(t *testing.T) {
	dir := t.TempDir()
	path, key := filepath.Join(dir, "c.yaml"), filepath.Join(dir, "key")
	text := "clients: [{name: a, networks: [192.0.2.1], secrets: [b7Rk2vXw9LqZ4tNc]}]\nivalt: {api_key: \"file:" + key + "\"}\n"
	for name, content := range map[string]string{path: text, key: apiKey + "\n"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, faults := Load(path, Options{})
	if s == nil {
		t.Fatal(faults)
	}
	for _, want := range []fault.Fault{
		{Warning: true, Message: "chmod 600 " + path},
		{Key: "ivalt.api_key", Line: 2, Warning: true, Message: "chmod 600 " + key},
		{Key: "clients[0].secrets[0]", Line: 1, Warning: true, Message: "stands in the file"},
	} {
		if !has(faults, want) {
			t.Errorf("no warning %v in\n%v", want, faults)
		}
	}
	for _, name := range []string{path, key} {
		if err := os.Chmod(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, faults := Load(path, Options{}); strings.Contains(fmt.Sprint(faults), "chmod") {
		t.Errorf("still: %v", faults)
	}
}
