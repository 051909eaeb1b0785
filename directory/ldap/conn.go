package ldap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	ldap "github.com/go-ldap/ldap/v3"

	"ivalt-radius/auth"
)

// mostOctets is what a server may say to one request. It holds two thousand groups with long names.
const mostOctets = 2 << 20

// kind is what a connection is for. It never changes: no connection on which a person was bound ever searches for the account.
type kind uint8

const (
	searching kind = iota // bound as the search account
	binding               // bound as whoever came last
	kinds
)

// conn is one connection to a server. One goroutine at a time uses it.
type conn struct {
	line   *line
	lib    *ldap.Conn
	kind   kind
	broken bool        // not to be used again
	expiry *time.Timer // while it waits in the pool
}

// usable reports that nobody has closed the connection, as far as is known.
func (c *conn) usable() bool { return !c.broken && !c.lib.IsClosing() }

// close ends the connection. It never waits for the server.
func (c *conn) close() {
	_ = c.line.Close()
	_ = c.lib.Close()
}

// do runs one request. The connection is closed where ctx ends meanwhile, or where there was no definite answer.
func (c *conn) do(ctx context.Context, request func() error) error {
	c.line.left.Store(mostOctets)
	stop := context.AfterFunc(ctx, func() { _ = c.line.Close() })
	err := request()
	if !stop() {
		c.broken = true
	}
	if err != nil && answerOf(err) == noAnswer {
		c.broken = true
		return &outage{why: c.silence(ctx), cut: ctx.Err() == nil}
	}
	return err
}

// silence is why there was no answer.
func (c *conn) silence(ctx context.Context) string {
	switch {
	case c.line.left.Load() < 0:
		return "answers with more than anybody asked for"
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "says nothing in time (primary.ldap.timeout)"
	}
	return "closed the connection, or says what nobody can read"
}

// noAnswer stands for anything but a result of the server's: the library's own codes begin there.
const noAnswer uint16 = ldap.ErrorNetwork

// answerOf is the result code of a server's answer (RFC 4511 section 4.1.9) that is no success, or noAnswer.
func answerOf(err error) uint16 {
	var answer *ldap.Error
	if !errors.As(err, &answer) || answer.ResultCode >= noAnswer {
		return noAnswer
	}
	return answer.ResultCode
}

// inWords shows a result code. What the server says beside it may quote a name, and is left out.
func inWords(code uint16) string {
	if name, ok := ldap.LDAPResultCodeMap[code]; ok && code < noAnswer {
		return fmt.Sprintf("result %d (%s)", code, name)
	}
	return fmt.Sprintf("result %d", code)
}

// errTooMany says that a search found more than was asked for.
var errTooMany = errors.New("more entries than asked for")

// search asks for the entries below base. More than most are errTooMany, never fewer than there are.
func (c *conn) search(ctx context.Context, base, filter string, attributes []string, most int) ([]*ldap.Entry, error) {
	request := ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, most, 0, false, filter, attributes, nil)
	request.EnforceSizeLimit = true
	var found *ldap.SearchResult
	tooMany := false
	err := c.do(ctx, func() (err error) {
		found, err = c.lib.Search(request)
		tooMany = errors.Is(err, ldap.ErrSizeLimitExceeded)
		return err
	})
	switch code := answerOf(err); {
	case err == nil:
		return found.Entries, nil
	case tooMany || code == ldap.LDAPResultSizeLimitExceeded:
		return nil, errTooMany
	case code == noAnswer:
		return nil, err
	case overloaded(code) || code == ldap.LDAPResultUnwillingToPerform:
		return nil, &outage{why: "answers a search with " + inWords(code)}
	case code == ldap.LDAPResultNoSuchObject || code == ldap.LDAPResultInsufficientAccessRights || code == ldap.LDAPResultReferral:
		return nil, fmt.Errorf("%w: a search below primary.ldap.base or groups.base ends with %s: is the base right, and may the account read there?",
			auth.ErrMisconfigured, inWords(code))
	default:
		return nil, fmt.Errorf("a search ends with %s", inWords(code))
	}
}

// overloaded reports the codes by which a server says that another one should be asked.
func overloaded(code uint16) bool {
	return code == ldap.LDAPResultBusy || code == ldap.LDAPResultUnavailable || code == ldap.LDAPResultOther
}

// bind makes the connection name's, and says how the server sees the account. The error is an outage or none: a refusal is a standing.
func (c *conn) bind(ctx context.Context, name, password string) (standing, error) {
	request := ldap.NewSimpleBindRequest(name, password, []ldap.Control{ldap.NewControlBeheraPasswordPolicy()})
	var result *ldap.SimpleBindResult
	err := c.do(ctx, func() (err error) {
		result, err = c.lib.SimpleBind(request)
		return err
	})
	code := answerOf(err)
	switch {
	case err == nil:
		return judge(ldap.LDAPResultSuccess, "", result.Controls), nil
	case code == noAnswer:
		return standing{}, err
	case overloaded(code), code == ldap.LDAPResultUnwillingToPerform && c.kind == searching:
		return standing{}, &outage{why: "answers a bind with " + inWords(code)}
	}
	var controls []ldap.Control
	if result != nil {
		controls = result.Controls
	}
	return judge(code, diagnosis(err), controls), nil
}

// whoAmI is whom the server takes the connection's user for, an authzId (RFC 4532); empty where it does not say.
func (c *conn) whoAmI(ctx context.Context) (string, error) {
	var who *ldap.WhoAmIResult
	err := c.do(ctx, func() (err error) {
		who, err = c.lib.WhoAmI(nil)
		return err
	})
	switch {
	case err == nil:
		return who.AuthzID, nil
	case answerOf(err) == noAnswer:
		return "", err
	}
	return "", nil
}

// diagnosis is the server's own text, for judge alone.
func diagnosis(err error) string {
	var answer *ldap.Error
	if errors.As(err, &answer) && answer.Err != nil {
		return answer.Err.Error()
	}
	return ""
}

// line is the wire below TLS, with a bound for what may come in.
type line struct {
	net.Conn

	left atomic.Int64 // octets
}

// errTooMuch ends a connection whose server says more than mostOctets.
var errTooMuch = errors.New("the answer is too long")

// Read implements net.Conn.
func (l *line) Read(p []byte) (int, error) {
	if l.left.Load() < 0 {
		return 0, errTooMuch
	}
	n, err := l.Conn.Read(p)
	if l.left.Add(-int64(n)) < 0 {
		return n, errTooMuch
	}
	return n, err
}

// outage is why a server cannot be asked now: the next one is.
type outage struct {
	why  string // safe words, without the server's address
	cut  bool   // the server closed the connection: one that waited in the pool may only have been too old
	busy bool   // all its connections are in use, which is not the server's fault
}

func (o *outage) Error() string { return o.why }

// inPlainWords says what an operator can do about a connection that could not be made.
func inPlainWords(ctx context.Context, err error) string {
	var (
		unknown  x509.UnknownAuthorityError
		host     x509.HostnameError
		invalid  x509.CertificateInvalidError
		record   tls.RecordHeaderError
		remote   *net.OpError
		timeout  net.Error
		resolver *net.DNSError
	)
	switch {
	case errors.As(err, &unknown):
		return "has a certificate that is signed by an unknown authority: set primary.ldap.ca_file"
	case errors.As(err, &host):
		return "has a certificate for another name: write the certificate's name in primary.ldap.urls"
	case errors.As(err, &invalid):
		return "has a certificate that is expired, not yet valid, or not for servers"
	case errors.As(err, &record):
		return "does not speak TLS on this port: ldaps:// is for 636, ldap:// with StartTLS for 389"
	case errors.As(err, &remote) && remote.Op == "remote error":
		return "refuses TLS 1.2 and newer as it is offered"
	case errors.As(err, &resolver):
		return "has a name that cannot be resolved"
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return "cannot be reached in time (primary.ldap.timeout)"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) {
		return "closed the connection before TLS began: is it the right port, and has it a certificate?"
	}
	return "cannot be reached"
}
