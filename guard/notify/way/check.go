package way

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// Check says what is wrong with the settings, under a key such as "guard.notify[0]". It reads ca_file and looks at the command; it asks
// nobody.
func (s Settings) Check(key string) (faults fault.List) {
	s.keys(key, &faults)
	if _, err := authorities(s.CAFile); err != nil {
		faults.Add(key+".ca_file", "cannot be used: %v", err)
	}
	switch s.Kind {
	case Webhook, Slack:
		if _, err := endpoint(s.URL); err != nil && !s.URL.Empty() {
			faults.Add(key+".url", "%v", err)
		}
		if s.Kind == Webhook && s.SigningSecret.Empty() {
			faults.Warn(key+".signing_secret", "is not set: the receiver cannot tell our notices from anybody else's")
		}
	case Email:
		s.checkMail(key, &faults)
	case Command:
		if err := Runnable(s.Command); err != nil && s.Command != "" {
			faults.Add(key+".command", "%v", err)
		}
	default:
		faults.Add(key+".kind", "%q is not webhook, slack, email or command", s.Kind)
	}
	return faults
}

// keys finds keys that are missing, or for another kind.
func (s Settings) keys(key string, faults *fault.List) {
	for _, k := range []struct {
		name  string
		set   bool
		needs string // kinds
		takes string
	}{
		{"url", !s.URL.Empty(), "webhook slack", ""},
		{"signing_secret", !s.SigningSecret.Empty(), "", "webhook"},
		{"server", s.Server != "", "email", ""},
		{"insecure_plaintext", s.InsecurePlaintext, "", "email"},
		{"username", s.Username != "", "", "email"},
		{"password", !s.Password.Empty(), "", "email"},
		{"from", s.From != "", "email", ""},
		{"recipients", len(s.Recipients) > 0, "email", ""},
		{"command", s.Command != "", "command", ""},
		{"ca_file", s.CAFile != "", "", "webhook slack email"},
	} {
		needed := word(k.needs, s.Kind)
		switch {
		case needed && !k.set:
			faults.Add(key+"."+k.name, "is missing: kind %s needs it", s.Kind)
		case k.set && !needed && !word(k.takes, s.Kind):
			faults.Add(key+"."+k.name, "is for kind %s: take it out", strings.ReplaceAll(strings.TrimSpace(k.needs+k.takes), " ", " or "))
		}
	}
}

// word reports that a word is among those of a text.
func word(text, one string) bool { return one != "" && strings.Contains(" "+text+" ", " "+one+" ") }

var (
	errURL         = errors.New("is no https://HOST/PATH")
	errPlainHTTP   = errors.New("is http to a host that is not this one: use https")
	errNotLoopback = errors.New("its name leads to a host that is not this one: use https")
)

// endpoint reads a URL. No error quotes it.
func endpoint(text secret.Secret) (*url.URL, error) {
	at, err := url.Parse(text.Reveal())
	if err != nil || at.Hostname() == "" || at.Opaque != "" || at.Fragment != "" {
		return nil, errURL
	}
	if _, err := strconv.ParseUint(at.Port(), 10, 16); err != nil && at.Port() != "" {
		return nil, errURL
	}
	switch at.Scheme {
	case "https":
		return at, nil
	case "http":
		if ip, err := netip.ParseAddr(at.Hostname()); at.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
			return nil, errPlainHTTP
		}
		return at, nil
	}
	return nil, errURL
}

// checkMail checks the settings of an e-mail.
func (s Settings) checkMail(key string, faults *fault.List) {
	if host, port, err := net.SplitHostPort(s.Server); s.Server != "" {
		if number, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || number == 0 || host == "" {
			faults.Add(key+".server", "wants a host and a port: mail.example.com:587")
		}
	}
	if _, err := address(s.From); err != nil && s.From != "" {
		faults.Add(key+".from", "%v", err)
	}
	if len(s.Recipients) > mostRecipients {
		faults.Add(key+".recipients", "are %d, %d at most: use a list of the mail server's", len(s.Recipients), mostRecipients)
	}
	for i, r := range s.Recipients {
		if _, err := address(r); err != nil {
			faults.Add(fmt.Sprintf("%s.recipients[%d]", key, i), "%v", err)
		}
	}
	if (s.Username == "") != s.Password.Empty() {
		faults.Add(key+".password", "goes with username: set both, or none")
	}
	if !s.InsecurePlaintext {
		return
	}
	faults.Warn(key+".insecure_plaintext", "lets login names and addresses cross the network in plain text, where anybody on the way can read and change them")
	if s.Username != "" {
		faults.Warn(key+".username", "is used only where the mail server offers STARTTLS: no password is sent in plain text")
	}
}

// mostRecipients bounds the recipients of one message: a mail server takes 100 at least (RFC 5321 section 4.5.3.1.8).
const mostRecipients = 50

var errAddress = errors.New("is no mail address such as alarm@example.com (ASCII, 254 octets at most)")

// address is a mailbox as SMTP has it (RFC 5321 section 4.1.2), without a name beside it.
func address(text string) (string, error) {
	const longest = 254 // RFC 5321 section 4.5.3.1.3, less the angle brackets
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || len(text) > longest || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errAddress
	}
	return a.Address, nil
}

var (
	errNotAbsolute = errors.New("wants an absolute path, without arguments: /usr/local/bin/page")
	errNoProgram   = errors.New("is no file that can be run")
	errWritable    = errors.New("can be written by others, who would run as this server: chmod go-w it, and its directory")
)

// Runnable says what is wrong with a command; nil where nothing is. Whoever can write there, or put another file in its place, runs as this server.
func Runnable(path string) error {
	const anyRuns, othersWrite = 0o111, 0o022
	if !filepath.IsAbs(path) {
		return errNotAbsolute
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&anyRuns == 0 {
		return errNoProgram
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return errNoProgram
	}
	for _, p := range []string{filepath.Dir(path), filepath.Dir(target)} {
		if dir, err := os.Stat(p); err != nil || dir.Mode()&othersWrite != 0 && dir.Mode()&fs.ModeSticky == 0 {
			return errWritable
		}
	}
	if info.Mode()&othersWrite != 0 {
		return errWritable
	}
	return nil
}
