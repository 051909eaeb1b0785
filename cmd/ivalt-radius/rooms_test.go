package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/config"
	"ivalt-radius/directory/password"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/secret"
	"ivalt-radius/state"
)

// TestRoomsGetTheirSettings: what the operator wrote reaches the room that owns it, and what was not written stays unset, so that
// a profile may say it.
func TestRoomsGetTheirSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.file(t, "config.yaml", fmt.Sprintf(`listen: {authentication: ["127.0.0.1:1812", "[::1]:1812"], accounting: []}
max_attempts: 7
reject_delay: 2s
clients:
  - {name: bare, networks: [10.0.0.1], secrets: [%[1]s], profile: openvpn-as}
  - name: full
    networks: [10.0.0.0/24, "2001:db8::/64"]
    secrets: [%[1]s, %[1]s]
    message_authenticator: required
    insecure_omit_message_authenticator: true
    status_server: false
    answer_within: 40s
    calling_station_from: [Tunnel-Client-Endpoint]
    on_push_timeout: silence
    join_without_calling_station: true
ivalt:
  api_key: %[2]s
  approval_timeout: 30s
  sentinel: auto
  result: sticky
  late_credit: 20s
  insecure_late_credit: 10s
  on_collision: keep_first
  allow_missing_details: true
  limits: {per_second: 1, per_minute: 2, per_hour: 3}
  request_from: "{user}"
`, sharedSecret, apiKey))
	_, r, faults := load(s.config(), []string{"IVALT_RADIUS_IVALT__URL=http://127.0.0.1:8099"}, password.NewVerifier())
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	bare, full := r.radius.Clients[0], r.radius.Clients[1]
	if bare.Profile != "openvpn-as" || bare.CallingStationFrom != nil || bare.OnPushTimeout != "" || bare.JoinWithoutCallingStation != nil || bare.AnswerWithin != 0 {
		t.Errorf("%+v", bare)
	}
	if full.JoinWithoutCallingStation == nil || !*full.JoinWithoutCallingStation {
		t.Error("join_without_calling_station is lost")
	}
	for _, c := range []struct{ got, want any }{
		{r.radius.Authentication, []string{"127.0.0.1:1812", "[::1]:1812"}},
		{len(r.radius.Accounting), 0},
		{[]any{r.radius.MaxAttempts, full.Rules.MaxAttempts, r.radius.RejectDelay}, []any{7, 7, 2 * time.Second}},
		{full.Networks, []string{"10.0.0.0/24", "2001:db8::/64"}},
		{[]any{full.Name, len(full.Secrets), full.Secrets[1].Reveal()}, []any{"full", 2, sharedSecret}},
		{[]any{full.MessageAuthenticator, full.OmitMessageAuthenticator, full.AnswerWithin}, []any{"required", true, 40 * time.Second}},
		{[]any{bare.IgnoreStatusServer, full.IgnoreStatusServer}, []any{false, true}},
		{[]any{full.CallingStationFrom[0], full.OnPushTimeout}, []any{"Tunnel-Client-Endpoint", "silence"}},
		{[]any{r.ivalt.API.URL, r.ivalt.API.APIKey.Reveal(), r.ivalt.ApprovalTimeout}, []any{"http://127.0.0.1:8099", apiKey, 30 * time.Second}},
		{[]any{r.ivalt.Sentinel, r.ivalt.Result, r.ivalt.OnCollision, r.ivalt.AllowMissingDetails}, []any{"auto", "sticky", "keep_first", true}},
		{[]any{r.radius.Clients[0].Rules.LateCredit, r.radius.Clients[0].Rules.InsecureLateCredit}, []any{20 * time.Second, 10 * time.Second}},
		{[]any{r.ivalt.Limits, r.ivalt.RequestFrom}, []any{state.Limits{PerSecond: 1, PerMinute: 2, PerHour: 3}, "{user}"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Error(diff)
		}
	}
}

// TestTheWayToIVALT: every key of it reaches the client's settings.
func TestTheWayToIVALT(t *testing.T) {
	got := ivaltSettings(&config.Settings{IVALT: config.IVALT{
		URL: "https://a.example", Dialect: "laravel", Endpoint: "plain", Pending: []string{"404"}, APIKey: secret.New(apiKey),
		SigningSecret: secret.New("s"), CAFile: "ca.pem", Pins: []string{"sha256/x"}, Proxy: secret.New("http://p.example"),
		SendClientAddress: true, Connections: 3,
	}}).API
	want := gateway.Settings{
		URL: "https://a.example", Dialect: gateway.DialectLaravel, Endpoint: gateway.EndpointPlain, Pending: []string{"404"}, APIKey: secret.New(apiKey),
		SigningSecret: secret.New("s"), CAFile: "ca.pem", OwnRoots: true, Pins: []string{"sha256/x"}, Proxy: secret.New("http://p.example"),
		SendClientAddress: true, Connections: 3, Version: version,
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(secret.Secret.Equal)); diff != "" {
		t.Error(diff)
	}
	if ivaltSettings(&config.Settings{IVALT: config.IVALT{SystemRoots: true}}).API.OwnRoots {
		t.Error("the system's roots are left out though they are asked for")
	}
}

// TestPeoplesReplies are encoded, and their faults name the entry.
func TestPeoplesReplies(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.file(t, "users.yaml", "judy: {reply: {Class: [a, b]}, password: x}\nken: {reply: {No-Such: 1}}\n")
	s.more = fmt.Sprintf("users: {file: %q}", filepath.Join(s.dir, "users.yaml"))
	s.write(t)
	code, out := s.command(t, "check")
	for _, said := range []string{`line 1: users.file: "judy".password: is no hash`, `line 2: users.file: "ken".reply.No-Such: `} {
		if code != exit.Fault || strings.Count(out, said) != 1 {
			t.Errorf("exit %d, not once %q in\n%s", code, said, out)
		}
	}
	s.file(t, "users.yaml", "judy: {reply: {Class: [a, b]}}\n")
	_, r, faults := load(s.config(), nil, password.NewVerifier())
	if len(faults.Fatal()) > 0 {
		t.Fatal(faults)
	}
	judy, err := auth.ParseUsername("judy")
	if err != nil {
		t.Fatal(err)
	}
	if person, err := r.sources.Directory.Person(t.Context(), judy); err != nil || len(person.Reply) != 2 || len(person.Reply[0].Wire) == 0 {
		t.Errorf("%v, %v", person.Reply, err)
	}
}

// TestSharedMemoryIsChecked: what its files hold is told with the line, insecure_alone is shouted, and a reload takes no change of it.
func TestSharedMemoryIsChecked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	memory := func(more string) {
		t.Helper()
		s.file(t, "config.yaml", fmt.Sprintf(`clients: [{name: gateway, networks: [127.0.0.0/8], secrets: [%[1]s]}]
ivalt: {url: %[2]q, api_key: %[3]s}
state:
  directory: %[4]q
  redis: {addresses: ["127.0.0.1:6379"], username: u, password: %[1]s, cluster_key: %[3]s%[5]s}
`, sharedSecret, s.url, apiKey, s.state, more))
	}
	memory(`, ca_file: "/nonexistent/ca.pem"`)
	if code, out := s.command(t, "check"); code != exit.Fault || !strings.Contains(out, "state.redis.ca_file: cannot be read") || !strings.Contains(out, "line ") {
		t.Errorf("exit %d: %s", code, out)
	}
	memory(", tls: off, on_failure: insecure_alone")
	if code, out := s.command(t, "check"); code != exit.OK || !strings.Contains(out, "state.redis.on_failure: INSECURE: ") {
		t.Errorf("exit %d: %s", code, out)
	}
	s.write(t)
	r := s.launch(t)
	if ready, _ := r.log.with(`"msg":"ready"`); len(ready) != 1 || strings.Contains(ready[0], `"node"`) {
		t.Errorf("a node that is alone: %q", ready)
	}
	memory(", tls: off")
	if said := r.reload(t); !strings.Contains(said, "reload refused") {
		t.Error(said)
	}
	for _, key := range []string{"state.redis.addresses", "state.redis.cluster_key", "state.redis.username"} {
		if lines, _ := r.log.with(`"key":"` + key + `"`); len(lines) == 0 || !strings.Contains(lines[len(lines)-1], "restart ivalt-radius") {
			t.Errorf("%s: %q", key, lines)
		}
	}
}
