package way

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// message is what a mail server took.
type message struct {
	from string
	to   []string
	data string // with CRLF, dots undone
}

// mailServer speaks SMTP (RFC 5321), as well or badly as it is told.
type mailServer struct {
	security *tls.Config
	implicit bool              // TLS from the start
	offers   []string          // extensions before TLS
	secure   []string          // extensions within TLS
	replies  map[string]string // by verb, in the place of what it would say; "" closes the connection
	username string
	password string

	address string
	conns   sync.WaitGroup
	mu      sync.Mutex
	verbs   []string // with "/tls" behind those within TLS
	logins  []string
	took    []message
}

func (s *mailServer) start(t *testing.T) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	s.address = listener.Addr().String()
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.conns.Go(func() {
				defer func() { _ = conn.Close() }()
				d := &dialogue{server: s, conn: conn}
				if s.implicit {
					d.wrap()
				}
				d.in = bufio.NewReader(d.conn)
				d.run()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		all.Wait()
		s.conns.Wait()
	})
}

func (s *mailServer) note(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// dialogue is one connection.
type dialogue struct {
	server *mailServer
	conn   net.Conn
	in     *bufio.Reader
	tls    bool
	now    message
}

func (d *dialogue) wrap() {
	if d.server.security == nil {
		d.say("250 what is TLS?")
		return
	}
	d.conn, d.tls = tls.Server(d.conn, d.server.security), true
}

func (d *dialogue) say(text string) { _, _ = io.WriteString(d.conn, text+"\r\n") }

func (d *dialogue) run() {
	if !d.reply("greeting", "220 mail.example ESMTP") {
		return
	}
	for {
		line, err := d.in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		noted := verb
		if d.tls {
			noted += "/tls"
		}
		d.server.note(func() { d.server.verbs = append(d.server.verbs, noted) })
		if !d.does(verb, rest) {
			return
		}
	}
}

// reply says what it is told to say, and is false where the connection ends.
func (d *dialogue) reply(verb, usual string) bool {
	text, told := d.server.replies[verb]
	if !told {
		text = usual
	}
	if text == "" {
		return false
	}
	d.say(text)
	return told || strings.HasPrefix(text, "2") || strings.HasPrefix(text, "3")
}

// refuses says what it is told to say in the place of taking something.
func (d *dialogue) refuses(verb string) bool {
	text, told := d.server.replies[verb]
	return told && !strings.HasPrefix(text, "2") && !strings.HasPrefix(text, "3")
}

func (d *dialogue) does(verb, rest string) bool {
	switch verb {
	case "EHLO":
		extensions := d.server.offers
		if d.tls {
			extensions = d.server.secure
		}
		text := "250 mail.example"
		if len(extensions) > 0 {
			text = "250-mail.example\r\n"
			for i, e := range extensions {
				text += map[bool]string{true: "250 ", false: "250-"}[i == len(extensions)-1] + e + "\r\n"
			}
			text = strings.TrimSuffix(text, "\r\n")
		}
		return d.reply("EHLO", text)
	case "STARTTLS":
		if !d.reply("STARTTLS", "220 go on") || d.refuses("STARTTLS") {
			return d.refuses("STARTTLS") && d.server.replies["STARTTLS"] != ""
		}
		d.wrap()
		d.in = bufio.NewReader(d.conn)
		return true
	case "AUTH":
		return d.login(rest)
	case "MAIL":
		d.now = message{from: rest}
		return d.reply("MAIL", "250 ok")
	case "RCPT":
		to := strings.TrimSuffix(strings.TrimPrefix(rest, "TO:<"), ">")
		if !d.refuses("RCPT "+to) && !d.refuses("RCPT") {
			d.now.to = append(d.now.to, to)
		}
		if _, told := d.server.replies["RCPT "+to]; told {
			return d.reply("RCPT "+to, "")
		}
		return d.reply("RCPT", "250 ok")
	case "DATA":
		if !d.reply("DATA", "354 go on") || d.refuses("DATA") {
			return d.server.replies["DATA"] != ""
		}
		return d.data()
	case "QUIT":
		return d.reply("QUIT", "221 bye") && false
	}
	d.say("500 what?")
	return true
}

func (d *dialogue) data() bool {
	var text strings.Builder
	for {
		line, err := d.in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
	d.now.data = text.String()
	if _, told := d.server.replies["taken"]; !told {
		d.server.note(func() { d.server.took = append(d.server.took, d.now) })
	}
	return d.reply("taken", "250 taken")
}

func (d *dialogue) login(rest string) bool {
	method, initial, _ := strings.Cut(rest, " ")
	ask := func(question string) string {
		d.say("334 " + base64.StdEncoding.EncodeToString([]byte(question)))
		line, _ := d.in.ReadString('\n')
		text, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
		return string(text)
	}
	var user, password string
	switch method {
	case "PLAIN":
		text, _ := base64.StdEncoding.DecodeString(initial)
		if parts := strings.Split(string(text), "\x00"); len(parts) == 3 {
			user, password = parts[1], parts[2]
		}
	case "LOGIN":
		user, password = ask("Username:"), ask("Password:")
	}
	if _, told := d.server.replies["AUTH more"]; told {
		for range 3 {
			ask("and your card number?")
		}
	}
	d.server.note(func() { d.server.logins = append(d.server.logins, fmt.Sprintf("%s %t", method, d.tls)) })
	if user != d.server.username || password != d.server.password {
		d.say("535 5.7.8 no: " + user + " " + password)
		return true
	}
	return d.reply("AUTH", "235 welcome")
}
