package way

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"time"

	"ivalt-radius/secret"
)

// postbox sends mail through one server.
type postbox struct {
	server, host  string // HOST:PORT, HOST
	security      *tls.Config
	fromTheStart  bool // TLS, not STARTTLS
	plaintext     bool // a server without STARTTLS will do
	username      string
	password      secret.Secret
	from          string
	recipients    []string
	now           func() time.Time
	within, words time.Duration // for all of it, and for one answer
}

// submissions is the port that speaks TLS from the start (RFC 8314 section 3.3).
const submissions = "465"

const (
	mailWithin = time.Minute
	wordWithin = 30 * time.Second
)

func newMail(s Settings, security *tls.Config) (Way, error) {
	host, port, err := net.SplitHostPort(s.Server)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	security.ServerName = host
	p := postbox{
		server: s.Server, host: host, security: security, fromTheStart: port == submissions, plaintext: s.InsecurePlaintext,
		username: s.Username, password: s.Password, now: time.Now, within: mailWithin, words: wordWithin,
	}
	if p.from, err = address(s.From); err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	for _, r := range s.Recipients {
		to, err := address(r)
		if err != nil {
			return nil, fmt.Errorf("recipients: %w", err)
		}
		p.recipients = append(p.recipients, to)
	}
	return p, nil
}

// letter is the message (RFC 5322), lines ended by LF, which the dialogue makes CRLF of. Notices are Plain, so that none of their
// texts has a line's end; the subject is encoded, so that none of them is taken for an encoded word either.
func (p postbox) letter(notices []Notice) []byte {
	var b bytes.Buffer
	to := make([]string, len(p.recipients))
	for i, r := range p.recipients {
		to[i] = (&mail.Address{Address: r}).String()
	}
	id := identity(notices)
	domain := p.from[strings.LastIndexByte(p.from, '@')+1:]
	for _, h := range [][2]string{
		{"From", (&mail.Address{Address: p.from}).String()},
		{"To", strings.Join(to, ",\n ")},
		{"Subject", subject("[ivalt-radius] " + headline(notices))},
		{"Date", p.now().UTC().Format(time.RFC1123Z)},
		{"Message-ID", "<" + id + "@" + domain + ">"},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
		{"Auto-Submitted", "auto-generated"}, // RFC 3834: nobody's absence answers it
		{IDHeader, id},
	} {
		fmt.Fprintf(&b, "%s: %s\n", h[0], h[1])
	}
	b.WriteByte('\n')
	body := quotedprintable.NewWriter(&b) // lines of 76 octets at most
	_, _ = body.Write([]byte(letterText(notices)))
	_ = body.Close() // a Buffer takes all
	return bytes.ReplaceAll(b.Bytes(), []byte("\r\n"), []byte("\n"))
}

// subject encodes a header's text (RFC 2047), in lines of a bounded length.
func subject(text string) string {
	const longest = 150 // characters
	text = line(strings.ReplaceAll(text, "=?", "= ?"), longest)
	return strings.ReplaceAll(mime.QEncoding.Encode("utf-8", text), "?= =?", "?=\n =?")
}

// letterText is the body: all that the notices say.
func letterText(notices []Notice) string {
	var b strings.Builder
	if len(notices) > 1 {
		fmt.Fprintf(&b, "%s\n\n", headline(notices))
	}
	for i, n := range notices {
		if i > 0 {
			b.WriteString("\n----\n\n")
		}
		for _, l := range [][2]string{
			{"Severity", n.Severity.String()},
			{"Rule", string(n.Rule)},
			{"Subject", n.Subject},
			{"What", n.Summary},
			{"Events", fmt.Sprint(n.Count)},
			{"Time", n.Time.UTC().Format("2006-01-02 15:04:05 UTC")},
			{"Incident", n.Incident},
			{"Done", strings.Join(n.Steps, "; ")},
			{"To do", n.Do},
			{"See", n.Runbook},
			{"Notice", n.ID},
		} {
			if l[1] != "" {
				fmt.Fprintf(&b, "%-9s %s\n", l[0]+":", l[1])
			}
		}
	}
	return b.String()
}
