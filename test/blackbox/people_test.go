package blackbox_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
	"ivalt-radius/test/blackbox"
)

// sealedHash is the NT hash of the tests' password, as an operator makes and seals it.
func sealedHash(t *testing.T, key string) string {
	t.Helper()
	return blackbox.Pipe(t, blackbox.Pipe(t, password+"\n", "hash-password", "--nt")+"\n", "seal", "--key", key)
}

// TestMSCHAPv2: off by default; where it is on, the server proves itself and the keys are the login's.
func TestMSCHAPv2(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.Clients = fmt.Sprintf(`
  - {name: gateway, networks: [%s/32], secrets: [%q], answer_within: 30s, insecure_methods: [mschapv2]}
  - {name: cautious, networks: [%s/32], secrets: [%q], answer_within: 30s}`, blackbox.Source, blackbox.Secret, blackbox.Second, blackbox.Secret)
	key := filepath.Join(site.Dir, "seal.key")
	site.Settings.More = byFile + "\nsecrets: {key_file: " + key + "}"
	hash := sealedHash(t, key)
	site.List(t, fmt.Sprintf("alice: {nt_hash: %q}\nbob: {nt_hash: %q}\n", hash, hash)+listed("hashless"))
	site.Start(t)
	for i, c := range []struct{ name, user, from, password, reason string }{
		{"right", "alice", blackbox.Source, password, "approved"},
		{"with a domain", `CORP\Alice`, blackbox.Source, password, "approved"},
		{"wrong", "bob", blackbox.Source, "guess", "bad_password"},
		{"unknown", "nobody", blackbox.Source, password, "bad_password"},
		{"no NT hash", "hashless", blackbox.Source, password, "bad_password"},
		{"not allowed", "bob", blackbox.Second, password, "misconfigured"},
	} {
		site.Enrol("alice", ivalttest.Approve, time.Second)
		site.Enrol("bob", ivalttest.Approve, time.Second)
		before := site.Cloud.Counters().Pushes
		nas := radiustest.NAS{Server: site.Authentication(), Secret: secret.New(blackbox.Secret), LocalAddr: c.from, Retry: radiustest.Retry{Interval: blackbox.Patience}}
		result, err := nas.Login(t.Context(), radiustest.Credentials{
			User: c.user, Password: secret.New(c.password), CallingStation: station, Method: radiustest.MSCHAPv2,
		})
		if err != nil {
			t.Fatal(err)
		}
		names := ""
		for _, a := range result.Attributes {
			names += a.Name + " "
		}
		if c.reason == "approved" {
			if result.Code != radiustest.AccessAccept || result.Unproved != nil || !strings.Contains(names, "MS-MPPE-Send-Key") || !strings.Contains(names, "MS-MPPE-Recv-Key") {
				t.Errorf("%s: %s, %v, with %s", c.name, result.Code, result.Unproved, names)
			}
			continue
		}
		end := site.Server.AwaitLines(t, "attempt concluded", i+1)[i]
		if result.Code != radiustest.AccessReject || strings.Contains(names, "MS-MPPE") || strings.Contains(names, "Success") || end.Text("reason") != c.reason {
			t.Errorf("%s: %s with %s; the log says %s", c.name, result.Code, names, end.Text("reason"))
		}
		if n := site.Cloud.Counters().Pushes - before; n != 0 {
			t.Errorf("%s: %d pushes", c.name, n)
		}
	}

	site.Enrol("alice", ivalttest.Approve, time.Second)
	output, code := blackbox.Run(t, "login", "--server", site.Authentication(), "--secret", blackbox.Secret, "--from", blackbox.Source,
		"--user", "alice", "--password", password, "--calling-station", station, "--method", "mschapv2", "--timeout", "40s", "--json")
	if code != 0 || !strings.Contains(output, `"mschapv2":""`) || !strings.Contains(output, "MS-CHAP2-Success") {
		t.Errorf("exit code %d:\n%s", code, output)
	}
}

// TestPeopleChangeOnDisk: a changed users.file counts without a signal, all of it; a faulty one changes nothing.
func TestPeopleChangeOnDisk(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Settings.More = byFile
	site.Settings.Policy = " {default: deny, rules: [{name: machines, match: {groups: [machines]}, decision: exempt}]}"
	member := func(user, group string) string {
		return fmt.Sprintf("%s: {groups: [%s], password: %q}\n", user, group, blackbox.Hashed)
	}
	site.List(t, member("svc-a", "machines")+member("svc-b", "others"))
	site.Start(t)
	login := func(user string) blackbox.Reply {
		return site.NAS(t).Login(t, blackbox.Login{User: user, Password: password, CallingStation: station})
	}
	accepted(t, login("svc-a"))
	rejected(t, login("svc-b"), "Access denied.")

	site.List(t, member("svc-b", "machines"))
	site.Server.AwaitLines(t, "reloaded", 1)
	rejected(t, login("svc-a"), "Access denied.")
	accepted(t, login("svc-b"))

	site.List(t, member("svc-a", "machines")+"svc-b: {groups: [machines], password: plain-text-4711}\n")
	site.Server.AwaitLines(t, "reload refused", 1)
	rejected(t, login("svc-a"), "Access denied.")
	accepted(t, login("svc-b"))
	said := site.Server.Output()
	if !strings.Contains(said, "svc-b") || !strings.Contains(said, "password") || strings.Contains(said, "4711") {
		t.Errorf("the log does not name the entry, or shows its password")
	}
	if n := len(site.Server.Lines("reload refused")); n != 1 {
		t.Errorf("refused %d times for one change", n)
	}
}
