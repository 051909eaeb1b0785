package blackbox_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
	"ivalt-radius/test/blackbox"
)

// More canaries: what first factors are made of.
const (
	canaryBind     = "canary-bind-password-81d0"
	canaryUpstream = "canary-upstream-secret-77ba"
	canaryTunnel   = "canary-tunnel-passphrase-c2"
	canaryOther    = "4917012399882"
)

// TestNothingOfPeopleInAnyOutput sends canaries through first factors, directories, challenges, remembered logins, fail modes and a
// changed users.file, at debug level, and searches all that the program says and keeps.
func TestNothingOfPeopleInAnyOutput(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	key := filepath.Join(site.Dir, "seal.key")
	hash := blackbox.Pipe(t, canaryPassword+"\n", "hash-password")
	ntHash := blackbox.Pipe(t, canaryPassword+"\n", "hash-password", "--nt")
	sealed := blackbox.Pipe(t, ntHash+"\n", "seal", "--key", key)
	person := func(user string) string {
		return fmt.Sprintf("%s: {email: %s%s, mobile: [\"+%s\", \"+%s\"], password: %q, nt_hash: %q, groups: [staff], reply: {Tunnel-Password: \"1:%s\"}}\n",
			user, user, canaryEmail, canaryMobile, canaryOther, hash, sealed, canaryTunnel)
	}
	site.List(t, person("mary"))
	site.Settings.Clients = fmt.Sprintf(`
  - {name: gateway, networks: [127.0.0.21/32], secrets: [%[1]s], answer_within: 15s, insecure_methods: [mschapv2]}
  - {name: asking, networks: [127.0.0.22/32], secrets: [%[1]s], answer_within: 15s, challenge: approve}`, canarySecret)
	site.Settings.Policy = fmt.Sprintf(`
  default: require_push
  rules:
    - {name: upstream, match: {users: ["up-*"]}, primary: radius}
    - {name: all, match: {users: ["mary"]}, remember: {for: 8h}, fail: {mode: insecure_allow, until: %s, reason: rehearsal}}`,
		time.Now().Add(time.Hour).Format(time.RFC3339))
	site.Settings.More = fmt.Sprintf("secrets: {key_file: %s}\nprimary: {method: file, radius: {servers: [{address: %q, secret: %s}], timeout: 500ms, tries: 1}}",
		key, deadPort(t, "udp"), canaryUpstream)
	site.Start(t, "--log-level", "debug")
	for _, mobile := range []string{canaryMobile, canaryOther} {
		site.Cloud.Set(ivalttest.Person{Mobile: "+" + mobile, Behaviour: ivalttest.Approve, After: time.Second})
	}

	walk(t, site)
	site.List(t, person("mary")+fmt.Sprintf("nora: {email: %s, password: %q, nt_hash: %s}\n", canaryEmail, canaryPassword, ntHash))
	site.Server.AwaitLines(t, "reload refused", 1)
	canaries := map[string]string{
		"argon2id hash": hash, "its salt and key": hash[strings.LastIndex(hash, ",p="):], "NT hash": ntHash, "sealed NT hash": sealed[:40],
		"upstream secret": canaryUpstream, "other mobile": canaryOther[3:], "tunnel passphrase": canaryTunnel,
	}
	silent(t, site, canaries, "mary")
}

// walk plays logins of mary by every factor, way and end.
func walk(t *testing.T, site *blackbox.Site) {
	t.Helper()
	login := func(from, user, typed, state string) blackbox.Reply {
		return blackbox.NewNAS(t, from, site.Authentication(), canarySecret).Login(t, blackbox.Login{
			User: user, Password: typed, CallingStation: station, State: state,
		})
	}
	rejected(t, login(blackbox.Source, "mary", canaryPassword+".", ""), "Access denied.")
	rejected(t, login(blackbox.Source, "nobody", canaryPassword, ""), "Access denied.")
	rejected(t, login(blackbox.Source, "up-mary", canaryPassword, ""), "Try again later.")
	accepted(t, login(blackbox.Source, "mary", canaryPassword, "")) // the default phone
	accepted(t, login(blackbox.Source, "mary"+canaryEmail, canaryPassword, ""))
	which := login(blackbox.Second, "mary", canaryPassword, "")
	press := login(blackbox.Second, "mary", "2", which.State)
	if which.Code != blackbox.AccessChallenge || press.Code != blackbox.AccessChallenge {
		t.Errorf("codes %d and %d, want challenges", which.Code, press.Code)
	}
	rejected(t, login(blackbox.Second, "mary", canaryPassword, "no such state"), "Access denied.")
	accepted(t, login(blackbox.Second, "mary", canaryPassword, press.State)) // typed at "press Enter"
	for _, typed := range []string{canaryPassword, canaryPassword + "."} {
		nas := radiustest.NAS{Server: site.Authentication(), Secret: secret.New(canarySecret), LocalAddr: blackbox.Source, Retry: radiustest.Retry{Interval: blackbox.Patience}}
		if _, err := nas.Login(t.Context(), radiustest.Credentials{User: "mary", Password: secret.New(typed), CallingStation: "203.0.113.9", Method: radiustest.MSCHAPv2}); err != nil {
			t.Error(err)
		}
	}
	site.StopCloud()
	accepted(t, login(blackbox.Source, "mary", canaryPassword, ""))
	if n := len(site.Attempts(t, "mary")); n < 7 {
		t.Errorf("only %d attempts of mary's in the trail: the paths were not walked", n)
	}
}

// silent ends the server and searches its log, its trail, its state and what the commands say of the settings and the user.
func silent(t *testing.T, site *blackbox.Site, canaries map[string]string, user string) {
	t.Helper()
	site.Server.Signal(os.Interrupt)
	if code := site.Server.Exit(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	outputs := map[string]string{"log": site.Server.Output(), "trail": string(bytes.Join(site.TrailLines(t), []byte("\n")))}
	for _, args := range append(readings(site),
		[]string{"check", "--config", site.Config()},
		[]string{"explain", "--config", site.Config(), "--user", user, "--client", "gateway"},
		[]string{"clients", "list", "--config", site.Config()},
	) {
		outputs[strings.Join(args, " ")], _ = blackbox.Run(t, args...)
	}
	stateFiles(t, site, outputs)
	for name, output := range outputs {
		output = strings.ReplaceAll(output, user+canaryEmail, "") // a login's name, which log and trail show
		noCanary(t, name, output)
		for what, canary := range canaries {
			if strings.Contains(output, canary) {
				t.Errorf("%s: the %s stands there", name, what)
			}
		}
	}
}

// TestNothingOfADirectoryInAnyOutput: the same with a directory that cannot be asked.
func TestNothingOfADirectoryInAnyOutput(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Clients = "\n  - {name: gateway, networks: [127.0.0.0/8], secrets: [" + canarySecret + "], answer_within: 15s}"
	site.Settings.More = fmt.Sprintf(`primary:
  method: ldap
  ldap: {urls: ["ldaps://%s"], bind_dn: "cn=search,dc=example,dc=com", bind_password: %s, base: "dc=example,dc=com", timeout: 1s}`, deadPort(t, "tcp"), canaryBind)
	site.Start(t, "--log-level", "debug")
	nas := blackbox.NewNAS(t, blackbox.Source, site.Authentication(), canarySecret)
	rejected(t, nas.Login(t, blackbox.Login{User: "mary", Password: canaryPassword, CallingStation: station}), "Try again later.")
	if end := site.AwaitAttempts(t, "mary", 1)[0]; end.Text("reason") != "unavailable" || factors(end) != "[]" {
		t.Errorf("the trail says %s, %s", end.Text("reason"), factors(end))
	}
	if n := site.Cloud.Counters().Requests; n != 0 {
		t.Errorf("%d calls of iVALT behind no first factor", n)
	}
	silent(t, site, map[string]string{"bind password": canaryBind}, "mary")
}

// deadPort is a loopback port on which nobody listens any more.
func deadPort(t *testing.T, network string) string {
	t.Helper()
	if network == "udp" {
		conn, err := new(net.ListenConfig).ListenPacket(t.Context(), network, "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		return conn.LocalAddr().String()
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), network, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
