package way

import (
	"bytes"
	"context"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"net/smtp"
	"slices"
	"strings"
	"testing"
	"time"

	"ivalt-radius/secret"
)

// tlsServer is a sound mail server that wants a login, and settings for it.
func tlsServer(t *testing.T) (*mailServer, Settings) {
	t.Helper()
	security, ca := identityOf(t)
	server := &mailServer{
		security: security, offers: []string{"PIPELINING", "STARTTLS"}, secure: []string{"AUTH LOGIN PLAIN", "8BITMIME"},
		username: userCanary, password: passwordCanary, replies: map[string]string{},
	}
	return server, Settings{
		Kind: Email, Username: userCanary, Password: secret.New(passwordCanary), CAFile: ca, From: "alarm@example.com",
		Recipients: []string{"ops@example.com", personCanary + "@example.org"},
	}
}

func (s *mailServer) send(t *testing.T, settings Settings, notices ...Notice) (string, error) {
	t.Helper()
	if s.address == "" {
		s.start(t)
	}
	settings.Server = s.address
	w, err := New(settings)
	must(t, err)
	box, ok := w.(postbox)
	if !ok {
		t.Fatalf("%T", w)
	}
	box.fromTheStart = s.implicit
	box.words, box.within = 2*time.Second, 20*time.Second
	said, err := box.Send(t.Context(), notices)
	s.conns.Wait()
	noCanary(t, said)
	return said, err
}

func TestMail(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*mailServer, *Settings)
		login  string
	}{
		"STARTTLS, PLAIN":          {func(*mailServer, *Settings) {}, "PLAIN true"},
		"STARTTLS, LOGIN":          {func(s *mailServer, _ *Settings) { s.secure = []string{"AUTH LOGIN CRAM-MD5"} }, "LOGIN true"},
		"TLS from the start":       {func(s *mailServer, _ *Settings) { s.implicit = true }, "PLAIN true"},
		"no login":                 {func(_ *mailServer, s *Settings) { s.Username, s.Password = "", secret.Secret{} }, ""},
		"plain text is allowed":    {func(_ *mailServer, s *Settings) { s.InsecurePlaintext = true }, "PLAIN true"},
		"a goodbye that is missed": {func(s *mailServer, _ *Settings) { s.replies["QUIT"] = "" }, "PLAIN true"},
	} {
		t.Run(name, func(t *testing.T) {
			server, settings := tlsServer(t)
			c.change(server, &settings)
			said, err := server.send(t, settings, sample())
			must(t, err)
			if said != "it took the message for 2 of 2 recipients" || len(server.took) != 1 || strings.Join(server.logins, ",") != c.login {
				t.Fatalf("%q, %d taken, logins %q", said, len(server.took), server.logins)
			}
			for _, v := range server.verbs {
				if verb, within, _ := strings.Cut(v, "/"); within == "" && verb != "EHLO" && verb != "STARTTLS" {
					t.Errorf("%s in plain text", verb)
				}
			}
			m := server.took[0]
			if !strings.HasPrefix(m.from, "FROM:<alarm@example.com>") || !slices.Equal(m.to, settings.Recipients) {
				t.Errorf("%+v", m)
			}
			read(t, m.data, sample())
		})
	}
}

// read takes a message apart as a mail program does, and gives its text.
func read(t *testing.T, data string, notices ...Notice) string {
	t.Helper()
	for line := range strings.Lines(data) {
		if len(line) > 80 && !strings.HasPrefix(line, "Subject:") || len(line) > 200 || !strings.HasSuffix(line, "\r\n") || strings.Count(line, "\r") != 1 {
			t.Errorf("%d octets: %q", len(line), line)
		}
	}
	m, err := mail.ReadMessage(strings.NewReader(data))
	must(t, err)
	want := []string{"Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To", "X-Ivalt-Radius-Id"}
	var got []string
	for name, values := range m.Header {
		if got = append(got, name); len(values) != 1 {
			t.Errorf("%s: %q", name, values)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("headers %q", got)
	}
	if at, err := m.Header.Date(); err != nil || time.Since(at).Abs() > time.Minute {
		t.Errorf("%s, %v", at, err)
	}
	if to, err := m.Header.AddressList("To"); err != nil || len(to) != 2 {
		t.Errorf("%s, %v", to, err)
	}
	title, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || title != line("[ivalt-radius] "+strings.ReplaceAll(headline(notices), "=?", "= ?"), 150) {
		t.Errorf("%q, %v", title, err)
	}
	if m.Header.Get("Message-Id") != "<"+identity(notices)+"@example.com>" {
		t.Error(m.Header.Get("Message-Id"))
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	must(t, err)
	if got := strings.ReplaceAll(string(text), "\r\n", "\n"); got != letterText(notices) {
		t.Errorf("%q\n%q", got, letterText(notices))
	}
	return string(text)
}

// TestHostileLetters: no name makes a header, a recipient, or an end.
func TestHostileLetters(t *testing.T) {
	for _, notices := range [][]Notice{{nasty()}, {nasty(), sample()}, many(50)} {
		server, settings := tlsServer(t)
		_, err := server.send(t, settings, notices...)
		must(t, err)
		if len(server.took) != 1 || len(server.took[0].to) != 2 || slices.Contains(server.verbs, "MAIL/tls") && countOf(server.verbs, "MAIL/tls") != 1 {
			t.Fatalf("%q", server.verbs)
		}
		read(t, server.took[0].data, notices...)
	}
}

func countOf(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// TestDotsAreDoubled: a line of a single dot is no end of the message.
func TestDotsAreDoubled(t *testing.T) {
	n := sample()
	n.Summary = strings.Repeat("x", 65) + "." + strings.Repeat(".", 100) // folded, a line begins with dots
	server, settings := tlsServer(t)
	_, err := server.send(t, settings, n)
	must(t, err)
	if text := read(t, server.took[0].data, n); !strings.Contains(text, n.Summary) {
		t.Errorf("%q", text)
	}
}

// TestRefusals: what each refusal is for, and that none tells a secret or a person, though the server does.
func TestRefusals(t *testing.T) {
	const quoting = " 5.1.1 " + personCanary + " " + passwordCanary + " " + userCanary
	ops, person := "RCPT ops@example.com", "RCPT "+personCanary+"@example.org"
	for name, c := range map[string]struct {
		replies   map[string]string
		want      string
		permanent bool
	}{
		"greeting":                {map[string]string{"greeting": "554" + quoting}, "it answered 554 5.1.1 to its greeting", false},
		"early close":             {map[string]string{"greeting": ""}, "the connection failed (at its greeting)", false},
		"no SMTP":                 {map[string]string{"greeting": "SSH 2.0" + quoting}, "the connection failed (at its greeting)", false},
		"EHLO":                    {map[string]string{"EHLO": "550" + quoting, "HELO": "550 no"}, "to EHLO", false},
		"STARTTLS":                {map[string]string{"STARTTLS": "454" + quoting}, "it answered 454 5.1.1 to STARTTLS", false},
		"closed at STARTTLS":      {map[string]string{"STARTTLS": ""}, "the connection failed (at STARTTLS)", false},
		"AUTH":                    {map[string]string{"AUTH": "535" + quoting}, "it answered 535 5.1.1 to AUTH", false},
		"AUTH that goes on":       {map[string]string{"AUTH more": ""}, "AUTH", false},
		"MAIL, for good":          {map[string]string{"MAIL": "550" + quoting}, "it answered 550 5.1.1 to MAIL FROM", true},
		"MAIL, for now":           {map[string]string{"MAIL": "451" + quoting}, "it answered 451 5.1.1 to MAIL FROM", false},
		"MAIL, needs a login":     {map[string]string{"MAIL": "530" + quoting}, "it answered 530 5.1.1 to MAIL FROM", false},
		"all recipients":          {map[string]string{"RCPT": "550" + quoting}, "it takes the message for no recipient: it answered 550 5.1.1 to RCPT TO", true},
		"all recipients, for now": {map[string]string{ops: "450" + quoting, person: "550" + quoting}, "it takes the message for no recipient", false},
		"closed at RCPT":          {map[string]string{"RCPT": ""}, "the connection failed (at RCPT TO)", false},
		"DATA, for good":          {map[string]string{"DATA": "554" + quoting}, "it answered 554 5.1.1 to DATA", true},
		"the message":             {map[string]string{"taken": "552" + quoting}, "it answered 552 5.1.1 to DATA", true},
		"the message, for now":    {map[string]string{"taken": "452 " + personCanary}, "it answered 452 to DATA", false},
		"closed at the end":       {map[string]string{"taken": ""}, "the connection failed (at DATA)", false},
	} {
		t.Run(name, func(t *testing.T) {
			server, settings := tlsServer(t)
			server.replies = c.replies
			_, err := server.send(t, settings, sample())
			if e := failed(t, err); e.Permanent != c.permanent || !strings.Contains(e.What, c.want) {
				t.Errorf("%+v", e)
			}
		})
	}
}

// TestSomeRecipients: those that are taken get the message.
func TestSomeRecipients(t *testing.T) {
	server, settings := tlsServer(t)
	server.replies["RCPT "+personCanary+"@example.org"] = "550 5.1.1 " + personCanary
	said, err := server.send(t, settings, sample())
	must(t, err)
	if said != "it took the message for 1 of 2 recipients; it refused the others (it answered 550 5.1.1 to RCPT TO)" || len(server.took) != 1 || len(server.took[0].to) != 1 {
		t.Errorf("%q, %+v", said, server.took)
	}
}

// TestNothingInPlainText: a server without STARTTLS, or somebody on the way who takes the offer out, gets nothing; with
// insecure_plaintext it gets the message, and never a password.
func TestNothingInPlainText(t *testing.T) {
	for name, c := range map[string]struct {
		offers   []string
		change   func(*Settings)
		want     string // empty: taken
		nastiest string // the last verb that it may hear
	}{
		"stripped":                  {[]string{"AUTH PLAIN LOGIN"}, func(*Settings) {}, "it offers no STARTTLS, or somebody", "EHLO"},
		"stripped, lower case":      {[]string{"XSTARTTLS", "AUTH PLAIN"}, func(*Settings) {}, "it offers no STARTTLS, or somebody", "EHLO"},
		"allowed, with a password":  {[]string{"AUTH PLAIN LOGIN"}, func(s *Settings) { s.InsecurePlaintext = true }, "no password is sent in plain text", "EHLO"},
		"allowed, without password": {nil, func(s *Settings) { s.InsecurePlaintext, s.Username = true, "" }, "", "QUIT"},
	} {
		t.Run(name, func(t *testing.T) {
			server, settings := tlsServer(t)
			server.offers = c.offers
			c.change(&settings)
			_, err := server.send(t, settings, sample())
			if c.want == "" {
				must(t, err)
			} else if e := failed(t, err); e.Permanent || !strings.Contains(e.What, c.want) {
				t.Errorf("%+v", e)
			}
			if last := server.verbs[len(server.verbs)-1]; last != c.nastiest || len(server.logins) > 0 {
				t.Errorf("%q, logins %q", server.verbs, server.logins)
			}
		})
	}
	info := &smtp.ServerInfo{}
	if _, _, err := (plainLogin{}).Start(info); err == nil {
		t.Error("a password without TLS")
	}
	if _, _, err := (&stepLogin{}).Start(info); err == nil {
		t.Error("a password without TLS")
	}
}

// TestWhoseServer: nothing is said to a server that is another one, or that puts words before TLS.
func TestWhoseServer(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*mailServer, *Settings)
		want   string
	}{
		"another authority":   {func(_ *mailServer, s *Settings) { s.CAFile = "" }, "its certificate is not accepted"},
		"no TLS behind it":    {func(s *mailServer, _ *Settings) { s.security = nil }, "(at STARTTLS)"},
		"no way to log in":    {func(s *mailServer, _ *Settings) { s.secure = nil }, "it offers neither AUTH PLAIN nor AUTH LOGIN"},
		"another password":    {func(s *mailServer, _ *Settings) { s.password = "x" }, "it answered 535 5.7.8 to AUTH"},
		"TLS, none behind it": {func(s *mailServer, _ *Settings) { s.implicit, s.security = true, nil }, "failed"},
		"words before TLS":    {func(s *mailServer, _ *Settings) { s.replies["STARTTLS"] = "220 go on\r\n250 AUTH PLAIN" }, ""},
		"endless words": {func(s *mailServer, _ *Settings) {
			s.replies["EHLO"] = strings.Repeat("250-"+passwordCanary+"\r\n", 20000)
		}, "it says too much"},
		"an endless word": {func(s *mailServer, _ *Settings) {
			s.replies["greeting"] = "220 " + strings.Repeat(passwordCanary, 20000)
		}, "it says too much"},
		"says nothing": {func(s *mailServer, _ *Settings) { s.replies["EHLO"] = "250-" }, "EHLO"},
	} {
		t.Run(name, func(t *testing.T) {
			server, settings := tlsServer(t)
			c.change(server, &settings)
			_, err := server.send(t, settings, sample())
			if c.want == "" { // what came in plain text was no answer within TLS
				must(t, err)
				return
			}
			if e := failed(t, err); e.Permanent || !strings.Contains(e.What, c.want) {
				t.Errorf("%+v", e)
			}
			if len(server.took) > 0 {
				t.Error("it took the message")
			}
		})
	}
	server, settings := tlsServer(t)
	server.start(t)
	settings.Server = strings.Replace(server.address, "127.0.0.1", "localhost", 1)
	w, err := New(settings)
	must(t, err)
	_, err = w.Send(t.Context(), []Notice{sample()})
	if e := failed(t, err); !strings.Contains(e.What, "its certificate is not accepted") {
		t.Errorf("another name: %+v", e)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = w.Send(ended, []Notice{sample()})
	_ = failed(t, err)
}

func TestSubject(t *testing.T) {
	for _, text := range []string{"plain", strings.Repeat("\U0001f480", 500), strings.Repeat("x ", 500), "=?utf-8?q?Bcc=3A?=", "a\r\nBcc: b", ""} {
		got := subject(text)
		if strings.Contains(got, "\r") || bytes.Count([]byte(got), []byte("\n")) != bytes.Count([]byte(got), []byte("\n =?utf-8?q?")) {
			t.Errorf("%q", got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if len(line) > 160 {
				t.Errorf("%d octets", len(line))
			}
		}
	}
	if subject("=?utf-8?q?Bcc=3A?=") != "= ?utf-8?q?Bcc=3A?=" {
		t.Error(subject("=?utf-8?q?Bcc=3A?="))
	}
}
