package sources

import (
	"fmt"
	"net/netip"
	"strings"

	"ivalt-radius/auth"
	"ivalt-radius/config"
	"ivalt-radius/directory"
	"ivalt-radius/directory/ldap"
	"ivalt-radius/directory/mschap"
	"ivalt-radius/directory/password"
	"ivalt-radius/directory/upstream"
	"ivalt-radius/fault"
	"ivalt-radius/policy"
	"ivalt-radius/radius/attribute"
)

// Sources are who knows people, and who checks their first factor.
type Sources struct {
	People    *directory.People // users.file; nil where it has faults
	Directory auth.Directory    // users.file, and LDAP beside it
	Primaries map[policy.Factor]auth.Primary
	Waits     bool // one of them asks the network, or the processor for long

	DirectoryWaits bool // the directory does

	ldap     *ldap.Source
	upstream *upstream.Source
}

// mostCached bounds the first factors that `primary.cache` remembers.
const mostCached = 1 << 16

// New makes the sources of the settings. people are the entries of users.file with their replies encoded. The faults have the keys of
// the settings; with a fatal one the Sources are for other checks alone.
func New(s *config.Settings, people []directory.Entry, verifier *password.Verifier) (*Sources, fault.List) {
	out := &Sources{Primaries: map[policy.Factor]auth.Primary{policy.NoFactor: auth.NoPrimary{}}}
	listed, faults := directory.New(s.Users.Email, people)
	out.People, out.Directory = listed, listed
	if listed != nil && s.Users.File != "" {
		out.add(s, policy.FileFactor, listed.Primary(verifier, checkMSCHAP))
		faults = append(faults, passwordless(s, listed)...)
	}
	if len(s.Primary.LDAP.URLs) > 0 {
		source, found := ldap.New(ldapSettings(s.Primary.LDAP))
		faults = append(faults, found...)
		if source != nil {
			out.ldap, out.Waits, out.DirectoryWaits = source, true, listed != nil
			out.add(s, policy.LDAPFactor, source)
			if listed != nil {
				out.Directory = directory.Combine(listed, source)
			}
		}
	}
	if len(s.Primary.RADIUS.Servers) > 0 {
		source, found := upstream.New(upstreamSettings(s.Primary.RADIUS), newDictionary())
		faults = append(append(faults, found...), ourselves(s)...)
		if source != nil {
			out.upstream = source
			out.add(s, policy.RADIUSFactor, source)
		}
	}
	return out, faults
}

// add has a first factor checked, where the settings name it.
func (out *Sources) add(s *config.Settings, f policy.Factor, p auth.Primary) {
	if s.FactorKeys(string(f)) == nil {
		return
	}
	out.Primaries[f], out.Waits = directory.Cached(p, s.Primary.Cache, mostCached), true
}

// Close ends the connections; questions that come later fail.
func (out *Sources) Close() {
	if out != nil && out.ldap != nil {
		out.ldap.Close()
	}
}

// Standing is what is known of servers that are asked about people, from the last time that they were. Nobody is asked for it.
type Standing struct {
	Name        string // LDAP, RADIUS
	Failed, All int    // servers
}

// Standings are those of all sources beyond this host, which may be none.
func (out *Sources) Standings() (all []Standing) {
	if out == nil {
		return nil
	}
	if out.ldap != nil {
		failed, servers := out.ldap.Failed()
		all = append(all, Standing{"LDAP", failed, servers})
	}
	if out.upstream != nil {
		failed, servers := out.upstream.Failed()
		all = append(all, Standing{"RADIUS", failed, servers})
	}
	return all
}

// passwordless warns of a first factor that nobody can show.
func passwordless(s *config.Settings, people *directory.People) (faults fault.List) {
	keys := s.FactorKeys(string(policy.FileFactor))
	if len(keys) > 0 && people.Passwords()+people.NTHashes() == 0 {
		faults.Warn("users.file", "nobody in it has a password, so nobody can log in by %s: file; make hashes with hash-password", keys[0])
	}
	return faults
}

// checkMSCHAP is directory's MS-CHAPv2.
func checkMSCHAP(ntHash mschap.Hash, username string, h auth.Handshake) (auth.MSCHAPSuccess, error) {
	return mschap.Verify(ntHash, mschap.Names(username), h)
}

func ldapSettings(s config.LDAP) ldap.Settings {
	return ldap.Settings{
		URLs: s.URLs, InsecurePlaintext: s.InsecurePlaintext, CAFile: s.CAFile, OwnRoots: !s.SystemRoots,
		BindDN: s.BindDN, BindPassword: s.BindPassword, UserDN: s.UserDN, Base: s.Base, Schema: s.Schema, Filter: s.Filter, Name: s.Name,
		Email: s.Email, Mobile: s.Mobile, Groups: ldap.Groups{Base: s.Groups.Base, Name: s.Groups.Name, Nested: s.Groups.Nested},
		Timeout: s.Timeout, Connections: s.Connections,
	}
}

func upstreamSettings(s config.Upstream) upstream.Settings {
	out := upstream.Settings{Timeout: s.Timeout, Tries: s.Tries, Attributes: s.Attributes}
	for _, server := range s.Servers {
		out.Servers = append(out.Servers, upstream.Server{Address: server.Address, Secret: server.Secret})
	}
	return out
}

// Directories are the LDAP servers of the settings, each as a source of its own, for whoever looks at one after the other; nil where the settings
// have a fault. Each must be closed.
func Directories(s config.LDAP) []*ldap.Source {
	var out []*ldap.Source
	for _, u := range s.URLs {
		one := s
		one.URLs = []string{u}
		source, _ := ldap.New(ldapSettings(one))
		if source == nil {
			return nil
		}
		out = append(out, source)
	}
	return out
}

// ourselves refuses an upstream server that is this one: each login would ask for another.
func ourselves(s *config.Settings) (faults fault.List) {
	for i, server := range s.Primary.RADIUS.Servers {
		at, err := netip.ParseAddrPort(server.Address)
		for _, ours := range s.Listen.Authentication {
			if err == nil && at.Port() == ours.Port() && (at.Addr() == ours.Addr() || ours.Addr().IsUnspecified() && at.Addr().IsLoopback()) {
				faults.Add(fmt.Sprintf("primary.radius.servers[%d].address", i), "%s is this server itself (listen.authentication): name the one that checks passwords", at)
			}
		}
	}
	return faults
}

// dictionary is radius's, for upstream.
type dictionary map[string]bool // names in lower case

func newDictionary() dictionary {
	d := dictionary{}
	for _, name := range attribute.Names() {
		d[strings.ToLower(name)] = true
	}
	return d
}

// Known implements upstream.Dictionary.
func (d dictionary) Known(name string) bool { return d[strings.ToLower(name)] }

// Describe implements upstream.Dictionary.
func (dictionary) Describe(typ byte, value []byte) []upstream.Named {
	described := attribute.Describe(typ, value)
	out := make([]upstream.Named, len(described))
	for i, a := range described {
		out[i] = upstream.Named{Name: a.Name, Value: a.Value}
	}
	return out
}
