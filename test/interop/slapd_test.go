//go:build interop

package interop_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	directoryBase = "dc=example,dc=com"
	searchDN      = "cn=search,dc=example,dc=com"
	searchSecret  = "the-search-account's-own"
)

// slapdConf is a directory that takes no bind and no search without TLS. Its policy locks nobody by failures; the locked account is
// locked by its entry.
const slapdConf = `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
include %[1]s/ad.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile %[1]s/slapd.pid
TLSCACertificateFile %[2]s/ca.pem
TLSCertificateFile %[2]s/server.pem
TLSCertificateKeyFile %[2]s/server.key
security ssf=128
database mdb
suffix "dc=example,dc=com"
directory %[1]s/db
index objectClass,uid,sAMAccountName,userPrincipalName,member,uniqueMember,memberUid eq
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
overlay ppolicy
ppolicy_default "cn=default,ou=policies,dc=example,dc=com"
ppolicy_use_lockout
`

// slapdSchema is what the tree needs of Active Directory's schema, with its names and OIDs.
const slapdSchema = `
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.647 NAME 'otherMobile' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP inetOrgPerson STRUCTURAL MAY ( sAMAccountName $ userPrincipalName $ otherMobile ) )
objectclass ( 1.2.840.113556.1.3.30 NAME 'computer' SUP user STRUCTURAL )
objectclass ( 1.2.840.113556.1.5.8 NAME 'group' SUP top STRUCTURAL MUST cn MAY ( member $ sAMAccountName ) )
`

// slapdTree is the tree but for the people, who all have the password of the tests.
const slapdTree = `
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: cn=search,dc=example,dc=com
objectClass: person
cn: search
sn: search
userPassword: the-search-account's-own

dn: ou=policies,dc=example,dc=com
objectClass: organizationalUnit
ou: policies

dn: cn=default,ou=policies,dc=example,dc=com
objectClass: device
objectClass: pwdPolicy
cn: default
pwdAttribute: userPassword
pwdMaxAge: 31536000
pwdLockout: TRUE
pwdMaxFailure: 100000
pwdMustChange: TRUE

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=com
objectClass: organizationalUnit
ou: groups

dn: cn=VPN Users,ou=groups,dc=example,dc=com
objectClass: group
cn: VPN Users
member: cn=Alice\, A. (VPN),ou=people,dc=example,dc=com

dn: cn=Staff,ou=groups,dc=example,dc=com
objectClass: group
cn: Staff
member: cn=VPN Users,ou=groups,dc=example,dc=com
member: cn=Company,ou=groups,dc=example,dc=com

dn: cn=Company,ou=groups,dc=example,dc=com
objectClass: group
cn: Company
member: cn=Staff,ou=groups,dc=example,dc=com

dn: cn=posix,ou=groups,dc=example,dc=com
objectClass: posixGroup
cn: posix
gidNumber: 100
memberUid: Alice

dn: cn=unique,ou=groups,dc=example,dc=com
objectClass: groupOfUniqueNames
cn: unique
uniqueMember: cn=Staff,ou=groups,dc=example,dc=com

dn: cn=Others,ou=groups,dc=example,dc=com
objectClass: group
cn: Others
member: cn=bob,ou=people,dc=example,dc=com
`

// person is one of the tree.
func person(rdn, login, more string) string {
	return fmt.Sprintf(`
dn: cn=%[1]s,ou=people,dc=example,dc=com
objectClass: user
sn: x
uid: %[2]s
sAMAccountName: %[2]s
userPrincipalName: %[2]s@corp.example
userPassword: %[3]s
%[4]s`, rdn, login, password, more)
}

func people() string {
	return person(`Alice\, A. (VPN)`, "Alice", "mail: alice@example.com\nmobile: +49 170 1234567\notherMobile: 0049 171 7654321\notherMobile: extension 12\n") +
		person("bob", "bob", "") +
		person("locked", "locked", "pwdAccountLockedTime: 000001010000Z\n") +
		person("expired", "expired", "pwdChangedTime: 20000101000000Z\n") +
		person("reset", "reset", "pwdReset: TRUE\n") +
		person("twin", "twin", "") + person("twin 2", "twin", "")
}

// slapd is one directory server in a folder of its own.
type slapd struct {
	conf          string
	plain, secure string // ports
	process       *exec.Cmd
}

// newSlapd makes a directory with the tree and starts it. certs is a folder of certificates().
func newSlapd(t *testing.T, certs string) *slapd {
	t.Helper()
	dir := t.TempDir()
	s := &slapd{conf: filepath.Join(dir, "slapd.conf"), plain: freeTCPPort(t), secure: freeTCPPort(t)}
	tree := filepath.Join(dir, "tree.ldif")
	for file, text := range map[string]string{
		s.conf: fmt.Sprintf(slapdConf, dir, certs), filepath.Join(dir, "ad.schema"): slapdSchema, tree: slapdTree + people(),
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "slapadd", "-f", s.conf, "-l", tree).CombinedOutput(); err != nil {
		t.Fatalf("slapadd: %v\n%s", err, out)
	}
	t.Cleanup(func() { s.stop(t) })
	s.start(t)
	return s
}

// start runs the server until stop, and returns once it listens.
func (s *slapd) start(t *testing.T) {
	t.Helper()
	// The process outlives the test's context until it is waited for.
	s.process = exec.CommandContext(context.WithoutCancel(t.Context()), "slapd", "-d", "0", "-f", s.conf, "-h", "ldap://127.0.0.1:"+s.plain+" ldaps://127.0.0.1:"+s.secure)
	s.process.Stderr = os.Stderr
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	for _, port := range []string{s.plain, s.secure} {
		waitFor(t, "slapd to listen", func() bool {
			c, err := new(net.Dialer).DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
			if err == nil {
				_ = c.Close()
			}
			return err == nil
		})
	}
}

// stop kills the server by its process, as a power cut would.
func (s *slapd) stop(t *testing.T) {
	t.Helper()
	if s.process == nil {
		return
	}
	s.signal(t, syscall.SIGKILL)
	_ = s.process.Wait()
	s.process = nil
}

func (s *slapd) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := s.process.Process.Signal(signal); err != nil {
		t.Error(err)
	}
}

func (s *slapd) ldaps() string { return "ldaps://localhost:" + s.secure }
func (s *slapd) ldap() string  { return "ldap://localhost:" + s.plain }

// waitFor waits until something holds.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	end := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-end:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// freeTCPPort is a port that was free a moment ago.
func freeTCPPort(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// cutter is a TCP proxy before a server. While it is armed it hands a client's next octets on and then ends the connection, so the
// server may have got a question whose answer nobody gets.
type cutter struct {
	port string

	mu    sync.Mutex
	armed int // connections yet to be cut
	cuts  int
}

func newCutter(t *testing.T, target string) *cutter {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{port: l.Addr().String()[strings.LastIndexByte(l.Addr().String(), ':')+1:]}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := new(net.Dialer).DialContext(t.Context(), "tcp", "127.0.0.1:"+target)
			if err != nil {
				_ = client.Close()
				continue
			}
			all.Go(func() { c.forward(client, server) })
			all.Go(func() {
				_, _ = io.Copy(client, server)
				_ = client.Close()
			})
			context.AfterFunc(t.Context(), func() { _, _ = client.Close(), server.Close() })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	return c
}

// arm has the next n connections on which a client says something cut.
func (c *cutter) arm(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed, c.cuts = n, 0
}

func (c *cutter) fires() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.armed == 0 {
		return false
	}
	c.armed--
	c.cuts++
	return true
}

// fired is how many connections were cut since it was armed.
func (c *cutter) fired() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cuts
}

func (c *cutter) forward(client, server net.Conn) {
	defer func() { _, _ = client.Close(), server.Close() }()
	octets := make([]byte, 64<<10)
	for {
		n, err := client.Read(octets)
		if err != nil {
			return
		}
		fires := c.fires()
		if fires {
			_ = client.Close() // before the server can answer
		}
		if _, err := server.Write(octets[:n]); err != nil || fires {
			return
		}
	}
}
