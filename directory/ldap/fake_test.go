package ldap

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	ldap "github.com/go-ldap/ldap/v3"

	"ivalt-radius/secret"
)

const (
	base            = "dc=example,dc=com"
	accountDN       = "cn=search,dc=example,dc=com"
	accountPassword = "canary-account-password"
	alicePassword   = "canary-alice-password"
	aliceDN         = "uid=alice,ou=people,dc=example,dc=com"
)

// entry is one of the fake's.
type entry struct {
	dn     string
	values map[string][]string
}

// effect is what the fake does with a request in place of answering it.
type effect int

const (
	answers effect = iota
	hangs
	cuts
	injects // more in the clear, behind the answer to StartTLS
	babbles // an answer to another question
)

// bindAnswer is how the fake answers a bind with the right password.
type bindAnswer struct {
	code      int
	diagnosis string
	policy    rune // the error of the password policy's control; negative: no control
}

// fake is a directory server that speaks LDAP over any net.Conn. Only the search account may search, or whoever is in readers.
type fake struct {
	tls      *tls.Config // StartTLS is refused without it
	startTLS int         // result code of StartTLS, where it is refused in spite of it

	mu        sync.Mutex
	entries   []entry
	passwords map[string]string
	refusals  map[string]bindAnswer // by DN, with the right password
	wrong     string                // diagnosis of a wrong password
	code      int                   // of every search and bind; 0: as it should be; negative: of searches alone
	anyone    bool                  // every bind is right
	readers   []string
	who       map[string]string // authzId by DN of the bind
	does      func(op string) effect
	asked     []string        // "bind DN" and "search FILTER", in order
	searchers map[string]bool // who searched
	open      int             // pipes whose near end is not closed
	most      int             // of them at a time
}

func newFake() *fake {
	return &fake{
		entries: []entry{
			{aliceDN, map[string][]string{
				"uid": {"Alice"}, "mail": {"alice@example.com"},
				"mobile": {"0170 123", "+49 170 1234567"}, "otherMobile": {"0049 171 7654321", "+491701234567"},
			}},
			{"cn=staff,ou=groups,dc=example,dc=com", map[string][]string{"cn": {"Staff"}, "member": {aliceDN}}},
			{"cn=all,ou=groups,dc=example,dc=com", map[string][]string{"cn": {"All"}, "uniqueMember": {"cn=staff,ou=groups,dc=example,dc=com", "cn=loop,ou=groups,dc=example,dc=com"}}},
			{"cn=loop,ou=groups,dc=example,dc=com", map[string][]string{"cn": {"Loop"}, "member": {"cn=all,ou=groups,dc=example,dc=com"}}},
			{"cn=posix,ou=groups,dc=example,dc=com", map[string][]string{"cn": {"posix"}, "memberUid": {"Alice"}}},
			{"uid=bob,ou=people,dc=example,dc=com", map[string][]string{"uid": {"bob"}}},
		},
		passwords: map[string]string{accountDN: accountPassword, aliceDN: alicePassword, "uid=bob,ou=people,dc=example,dc=com": "bob's"},
		refusals:  map[string]bindAnswer{},
		searchers: map[string]bool{},
		does:      func(string) effect { return answers },
	}
}

// settings are those of a search account at the fake's addresses.
func settings(urls ...string) Settings {
	return Settings{
		URLs: urls, BindDN: accountDN, BindPassword: secret.New(accountPassword), Base: base,
		Email: "mail", Mobile: []string{"mobile", "otherMobile"}, Groups: Groups{Nested: true},
	}
}

// listen serves on a port of its own, with TLS from the first octet where secure is not nil, and gives the address.
func (f *fake) listen(t *testing.T, secure *tls.Config) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(t.Context(), func() { _ = c.Close() })
			conns.Go(func() { f.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		conns.Wait()
	})
	return l.Addr().String()
}

// serve speaks on one connection until it ends.
func (f *fake) serve(c net.Conn) {
	s := session{fake: f, conn: c}
	for s.next() {
	}
	_ = s.conn.Close()
}

// session is one connection to the fake.
type session struct {
	fake  *fake
	conn  net.Conn
	bound string
}

// next serves one request; false ends the connection.
func (s *session) next() bool {
	request, err := ber.ReadPacket(s.conn)
	if err != nil || len(request.Children) < 2 {
		return false
	}
	id, _ := request.Children[0].Value.(int64)
	op := request.Children[1]
	word := map[ber.Tag]string{ldap.ApplicationBindRequest: "bind", ldap.ApplicationSearchRequest: "search", ldap.ApplicationExtendedRequest: "starttls"}[op.Tag]
	s.fake.mu.Lock()
	does := s.fake.does
	s.fake.mu.Unlock()
	switch does(word) {
	case hangs:
		_, _ = ber.ReadPacket(s.conn) // until the other side gives up
		return false
	case cuts:
		return false
	case babbles:
		return s.say(id, result(ldap.ApplicationBindResponse, 0, ""), nil)
	case injects:
		return s.say(id, result(ldap.ApplicationExtendedResponse, 0, ""), nil) && s.say(2, result(ldap.ApplicationBindResponse, 0, ""), nil)
	case answers:
	}
	switch word {
	case "bind":
		return s.bind(id, op)
	case "search":
		return s.search(id, op)
	case "starttls":
		if op.Children[0].Data.String() == ldap.ControlTypeWhoAmI {
			return s.whoAmI(id)
		}
		return s.secure(id)
	}
	return false
}

// whoAmI answers as the fake is told to, or does not know the operation.
func (s *session) whoAmI(id int64) bool {
	who, knows := s.fake.who[s.bound]
	if !knows {
		return s.say(id, result(ldap.ApplicationExtendedResponse, ldap.LDAPResultProtocolError, "canary-diagnosis"), nil)
	}
	answer := result(ldap.ApplicationExtendedResponse, 0, "")
	answer.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 11, who, "responseValue"))
	return s.say(id, answer, nil)
}

func (s *session) secure(id int64) bool {
	if s.fake.tls == nil || s.fake.startTLS != 0 {
		return s.say(id, result(ldap.ApplicationExtendedResponse, max(s.fake.startTLS, ldap.LDAPResultProtocolError), "canary-diagnosis"), nil)
	}
	if !s.say(id, result(ldap.ApplicationExtendedResponse, 0, ""), nil) {
		return false
	}
	s.conn = tls.Server(s.conn, s.fake.tls)
	return true
}

func (s *session) bind(id int64, op *ber.Packet) bool {
	dn, _ := op.Children[1].Value.(string)
	password := op.Children[2].Data.String()
	f := s.fake
	f.mu.Lock()
	f.asked = append(f.asked, "bind "+dn)
	right, known := f.passwords[dn]
	how, refused := f.refusals[dn]
	if !refused {
		how.policy = -1
	}
	if f.code > 0 {
		how = bindAnswer{code: f.code, diagnosis: "canary-diagnosis", policy: -1}
	} else if !f.anyone && (!known || password != right) {
		how = bindAnswer{code: ldap.LDAPResultInvalidCredentials, diagnosis: f.wrong, policy: -1}
	}
	f.mu.Unlock()
	s.bound = ""
	if how.code == 0 {
		s.bound = dn
	}
	return s.say(id, result(ldap.ApplicationBindResponse, how.code, how.diagnosis), policyControl(how.policy))
}

// policyControl is the response control of draft-behera-ldap-password-policy-10 with an error.
func policyControl(policy rune) *ber.Packet {
	if policy < 0 {
		return nil
	}
	value := ber.NewSequence("PasswordPolicyResponseValue")
	value.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 1, string(policy), "error"))
	control := ber.NewSequence("Control")
	control.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, ldap.ControlTypeBeheraPasswordPolicy, "type"))
	control.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, string(value.Bytes()), "value"))
	controls := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "Controls")
	controls.AppendChild(control)
	return controls
}

func (s *session) search(id int64, op *ber.Packet) bool {
	filter, err := ldap.DecompileFilter(op.Children[6])
	if err != nil {
		return false
	}
	most, _ := op.Children[3].Value.(int64)
	f := s.fake
	f.mu.Lock()
	f.asked = append(f.asked, "search "+filter)
	f.searchers[s.bound] = true
	code := max(f.code, -f.code)
	if s.bound != accountDN && !slices.Contains(f.readers, s.bound) {
		code = ldap.LDAPResultInsufficientAccessRights
	}
	entries := f.entries
	f.mu.Unlock()
	sent := int64(0)
	for _, e := range entries {
		if code != 0 || !matches(op.Children[6], e.values) {
			continue
		}
		if sent++; most > 0 && sent > most {
			code = ldap.LDAPResultSizeLimitExceeded
			break
		}
		if !s.say(id, e.packet(), nil) {
			return false
		}
	}
	return s.say(id, result(ldap.ApplicationSearchResultDone, code, "canary-diagnosis"), nil)
}

func (e entry) packet() *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "SearchResultEntry")
	p.AppendChild(text(e.dn))
	list := ber.NewSequence("attributes")
	for name, values := range e.values {
		attribute := ber.NewSequence("attribute")
		attribute.AppendChild(text(name))
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "vals")
		for _, value := range values {
			set.AppendChild(text(value))
		}
		attribute.AppendChild(set)
		list.AppendChild(attribute)
	}
	p.AppendChild(list)
	return p
}

func text(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func result(op ber.Tag, code int, diagnosis string) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, op, nil, "result")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, "resultCode"))
	p.AppendChild(text(""))
	p.AppendChild(text(diagnosis))
	return p
}

func (s *session) say(id int64, op, controls *ber.Packet) bool {
	p := ber.NewSequence("LDAPMessage")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, "messageID"))
	p.AppendChild(op)
	if controls != nil {
		p.AppendChild(controls)
	}
	_, err := s.conn.Write(p.Bytes())
	return err == nil
}

// matches evaluates a filter of and, or, not, equality and presence.
func matches(filter *ber.Packet, values map[string][]string) bool {
	switch uint64(filter.Tag) {
	case ldap.FilterAnd, ldap.FilterOr:
		for _, child := range filter.Children {
			if matches(child, values) == (filter.Tag == ldap.FilterOr) {
				return filter.Tag == ldap.FilterOr
			}
		}
		return filter.Tag == ldap.FilterAnd
	case ldap.FilterNot:
		return !matches(filter.Children[0], values)
	case ldap.FilterEqualityMatch:
		name, _ := filter.Children[0].Value.(string)
		want, _ := filter.Children[1].Value.(string)
		for _, value := range values[name] {
			if strings.EqualFold(value, want) {
				return true
			}
		}
	case ldap.FilterPresent:
		return len(values[filter.Data.String()]) > 0
	}
	return false
}

// told are the fake's requests so far.
func (f *fake) told() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.asked...)
}

// set changes the fake under its lock.
func (f *fake) set(change func(*fake)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}
