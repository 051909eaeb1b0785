package way

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"ivalt-radius/secret"
)

// SMTP's replies that are none of the message's (RFC 4954 section 6): they pass once the account is in order.
const (
	needsLogin  = 530
	tooWeak     = 534
	badLogin    = 535
	needsTLS    = 538
	permanently = 500
)

// mostHeard is how many octets a mail server may say in one dialogue, TLS included.
const mostHeard = 256 << 10

// heard is a connection of which no more than so much is read, and which waits no longer than words at
// any step.
type heard struct {
	net.Conn

	left  int64
	words time.Duration
	until time.Time
}

var errTooMuch = errors.New("it says too much")

// Read implements net.Conn.
func (h *heard) Read(b []byte) (int, error) {
	if h.left <= 0 {
		return 0, errTooMuch
	}
	if err := h.patient(); err != nil {
		return 0, err
	}
	n, err := h.Conn.Read(b[:min(int64(len(b)), h.left)])
	h.left -= int64(n)
	return n, err
}

// Write implements net.Conn.
func (h *heard) Write(b []byte) (int, error) {
	if err := h.patient(); err != nil {
		return 0, err
	}
	return h.Conn.Write(b)
}

// patient waits no longer than words from now on.
func (h *heard) patient() error { return h.SetDeadline(earlier(time.Now().Add(h.words), h.until)) }

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Send implements Way.
func (p postbox) Send(ctx context.Context, notices []Notice) (said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.within)
	defer cancel()
	raw, err := (&net.Dialer{Timeout: dialWithin}).DialContext(ctx, "tcp", p.server)
	if err != nil {
		return "", connection(err)
	}
	until, _ := ctx.Deadline()
	defer context.AfterFunc(ctx, func() { _ = raw.Close() })()
	defer func() { _ = raw.Close() }()
	if err := raw.SetDeadline(until); err != nil {
		return "", connection(err)
	}
	conn := net.Conn(&heard{Conn: raw, left: mostHeard, words: p.words, until: until})
	if p.fromTheStart {
		secure := tls.Client(conn, p.security)
		if err := secure.HandshakeContext(ctx); err != nil {
			return "", connection(err)
		}
		conn = secure
	}
	return p.talk(conn, notices)
}

// talk is the dialogue (RFC 5321 section 3).
func (p postbox) talk(conn net.Conn, notices []Notice) (said string, err error) {
	c, err := smtp.NewClient(conn, p.host)
	if err != nil {
		return "", passing("its greeting", err)
	}
	if err := p.introduce(c, conn); err != nil {
		return "", err
	}
	if err := c.Mail(p.from); err != nil {
		return "", replied("MAIL FROM", err)
	}
	refused, err := p.address(c)
	if err != nil {
		return "", err
	}
	if err := data(c, p.letter(notices)); err != nil {
		return "", replied("DATA", err)
	}
	_ = c.Quit() // the message is the server's now
	return fmt.Sprintf("it took the message for %d of %d recipients%s", len(p.recipients)-refused.count, len(p.recipients), refused.words()), nil
}

// introduce says who we are, sees to TLS, and logs in where TLS is there.
func (p postbox) introduce(c *smtp.Client, conn net.Conn) error {
	if err := c.Hello(literal(conn.LocalAddr())); err != nil {
		return passing("EHLO", err)
	}
	_, secure := c.TLSConnectionState()
	if offered, _ := c.Extension("STARTTLS"); offered && !secure {
		if err := c.StartTLS(p.security.Clone()); err != nil {
			return passing("STARTTLS", err)
		}
		secure = true
	}
	if !secure && !p.plaintext {
		return failure("it offers no STARTTLS, or somebody on the way took the offer out: nothing was sent")
	}
	if p.username == "" {
		return nil
	}
	if !secure {
		return failure("it offers no STARTTLS, and no password is sent in plain text: take username and password out, or use a server with STARTTLS")
	}
	_, methods := c.Extension("AUTH")
	method, err := p.login(methods)
	if err != nil {
		return err
	}
	if err := c.Auth(method); err != nil {
		return passing("AUTH", err)
	}
	return nil
}

// literal is our address as EHLO has it where a host has no public name (RFC 5321 section 4.1.3).
func literal(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	switch {
	case !ok:
		return "localhost"
	case tcp.IP.To4() == nil:
		return "[IPv6:" + tcp.IP.String() + "]"
	}
	return "[" + tcp.IP.String() + "]"
}

// refusal is what recipients were refused with.
type refusal struct {
	count  int
	passes bool // one of them may be taken later
	reply  string
}

func (r refusal) words() string {
	if r.count == 0 {
		return ""
	}
	return fmt.Sprintf("; it refused the others (%s)", r.reply)
}

// address names the recipients. Those that the server takes get the message; an error is that there is none.
func (p postbox) address(c *smtp.Client) (r refusal, err error) {
	for _, to := range p.recipients {
		err := c.Rcpt(to)
		if err == nil {
			continue
		}
		var reply *textproto.Error
		if !errors.As(err, &reply) {
			return r, passing("RCPT TO", err)
		}
		f := replied("RCPT TO", err)
		r.count, r.passes, r.reply = r.count+1, r.passes || !f.Permanent, f.What
	}
	if r.count == len(p.recipients) {
		return r, &Error{What: "it takes the message for no recipient: " + r.reply, Permanent: !r.passes}
	}
	return r, nil
}

func data(c *smtp.Client, letter []byte) error {
	w, err := c.Data()
	if err != nil {
		return err
	}
	_, err = w.Write(letter) // dots are doubled there
	return errors.Join(err, w.Close())
}

// replied is a failure of the message: for good where the server says so.
func replied(verb string, err error) *Error {
	f := passing(verb, err)
	var reply *textproto.Error
	if errors.As(err, &reply) {
		f.Permanent = reply.Code >= permanently && reply.Code != needsLogin && reply.Code != tooWeak && reply.Code != badLogin && reply.Code != needsTLS
	}
	return f
}

// passing is a failure of the connection, the server or the account. Of the server's words only the numbers are told: the others may
// quote a password or a person's address.
func passing(verb string, err error) *Error {
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return failure(fmt.Sprintf("it answered %d%s to %s", reply.Code, status(reply.Msg), verb))
	}
	if errors.Is(err, errTooMuch) {
		return failure("it says too much")
	}
	f := connection(err)
	f.What += " (at " + verb + ")"
	return f
}

// status is the enhanced status code that a reply begins with (RFC 3463), behind a space.
func status(text string) string {
	const longest = len("5.999.999")
	code, _, _ := strings.Cut(text, " ")
	if len(code) > longest || strings.Count(code, ".") != 2 || strings.Trim(code, "0123456789.") != "" {
		return ""
	}
	return " " + code
}

// login is the way to log in that the server takes: PLAIN (RFC 4616), else LOGIN.
func (p postbox) login(methods string) (smtp.Auth, error) {
	ours := account{username: p.username, password: p.password}
	switch offered := strings.Fields(strings.ToUpper(methods)); {
	case slices.Contains(offered, "PLAIN"):
		return plainLogin{ours}, nil
	case slices.Contains(offered, "LOGIN"):
		return &stepLogin{account: ours}, nil
	}
	return nil, failure("it offers neither AUTH PLAIN nor AUTH LOGIN")
}

type account struct {
	username string
	password secret.Secret
}

var (
	errNoTLS    = errors.New("no password without TLS")
	errQuestion = errors.New("an unexpected question")
)

type plainLogin struct{ account }

// Start implements smtp.Auth.
func (p plainLogin) Start(s *smtp.ServerInfo) (string, []byte, error) {
	if !s.TLS {
		return "", nil, errNoTLS
	}
	return "PLAIN", []byte("\x00" + p.username + "\x00" + p.password.Reveal()), nil
}

// Next implements smtp.Auth.
func (plainLogin) Next(_ []byte, more bool) ([]byte, error) { //nolint:revive // the form of smtp.Auth
	if more {
		return nil, errQuestion
	}
	return nil, nil
}

// stepLogin answers with the name, then with the password, whatever the questions are called.
type stepLogin struct {
	account

	step int
}

// Start implements smtp.Auth.
func (l *stepLogin) Start(s *smtp.ServerInfo) (string, []byte, error) {
	if !s.TLS {
		return "", nil, errNoTLS
	}
	return "LOGIN", nil, nil
}

// Next implements smtp.Auth.
func (l *stepLogin) Next(_ []byte, more bool) ([]byte, error) { //nolint:revive // the form of smtp.Auth
	if !more {
		return nil, nil
	}
	switch l.step++; l.step {
	case 1:
		return []byte(l.username), nil
	case 2:
		return []byte(l.password.Reveal()), nil
	}
	return nil, errQuestion
}
