package blackbox_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
)

// The canaries: texts that no output may hold, each by a name for the failure.
const (
	canaryPassword = "canary-password-5f1c"
	canarySecret   = "canary-shared-secret-Kd83nQv1xZ"
	canaryMobile   = "4917012399881"
	canaryEmail    = "canary-mail-3d2e@mail.example"
)

// TestNothingSecretInAnyOutput sends canaries through every path at debug level and searches all that the program says.
func TestNothingSecretInAnyOutput(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	openEveryPath(t, site)
	site.Start(t, "--log-level", "debug")

	everyPath(t, site)
	silent(t, site, nil, "mary")
	if n := bytes.Count(bytes.Join(site.TrailLines(t), nil), []byte(`"authentication_attempt"`)); n < 10 {
		t.Errorf("only %d attempts in the trail: the paths were not walked", n)
	}
}

// readings are the commands that show the trail.
func readings(site *blackbox.Site) (all [][]string) {
	all = append(all, []string{"audit", "verify", "--config", site.Config()})
	for _, form := range []string{"text", "json"} {
		all = append(all, []string{"audit", "tail", "--config", site.Config(), "-n", "10000", "--format", form})
	}
	for _, form := range []string{"json", "ecs", "cef", "csv"} {
		plain := []string{"audit", "export", "--config", site.Config(), "--format", form}
		all = append(all, plain, append(plain[:len(plain):len(plain)], "--mask"))
	}
	return all
}

// TestReadingsShowTheTrail: the commands that are searched for canaries do show something.
func TestReadingsShowTheTrail(t *testing.T) {
	t.Parallel()
	site := blackbox.NewSite(t)
	site.Enrol("alice", ivalttest.Approve, 0)
	site.Start(t)
	site.NAS(t).Login(t, blackbox.Login{User: "alice", Password: canaryPassword, CallingStation: "198.51.100.30"})
	for _, args := range readings(site)[1:] {
		output, code := blackbox.Run(t, args...)
		masked := args[len(args)-1] == "--mask"
		if code != 0 || strings.Contains(output, "alice") == masked || strings.Contains(output, "198.51.100.30") && masked {
			t.Errorf("%v: exit %d, and it says\n%s", args, code, output)
		}
	}
	if n := bytes.Count(bytes.Join(site.TrailLines(t), nil), []byte(`"type":"data_access"`)); n != len(readings(site))-1 {
		t.Errorf("%d readings are recorded", n)
	}
}

// openEveryPath sets the site up so that every path can be walked.
func openEveryPath(t *testing.T, site *blackbox.Site) {
	t.Helper()
	site.List(t, "\"mary\": {email: "+canaryEmail+", mobile: \"+"+canaryMobile+"\"}\n\"nora\": {email: "+canaryEmail+"}\n")
	site.Settings.Clients = "\n  - {name: gateway, networks: [127.0.0.0/8], secrets: [" + canarySecret + "], answer_within: 15s}"
	site.Settings.IVALT = "approval_timeout: 6s"
	site.Settings.Policy = `
  default: require_push
  rules:
    - {name: services, match: {users: ["svc-*"]}, decision: deny}
    - {name: machines, match: {users: ["exempt-*"]}, decision: exempt}
    - {name: elsewhere, match: {users: ["ext-*"]}, only: {networks: ["203.0.113.0/24"]}}`
}

// everyPath plays each kind of login, good and bad.
func everyPath(t *testing.T, site *blackbox.Site) {
	t.Helper()
	site.Cloud.Set(ivalttest.Person{Email: canaryEmail, Mobile: "+" + canaryMobile, Behaviour: ivalttest.Approve})
	for user, does := range map[string]ivalttest.Behaviour{
		"approving": ivalttest.Approve, "denying": ivalttest.Deny, "outside": ivalttest.Geofence, "absent": ivalttest.Ignore, "stranger": ivalttest.Unknown,
	} {
		site.Enrol(user, does, 0)
	}
	broken := ivalttest.DerivedMobile(blackbox.Email("approving"))
	t.Run("logins", func(t *testing.T) {
		for _, user := range []string{
			"mary", "approving", "denying", "outside", "absent", "stranger", "svc-a", "exempt-a", "ext-a",
			"bad\x01name", strings.Repeat("n", 250), "CORP\\mary", canaryEmail + "x",
		} {
			nas := blackbox.NewNAS(t, blackbox.Source, site.Authentication(), canarySecret)
			r := nas.Request(blackbox.Login{User: user, Password: canaryPassword, CallingStation: "198.51.100.30"})
			nas.Send(r)
			t.Run("", func(t *testing.T) {
				t.Parallel()
				nas.Answer(t, r)
			})
		}
	})
	for i, kind := range []ivalttest.FaultKind{ivalttest.HTML200, ivalttest.WrongKey, ivalttest.Redirect, ivalttest.TruncatedJSON} {
		fault := ivalttest.Fault{Kind: kind, Mobile: broken, Requests: 2}
		if err := site.Cloud.Inject(fault); err != nil {
			t.Fatal(err)
		}
		nas := blackbox.NewNAS(t, blackbox.Source, site.Authentication(), canarySecret)
		nas.Login(t, blackbox.Login{User: "approving", Password: canaryPassword, ID: byte(i)})
	}
	oddPackets(t, site)
}

// oddPackets sends what is dropped or refused before policy: a wrong secret, signed and unsigned, an empty password, noise.
func oddPackets(t *testing.T, site *blackbox.Site) {
	t.Helper()
	ours := blackbox.NewNAS(t, blackbox.Second, site.Authentication(), canarySecret)
	for _, r := range []blackbox.Request{
		blackbox.NewRequest(blackbox.Login{User: "mary", Password: canaryPassword, ID: 1}, "another-secret-0123456789"),
		blackbox.NewRequest(blackbox.Login{User: "mary", Password: canaryPassword, ID: 2, Unsigned: true}, "another-secret-0123456789"),
		blackbox.NewRequest(blackbox.Login{User: "mary", Password: canaryPassword, ID: 3, Unsigned: true}, canarySecret),
		{Bytes: []byte(canaryPassword + canarySecret)},
	} {
		ours.Send(r)
	}
	ours.Login(t, blackbox.Login{User: "mary", Password: "", ID: 4})
	ours.Silent(t, ours.Request(blackbox.Login{ID: 99}), 200*time.Millisecond)
}

// stateFiles adds what the server keeps on disk. Names may stand there, credentials may not.
func stateFiles(t *testing.T, site *blackbox.Site, outputs map[string]string) {
	t.Helper()
	state := os.DirFS(site.State())
	err := fs.WalkDir(state, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := fs.ReadFile(state, path)
		outputs["state/"+path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func noCanary(t *testing.T, name, output string) {
	t.Helper()
	for what, canary := range map[string]string{
		"password": canaryPassword, "shared secret": canarySecret, "API key": blackbox.APIKey,
		"mobile": canaryMobile, "mobile's digits": canaryMobile[3:], "e-mail": canaryEmail, "made e-mail": blackbox.Email("approving"),
	} {
		for as, text := range map[string]string{
			"as it is": canary, "in hex": hex.EncodeToString([]byte(canary)), "in base64": base64.StdEncoding.EncodeToString([]byte(canary)),
		} {
			if as != "as it is" && strings.HasPrefix(what, "mobile") {
				continue
			}
			// The login name itself may look like an address; it is another one than users makes.
			if strings.Contains(strings.ReplaceAll(output, canaryEmail+"x", ""), text) {
				t.Errorf("%s: the %s stands there %s", name, what, as)
			}
		}
	}
}
