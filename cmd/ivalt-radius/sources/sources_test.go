package sources

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"ivalt-radius/auth"
	"ivalt-radius/config"
	"ivalt-radius/directory"
	"ivalt-radius/directory/password"
	"ivalt-radius/fault"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

const (
	ldapKeys = "ldap: {urls: [\"ldaps://192.0.2.9\"], bind_dn: \"cn=a,dc=b\", bind_password: \"env:SHARED\", base: \"dc=b\"}"
	upKeys   = "radius: {servers: [{address: \"192.0.2.3:1812\", secret: \"env:SHARED\"}], attributes: [Class]}"
)

// made makes the sources of a text behind one client.
func made(t *testing.T, text string, people ...directory.Entry) (*Sources, fault.List) {
	t.Helper()
	files := fstest.MapFS{
		"c.yaml": {Data: []byte("listen: {authentication: [\"127.0.0.1:1812\", \"[::]:1645\"]}\n" +
			"clients: [{name: one, networks: [192.0.2.1], secrets: [\"env:SHARED\"]}]\nivalt: {api_key: \"env:KEY\"}\nusers: {email: \"{username}@example.com\", file: people.yaml}\n" + text), Mode: 0o600},
		"people.yaml": {Data: []byte("{}\n"), Mode: 0o600},
	}
	s, faults := config.Load("c.yaml", config.Options{Environ: []string{"SHARED=b7Rk2vXw9LqZ4tNc", "KEY=Zq3kV8_never-issued_7Hn2Lw5Tb9xYc4Rm"}, Open: files.Open})
	if s == nil {
		t.Fatal(faults)
	}
	out, found := New(s, people, password.NewVerifier())
	t.Cleanup(out.Close)
	return out, found
}

// TestSources: a first factor is there where the settings name it, and whoever is asked apart is known to be.
func TestSources(t *testing.T) {
	for _, c := range []struct {
		name, text      string
		factors         string
		waits, dirWaits bool
	}{
		{"none", "", "none", false, false},
		{"file", "primary: {method: file}", "file none", true, false},
		{"ldap", "primary: {method: ldap, " + ldapKeys + "}", "ldap none", true, true},
		{"ldap as a directory alone", "primary: {method: none, " + ldapKeys + "}", "none", true, true},
		{"radius", "primary: {method: radius, " + upKeys + "}", "none radius", true, false},
		{"one by a rule", "primary: {" + upKeys + "}\npolicy: {rules: [{name: a, primary: radius}, {name: b, primary: file}]}", "file none radius", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, faults := made(t, c.text)
			if len(faults.Fatal()) > 0 {
				t.Fatal(faults)
			}
			var named []string
			for _, f := range []policy.Factor{policy.FileFactor, policy.LDAPFactor, policy.NoFactor, policy.RADIUSFactor} {
				if out.Primaries[f] != nil {
					named = append(named, string(f))
				}
			}
			if got := strings.Join(named, " "); got != c.factors || out.Waits != c.waits || out.DirectoryWaits != c.dirWaits {
				t.Errorf("factors %q, waits %v, the directory %v", got, out.Waits, out.DirectoryWaits)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	server := func(address string) string {
		return "primary: {method: radius, radius: {servers: [{address: \"" + address + "\", secret: \"env:SHARED\"}]}}"
	}
	for _, c := range []struct{ name, text, key string }{
		{"this server as its own upstream", server("127.0.0.1:1812"), "primary.radius.servers[0].address"},
		{"the same behind a wildcard", server("127.0.0.9:1645"), "primary.radius.servers[0].address"},
		{"another port of this machine", server("127.0.0.1:1900"), ""},
		{"another machine", server("192.0.2.3:1812"), ""},
		{"an attribute that nobody knows", "primary: {method: radius, " + strings.Replace(upKeys, "Class", "Classless", 1) + "}", "primary.radius.attributes[0]"},
		{"a filter that is none", "primary: {method: ldap, " + strings.Replace(ldapKeys, "base:", "filter: \"(uid=\", base:", 1) + "}", "primary.ldap.filter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, faults := made(t, c.text)
			switch fatal := faults.Fatal(); {
			case c.key == "" && len(fatal) == 0:
			case len(fatal) != 1 || fatal[0].Key != c.key:
				t.Errorf("faults %v", faults)
			}
		})
	}
}

// TestAFileWithoutPasswords warns where its passwords are to be checked.
func TestAFileWithoutPasswords(t *testing.T) {
	hash := password.Make(secret.New("correct horse")).Text()
	for _, c := range []struct {
		text  string
		hash  secret.Secret
		warns bool
	}{
		{"primary: {method: file}", secret.Secret{}, true}, {"primary: {method: file}", hash, false}, {"", secret.Secret{}, false},
	} {
		_, faults := made(t, c.text, directory.Entry{Name: "bob", Password: c.hash})
		warned := slices.ContainsFunc(faults.Warnings(), func(f fault.Fault) bool { return strings.Contains(f.Message, "hash-password") })
		if warned != c.warns {
			t.Errorf("%q: %v", c.text, faults)
		}
	}
}

// TestTheFileFactorThroughTheSources: a right password, a wrong one, and MS-CHAPv2 without a hash.
func TestTheFileFactorThroughTheSources(t *testing.T) {
	out, _ := made(t, "primary: {method: file}", directory.Entry{Name: "bob", Password: password.Make(secret.New("correct horse")).Text()})
	bob, err := auth.ParseUsername("bob")
	if err != nil {
		t.Fatal(err)
	}
	for typed, right := range map[string]bool{"correct horse": true, "wrong": false} {
		checked, err := out.Primaries[policy.FileFactor].Verify(t.Context(), auth.Subject{User: bob}, &auth.Request{Method: auth.PAP, Password: secret.New(typed)})
		if checked.Password != right || (err == nil) != right {
			t.Errorf("%q: %v, %v", typed, checked.Password, err)
		}
	}
	req := &auth.Request{Method: auth.MSCHAPv2, Username: "bob", Handshake: auth.Handshake{Challenge: make([]byte, 16), Response: make([]byte, 50)}}
	if checked, err := out.Primaries[policy.FileFactor].Verify(t.Context(), auth.Subject{User: bob}, req); checked.Password || err == nil {
		t.Errorf("MS-CHAPv2: %+v, %v", checked, err)
	}
}

// TestDictionary: upstream knows the names that radius knows, whatever their case, and reads values as radius does.
func TestDictionary(t *testing.T) {
	d := newDictionary()
	if !d.Known("class") || !d.Known("Filter-ID") || d.Known("No-Such") {
		t.Error("other names")
	}
	if got := d.Describe(11, []byte("staff")); len(got) != 1 || got[0].Name != "Filter-Id" || got[0].Value != "staff" {
		t.Errorf("%+v", got)
	}
}
