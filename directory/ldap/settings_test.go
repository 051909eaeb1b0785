package ldap

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/secret"
)

func TestFaults(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	byName := func(template string) func(*Settings) {
		return func(s *Settings) { s.BindDN, s.BindPassword, s.UserDN = "", secret.Secret{}, template }
	}
	filter := func(text string) func(*Settings) { return func(s *Settings) { s.Filter = text } }
	urls := func(urls ...string) func(*Settings) { return func(s *Settings) { s.URLs = urls } }
	cases := []struct {
		name   string
		change func(*Settings)
		key    string // of the one fault
	}{
		{"no url", urls(), "primary.ldap.urls"},
		{"unknown scheme", urls("ldapi:///run/slapd"), "primary.ldap.urls[0]"},
		{"http", urls("ldaps://a", "http://a"), "primary.ldap.urls[1]"},
		{"no URL at all", urls("ldaps://%"), "primary.ldap.urls[0]"},
		{"a path", urls("ldaps://a/dc=example"), "primary.ldap.urls[0]"},
		{"a user", urls("ldaps://a:b@c"), "primary.ldap.urls[0]"},
		{"a port out of range", urls("ldaps://a:70000"), "primary.ldap.urls[0]"},
		{"no password", func(s *Settings) { s.BindPassword = secret.Secret{} }, "primary.ldap.bind_password"},
		{"no account", func(s *Settings) { s.BindDN = "" }, "primary.ldap.bind_dn"},
		{"nobody binds", byName(""), "primary.ldap.bind_dn"},
		{"both bind", func(s *Settings) { s.UserDN = "uid={username},dc=a" }, "primary.ldap.user_dn"},
		{"an account that is no DN", func(s *Settings) { s.BindDN = "cn=a,b" }, "primary.ldap.bind_dn"},
		{"no base", func(s *Settings) { s.Base = "" }, "primary.ldap.base"},
		{"a base that is no DN", func(s *Settings) { s.Base, s.Groups.Base = "example.com", base }, "primary.ldap.base"},
		{"a base of groups that is no DN", func(s *Settings) { s.Groups.Base = "x" }, "primary.ldap.groups.base"},
		{"user_dn without the name", byName("uid=x,dc=a"), "primary.ldap.user_dn"},
		{"user_dn that is no DN", byName("uid={username},dc"), "primary.ldap.user_dn"},
		{"user_dn with the name as attribute", byName("{username}=x,dc=a"), "primary.ldap.user_dn"},
		{"filter without the name", filter("(uid=x)"), "primary.ldap.filter"},
		{"filter that is none", filter("(uid={username}"), "primary.ldap.filter"},
		{"filter with the name as attribute", filter("({username}=x)"), "primary.ldap.filter"},
		{"filter with a second name as attribute", filter("(&(uid={username})({user}=x))"), "primary.ldap.filter"},
		{"unknown schema", func(s *Settings) { s.Schema = "novell" }, "primary.ldap.schema"},
		{"name", func(s *Settings) { s.Name = "u id" }, "primary.ldap.name"},
		{"email", func(s *Settings) { s.Email = "(mail)" }, "primary.ldap.email"},
		{"mobile", func(s *Settings) { s.Mobile = []string{"mobile", "m=1"} }, "primary.ldap.mobile[1]"},
		{"name of groups", func(s *Settings) { s.Groups.Name = "*" }, "primary.ldap.groups.name"},
		{"timeout", func(s *Settings) { s.Timeout = time.Hour }, "primary.ldap.timeout"},
		{"connections", func(s *Settings) { s.Connections = -1 }, "primary.ldap.connections"},
		{"no CA file", func(s *Settings) { s.CAFile = empty + "x" }, "primary.ldap.ca_file"},
		{"empty CA file", func(s *Settings) { s.CAFile = empty }, "primary.ldap.ca_file"},
		{"own roots without any", func(s *Settings) { s.OwnRoots = true }, "primary.ldap.system_roots"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := settings("ldaps://dc1.example.com")
			c.change(&s)
			made, faults := New(s)
			if made != nil || len(faults) != 1 || faults[0].Key != c.key || faults[0].Warning {
				t.Errorf("%v, want one fault of %s", faults, c.key)
			}
			if strings.Contains(faults.Err().Error(), "canary") {
				t.Errorf("a password is in %v", faults)
			}
		})
	}
}

func TestSoundSettings(t *testing.T) {
	cases := []struct {
		name     string
		change   func(*Settings)
		warnings string // keys
	}{
		{"as they are", func(*Settings) {}, ""},
		{"Active Directory", func(s *Settings) { s.Schema, s.BindDN = ActiveDirectory, "search@example.com" }, "primary.ldap.mobile"},
		{"Active Directory, phones by e-mail", func(s *Settings) { s.Schema, s.Mobile = ActiveDirectory, nil }, ""},
		{"StartTLS", func(s *Settings) { s.URLs = []string{"ldap://a", "ldaps://[::1]:1636/"} }, ""},
		{"in the clear", func(s *Settings) { s.URLs, s.InsecurePlaintext = []string{"ldaps://a", "ldap://b"}, true }, "primary.ldap.urls[1]"},
		{"in the clear for nothing", func(s *Settings) { s.InsecurePlaintext = true }, "primary.ldap.insecure_plaintext"},
		{"the name in a DN", func(s *Settings) {
			s.BindDN, s.BindPassword, s.Base, s.UserDN = "", secret.Secret{}, "", "uid={username}+o={user},dc=a"
		}, ""},
		{"the name in place of a DN", func(s *Settings) { s.BindDN, s.BindPassword, s.UserDN = "", secret.Secret{}, `CORP\{username}` }, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := settings("ldaps://dc1.example.com")
			c.change(&s)
			made, faults := New(s)
			if made == nil {
				t.Fatal(faults)
			}
			keys := make([]string, 0, len(faults))
			for _, f := range faults {
				keys = append(keys, f.Key)
			}
			if got := strings.Join(keys, " "); got != c.warnings {
				t.Errorf("warnings %q, want %q", got, c.warnings)
			}
			if got, want := made.SuppliesGroups(), s.BindDN != ""; got != want {
				t.Errorf("supplies groups: %t, want %t", got, want)
			}
		})
	}
}
