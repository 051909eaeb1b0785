//go:build interop

package interop_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
	"ivalt-radius/test/blackbox"
)

// factorSite is an installation whose first factor is another server's, with a gateway that gives up after answerWithin.
type factorSite struct {
	*blackbox.Site

	mobile string // alice's
	logins int
}

const answerWithin = 20 * time.Second

func newFactorSite(t *testing.T, primary, policy, mobile string) *factorSite {
	t.Helper()
	site := &factorSite{Site: blackbox.NewSite(t), mobile: mobile}
	methods := ""
	if strings.Contains(primary, "method: radius") {
		methods = ", insecure_methods: [chap, mschapv2]"
	}
	site.Settings.Clients = fmt.Sprintf(`
  - {name: gateway, networks: [127.0.0.0/8], secrets: [%q], answer_within: %s%s}`, blackbox.Secret, answerWithin, methods)
	// Each login comes from another place, more often than any person would ask for a push.
	site.Settings.More, site.Settings.Policy = primary+"\nguard: {pushes: {per_user: 0}, attempts: {per_user: 0}, wrong_passwords: {per_user: 0}}\n", policy
	site.Start(t)
	site.Cloud.Set(ivalttest.Person{Email: blackbox.Email("alice"), Mobile: mobile, Behaviour: ivalttest.Approve, After: time.Second})
	return site
}

// asks logs in from a gateway of the process, each time from another calling station, so that no login is a copy of the one before.
func (s *factorSite) asks(t *testing.T, user, typed string, method radiustest.Method) radiustest.Result {
	t.Helper()
	nas := radiustest.NAS{Server: s.Authentication(), Secret: secret.New(blackbox.Secret), Retry: radiustest.Retry{Interval: blackbox.Patience}}
	s.logins++
	result, err := nas.Login(t.Context(), radiustest.Credentials{
		User: user, Password: secret.New(typed), CallingStation: fmt.Sprintf("198.51.100.%d", s.logins), Method: method,
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// comesIn fails the test unless the person is let in by first factor and phone. It gives the reply.
func (s *factorSite) comesIn(t *testing.T, user string, method radiustest.Method) radiustest.Result {
	t.Helper()
	before := s.Cloud.Pushes(s.mobile)
	result := s.asks(t, user, password, method)
	if result.Code != radiustest.AccessAccept || result.Unproved != nil {
		t.Errorf("%s by %s: %s, %v", user, method, result.Code, result.Unproved)
	}
	if n := s.Cloud.Pushes(s.mobile) - before; n != 1 {
		t.Errorf("%s by %s: %d pushes, want 1", user, method, n)
	}
	return result
}

// staysOut fails the test unless the login is rejected for the reason, while the gateway waits, and no phone rings.
func (s *factorSite) staysOut(t *testing.T, user, typed string, method radiustest.Method, reason string) {
	t.Helper()
	before := s.Cloud.Counters().Requests
	result := s.asks(t, user, typed, method)
	if result.Code != radiustest.AccessReject {
		t.Errorf("%s by %s: %s, want an Access-Reject", user, method, result.Code)
	}
	end := s.Server.AwaitLines(t, "attempt concluded", s.logins)[s.logins-1]
	if took, _ := end["duration_ms"].(float64); end.Text("reason") != reason || took >= float64(answerWithin.Milliseconds()) {
		t.Errorf("%s by %s: the log says %s (%s) after %v ms, want %s", user, method, end.Text("reason"), end.Text("detail"), took, reason)
	}
	if n := s.Cloud.Counters().Requests - before; n != 0 {
		t.Errorf("%s by %s: %d calls of iVALT", user, method, n)
	}
}

// server is one that can be ended, halted and started again.
type server struct {
	end, start func(t *testing.T)
	signal     func(t *testing.T, s syscall.Signal)
}

// troubles takes the server of alice's first factor away, in every way, and gives it back.
func (s *factorSite) troubles(t *testing.T, of server) {
	t.Helper()
	of.signal(t, syscall.SIGSTOP)
	s.staysOut(t, "alice", password, radiustest.PAP, "unavailable")
	of.signal(t, syscall.SIGCONT)
	s.comesIn(t, "alice", radiustest.PAP)
	of.end(t)
	s.staysOut(t, "alice", password, radiustest.PAP, "unavailable")
	of.start(t)
	s.comesIn(t, "alice", radiustest.PAP)
}

// TestDirectoryFirst: the whole way with a directory: its password, its groups in a rule, its phone.
func TestDirectoryFirst(t *testing.T) {
	t.Parallel()
	certs := certificates(t)
	directory := newSlapd(t, certs)
	const mobile = "+491701234567" // the tree's
	site := newFactorSite(t, fmt.Sprintf(`primary:
  method: ldap
  ldap:
    urls: [%q]
    ca_file: %q
    system_roots: false
    bind_dn: %q
    bind_password: "%s"
    base: %q
    schema: active_directory
    timeout: 2s`, directory.ldaps(), filepath.Join(certs, "ca.pem"), searchDN, searchSecret, directoryBase), `
  default: deny
  rules: [{name: company, match: {groups: [company]}, reply: {Filter-Id: "{group}"}}]`, mobile)
	for _, user := range []string{"alice", "alice@corp.example"} {
		reply := site.comesIn(t, user, radiustest.PAP)
		if got := fmt.Sprint(reply.Attributes); !strings.Contains(got, "{Filter-Id Company}") {
			t.Errorf("%s: the reply has %s", user, got)
		}
	}
	site.staysOut(t, "alice", password+".", radiustest.PAP, "bad_password")
	site.staysOut(t, "alice", "", radiustest.PAP, "bad_password")
	site.staysOut(t, "bob", password, radiustest.PAP, "policy_denied") // in no group that the rule names
	site.staysOut(t, "nobody", password, radiustest.PAP, "policy_denied")
	site.troubles(t, server{directory.stop, directory.start, directory.signal})
}

// TestUpstreamFirst: the whole way with a RADIUS server, for each method, with one of its attributes passed on.
func TestUpstreamFirst(t *testing.T) {
	t.Parallel()
	upstream := newFreeRADIUS(t, "staff", signedAnswers)
	site := newFactorSite(t, fmt.Sprintf(`primary:
  method: radius
  radius:
    servers: [{address: %q, secret: %q}]
    timeout: 2s
    tries: 2
    attributes: [Class]`, upstream.address(), upstreamSecret), `
  default: deny
  rules:
    - {name: foreign, match: {users: ["*@*"]}, decision: deny}
    - {name: everybody, reply: {Framed-Pool: ours}}`, ivalttest.DerivedMobile(blackbox.Email("alice")))
	for _, method := range []radiustest.Method{radiustest.PAP, radiustest.CHAP, radiustest.MSCHAPv2} {
		reply := site.comesIn(t, "alice", method)
		got := fmt.Sprint(reply.Attributes)
		if !strings.Contains(got, "{Class ") || !strings.Contains(got, "{Framed-Pool ours}") || strings.Contains(got, "Filter-Id") || strings.Contains(got, "upstream server") {
			t.Errorf("%s: the reply has %s", method, got)
		}
		if (method == radiustest.MSCHAPv2) != strings.Contains(got, "MS-MPPE-Send-Key") {
			t.Errorf("%s: the reply has %s", method, got)
		}
		site.staysOut(t, "alice", password+".", method, "bad_password")
		site.staysOut(t, "nobody", password, method, "bad_password")
	}
	site.troubles(t, server{upstream.kill, upstream.start, upstream.signal})
}
