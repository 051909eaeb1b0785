package ldap

import (
	"cmp"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	ldap "github.com/go-ldap/ldap/v3"

	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// Bounds and defaults of Settings.
const (
	DefaultTimeout     = 5 * time.Second
	ShortestTimeout    = 100 * time.Millisecond
	LongestTimeout     = 30 * time.Second
	DefaultConnections = 8
	MostConnections    = 64
)

// The schemas: what `filter`, `name` and the search for groups default to.
const (
	Generic         = "generic"
	ActiveDirectory = "active_directory"
)

// The places of the login name in a template.
const (
	wholeName = "{user}"     // the canonical name
	localName = "{username}" // its local part
)

// Settings are what `primary.ldap` says.
type Settings struct {
	// URLs are asked in order: ldaps://, or ldap:// with StartTLS; host and port alone.
	URLs []string
	// InsecurePlaintext leaves StartTLS out of ldap://.
	InsecurePlaintext bool
	// CAFile names a PEM file whose certificates are trusted beside the system's; empty adds none.
	CAFile string
	// OwnRoots trusts the certificates of CAFile alone.
	OwnRoots bool

	// BindDN and BindPassword are the search account's; with them UserDN is empty.
	BindDN       string
	BindPassword secret.Secret
	// UserDN makes the name that a person binds with, as a DN or in a form that the server takes in its place; then there is no
	// search account.
	UserDN string

	// Base is where people are searched for; with UserDN it may be empty, and then nothing is known of the person.
	Base string
	// Schema is Generic (also where empty) or ActiveDirectory.
	Schema string
	// Filter finds a person's one entry; empty: the schema's.
	Filter string
	// Name is the attribute that holds the listed login name; empty: the schema's.
	Name string
	// Email is the attribute that holds iVALT's e-mail; empty: none does.
	Email string
	// Mobile are attributes whose values are phones, in order; empty: none are.
	Mobile []string
	Groups Groups

	// Timeout bounds what one question asks of one server, the wait for a connection too; 0 is DefaultTimeout.
	Timeout time.Duration
	// Connections bounds those to one server, of both kinds together; 0 is DefaultConnections.
	Connections int
}

// Groups are what `primary.ldap.groups` says.
type Groups struct {
	// Base is where groups are searched for; empty: Settings.Base.
	Base string
	// Name is the attribute that rules call a group by; `dn`: its DN; empty: cn.
	Name string
	// Nested also counts the groups that hold a person's groups.
	Nested bool
}

// endpoint is one server of Settings.URLs.
type endpoint struct {
	host    string // for the certificate
	address string // host:port
	tls     bool   // from the first octet: ldaps
}

// readable are the defaults filled in; what is wrong goes to faults.
func (s Settings) readable(faults *fault.List) Settings {
	filter, name := "(uid="+localName+")", "uid"
	switch s.Schema {
	case "", Generic:
	case ActiveDirectory:
		filter, name = "(&(objectClass=user)(!(objectClass=computer))(|(sAMAccountName="+localName+")(userPrincipalName="+wholeName+")))", "sAMAccountName"
	default:
		faults.Add("primary.ldap.schema", "must be %s or %s", Generic, ActiveDirectory)
	}
	s.Filter = cmp.Or(s.Filter, filter)
	s.Name = cmp.Or(s.Name, name)
	s.Groups.Base = cmp.Or(s.Groups.Base, s.Base)
	s.Groups.Name = cmp.Or(s.Groups.Name, "cn")
	s.Timeout = cmp.Or(s.Timeout, DefaultTimeout)
	s.Connections = cmp.Or(s.Connections, DefaultConnections)
	if s.Timeout < ShortestTimeout || s.Timeout > LongestTimeout {
		faults.Add("primary.ldap.timeout", "must be between %s and %s", ShortestTimeout, LongestTimeout)
	}
	if s.Connections < 1 || s.Connections > MostConnections {
		faults.Add("primary.ldap.connections", "must be between 1 and %d", MostConnections)
	}
	return s
}

// check judges who binds, and what is searched for.
func (s Settings) check(faults *fault.List) {
	s.checkAccount(faults)
	checkDN("primary.ldap.base", s.Base, faults)
	checkDN("primary.ldap.groups.base", s.Groups.Base, faults)
	if s.UserDN != "" {
		checkUserDN(s.UserDN, faults)
	}
	if s.BindDN != "" && s.Base == "" {
		faults.Add("primary.ldap.base", "is missing: where people are searched for, such as dc=example,dc=com")
	}
	checkFilter(s.Filter, faults)
	checkAttribute("primary.ldap.name", s.Name, faults)
	checkAttribute("primary.ldap.groups.name", s.Groups.Name, faults)
	if s.Email != "" {
		checkAttribute("primary.ldap.email", s.Email, faults)
	}
	for i, mobile := range s.Mobile {
		checkAttribute("primary.ldap.mobile["+strconv.Itoa(i)+"]", mobile, faults)
	}
	if s.Schema == ActiveDirectory && len(s.Mobile) > 0 {
		faults.Warn("primary.ldap.mobile", "in Active Directory people may write their own mobile unless that right was taken away, and whoever has a password could put "+
			"another phone there: name an attribute that administrators alone write, or write [] to have iVALT look the phone up by e-mail")
	}
}

// checkAccount judges who may ask: a search account, or each person for themselves.
func (s Settings) checkAccount(faults *fault.List) {
	switch {
	case s.BindDN == "" && s.UserDN == "" && s.BindPassword.Empty():
		faults.Add("primary.ldap.bind_dn", "is missing: set bind_dn and bind_password of an account that may search, or user_dn, with which each person binds")
	case s.BindDN != "" && s.UserDN != "":
		faults.Add("primary.ldap.user_dn", "and primary.ldap.bind_dn exclude each other: with a search account people are found by primary.ldap.filter")
	case s.BindDN != "" && s.BindPassword.Empty():
		faults.Add("primary.ldap.bind_password", "is missing: without it the search account would be nobody")
	case s.BindDN == "" && !s.BindPassword.Empty():
		faults.Add("primary.ldap.bind_dn", "is missing, but there is a bind_password")
	}
	// Active Directory takes user@domain and DOMAIN\user in a DN's place.
	if strings.Contains(s.BindDN, "=") {
		checkDN("primary.ldap.bind_dn", s.BindDN, faults)
	}
}

func checkDN(key, dn string, faults *fault.List) {
	if _, err := ldap.ParseDN(dn); err != nil {
		faults.Add(key, "is no DN such as ou=people,dc=example,dc=com (RFC 4514)")
	}
}

// checkUserDN judges the template of user_dn.
func checkUserDN(template string, faults *fault.List) {
	const key = "primary.ldap.user_dn"
	if !holdsName(template) {
		faults.Add(key, "must hold %s or %s, or all people would bind as one", localName, wholeName)
		return
	}
	if !strings.Contains(template, "=") {
		return
	}
	checkDN(key, fill(template, "x", "x"), faults)
	if !inValues(template, ",+;", "=") {
		faults.Add(key, "must hold the name behind an equals sign, as in uid=%s,ou=people,dc=example,dc=com", localName)
	}
}

func checkFilter(filter string, faults *fault.List) {
	const key = "primary.ldap.filter"
	if !holdsName(filter) {
		faults.Add(key, "must hold %s or %s, or it would find everybody", localName, wholeName)
		return
	}
	if _, err := ldap.CompileFilter(fill(filter, "x", "x")); err != nil {
		faults.Add(key, "is no filter such as (uid=%s) (RFC 4515)", localName)
		return
	}
	if !inValues(filter, "(", "=") {
		faults.Add(key, "must hold the name behind an equals sign, as in (uid=%s)", localName)
	}
}

// holdsName reports that a template holds the login name.
func holdsName(template string) bool {
	return strings.Contains(template, wholeName) || strings.Contains(template, localName)
}

// inValues reports that each place of the name stands behind `sets` in its item: only there is it escaped as a value. Items begin
// behind one of `begins`.
func inValues(template, begins, sets string) bool {
	for _, place := range []string{wholeName, localName} {
		parts := strings.Split(template, place)
		for i := range parts[:len(parts)-1] {
			before := strings.Join(parts[:i+1], "x")
			if at := strings.LastIndexAny(before, begins); !strings.Contains(before[at+1:], sets) {
				return false
			}
		}
	}
	return true
}

// fill puts names, which are escaped already, into a template. What the one holds is not looked through for the other's place.
func fill(template, user, local string) string {
	return strings.NewReplacer(wholeName, user, localName, local).Replace(template)
}

// attribute is a name or an OID of RFC 4512 section 2.5, without options.
var attribute = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*|[0-9]+(\.[0-9]+)+)$`)

func checkAttribute(key, name string, faults *fault.List) {
	if !attribute.MatchString(name) {
		faults.Add(key, "is no name of an attribute")
	}
}

// endpoints reads the URLs.
func (s Settings) endpoints(faults *fault.List) []endpoint {
	if len(s.URLs) == 0 {
		faults.Add("primary.ldap.urls", "is missing: one or several servers such as ldaps://dc1.example.com")
	}
	found := make([]endpoint, 0, len(s.URLs))
	plain := false
	for i, text := range s.URLs {
		key := "primary.ldap.urls[" + strconv.Itoa(i) + "]"
		u, err := url.Parse(text)
		switch {
		case err != nil || u.Hostname() == "" || u.Opaque != "":
			faults.Add(key, "must be a URL such as ldaps://dc1.example.com")
			continue
		case u.Scheme != "ldaps" && u.Scheme != "ldap":
			faults.Add(key, "must begin with ldaps://, or with ldap:// for StartTLS")
		case u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
			faults.Add(key, "must hold a host and a port alone: the search is set by primary.ldap.base and primary.ldap.filter")
		}
		e := endpoint{host: u.Hostname(), tls: u.Scheme == "ldaps"}
		port := cmp.Or(u.Port(), map[bool]string{true: "636", false: "389"}[e.tls])
		e.address = net.JoinHostPort(e.host, port)
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			faults.Add(key, "must hold a port between 1 and 65535")
		}
		if !e.tls && u.Scheme == "ldap" && s.InsecurePlaintext {
			plain = true
			faults.Warn(key, "passwords travel in the clear: take insecure_plaintext away, and StartTLS protects them")
		}
		found = append(found, e)
	}
	if s.InsecurePlaintext && !plain && len(s.URLs) > 0 {
		faults.Warn("primary.ldap.insecure_plaintext", "changes nothing: no URL begins with ldap://")
	}
	return found
}
