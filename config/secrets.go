package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ivalt-radius/config/strength"
	"ivalt-radius/config/tree"
	"ivalt-radius/secret"
)

const (
	minShared = 16 // octets of a shared secret
	minAPIKey = 32 // octets of an API key

	readableByOthers = 0o066 // by group or others: to read or to write
)

var (
	variableForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	apiKeyForm   = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

	// What base64 makes seldom has either form: a secret drawn by lot may begin with a slash.
	pathForm = regexp.MustCompile(`^(/[a-z][a-z0-9._-]*/|\.{1,2}/|~)`)
	nameForm = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`)
)

// secrets puts the secret texts in the place of what points to them, and judges them.
func (l *loader) secrets(s *Settings) {
	for i := range s.Clients {
		kept := s.Clients[i].Secrets[:0]
		for j, written := range s.Clients[i].Secrets {
			path := tree.Index(tree.Join(tree.Index("clients", i), "secrets"), j)
			if text, ok := l.secret(path, written); ok && l.strong(path, text) {
				kept = append(kept, text)
			}
		}
		s.Clients[i].Secrets = kept
	}
	l.optional("ivalt.proxy", &s.IVALT.Proxy)
	const signing = "ivalt.signing_secret"
	if l.optional(signing, &s.IVALT.SigningSecret); !s.IVALT.SigningSecret.Empty() {
		l.judge(signing, s.IVALT.SigningSecret, "secret that signs requests")
	}
	const path = "ivalt.api_key"
	if s.IVALT.APIKey.Empty() {
		return // a fault already
	}
	key, ok := l.secret(path, s.IVALT.APIKey)
	if ok {
		if err := checkAPIKey(key); err != nil {
			l.faults.Add(path, "%s", err)
			ok = false
		}
	}
	if !ok {
		key = secret.Secret{}
	}
	s.IVALT.APIKey = key
}

// optional puts a secret that need not be there in the place of what points to it.
func (l *loader) optional(path string, text *secret.Secret) {
	if !text.Empty() {
		*text, _ = l.secret(path, *text)
	}
}

// secret is the text that a written secret stands for.
func (l *loader) secret(path string, written secret.Secret) (secret.Secret, bool) {
	text, literal, err := l.resolve(path, written.Reveal())
	l.given(path, written.Reveal())
	if literal {
		l.literal(path, text)
	}
	return l.line(path, text, err)
}

// line is a secret's text, where it is one line; otherwise there is a fault at its path.
func (l *loader) line(path, text string, err error) (secret.Secret, bool) {
	if err == nil {
		err = printable(text)
	}
	if errors.Is(err, errKeyTold) {
		return secret.Secret{}, false
	}
	if err != nil {
		l.faults.Add(path, "%s", err)
		return secret.Secret{}, false
	}
	return secret.New(text), true
}

// resolve is the text that a written secret points to, or the text itself, literal.
func (l *loader) resolve(path, written string) (text string, literal bool, err error) {
	scheme, rest, _ := strings.Cut(written, ":")
	switch scheme {
	case "env":
		text, err = l.variable(rest)
	case "file":
		text, err = l.secretFile(path, rest)
	case "sealed":
		text, err = l.sealed(rest)
	case "credential":
		text, err = l.credential(rest)
	default:
		return written, true, nil
	}
	return text, false, err
}

// literal warns of a secret that stands in the file itself, and of a text that most likely points to the secret and has lost the
// word before it. One that the environment sets stands in no file.
func (l *loader) literal(path, text string) {
	if path == "ivalt.proxy" && !strings.Contains(text, "@") {
		return // no password in it
	}
	switch {
	case pathForm.MatchString(text):
		l.faults.Warn(path, "looks like a path; did you mean file:PATH? Written so, the path itself is the secret")
	case nameForm.MatchString(text):
		l.faults.Warn(path, "looks like the name of an environment variable; did you mean env:NAME? Written so, the name itself is the secret")
	}
	if !l.places.FromEnvironment(path) {
		l.literals++
		l.faults.Warn(path, "the secret stands in the file as it is: better file:PATH, env:NAME, credential:NAME or a sealed one")
	}
}

func (l *loader) variable(name string) (string, error) {
	if !variableForm.MatchString(name) {
		return "", errors.New("env: must be followed by the name of an environment variable")
	}
	l.pointed = append(l.pointed, name)
	for _, v := range l.opt.Environ {
		if text, ok := strings.CutPrefix(v, name+"="); ok {
			if text == "" {
				return "", fmt.Errorf("the environment variable %s is empty", name)
			}
			return text, nil
		}
	}
	return "", fmt.Errorf("the environment variable %s is not set", name)
}

func (l *loader) secretFile(path, name string) (string, error) {
	if name == "" {
		return "", errors.New("file: must be followed by the name of a file")
	}
	text, mode, err := l.read(name, maxSecret)
	if err != nil {
		return "", fmt.Errorf("the file %q cannot be read: %w", name, err)
	}
	if mode&readableByOthers != 0 {
		l.faults.Warn(path, "others can read the secret: chmod 600 %s", name)
	}
	line := oneLine(text)
	if line == "" {
		return "", fmt.Errorf("the file %q is empty: write the secret into it", name)
	}
	return line, nil
}

// printable refuses what no secret of one line holds: a file with several lines is most likely the wrong one.
func printable(text string) error {
	switch {
	case text == "":
		return errors.New("is empty")
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return errors.New("holds a line break, a control character or no UTF-8: a secret is one line of text")
	}
	return nil
}

// strong judges a shared secret: RFC 2865 section 3 asks for one "sufficiently large" to resist an exhaustive search.
func (l *loader) strong(path string, s secret.Secret) bool {
	if s.Len() < minShared {
		l.faults.Add(path, "the shared secret is shorter than %d characters: make one with `openssl rand -base64 24`", minShared)
		return false
	}
	l.judge(path, s, "shared secret")
	if text := s.Reveal(); strings.TrimSpace(text) != text {
		l.faults.Warn(path, "the shared secret begins or ends with a blank")
	}
	return true
}

// judge warns of a secret that is soon guessed. It never quotes it.
func (l *loader) judge(path string, s secret.Secret, what string) {
	words := strength.Judge(s, 0)
	switch {
	case slices.Contains(words, strength.WellKnown):
		l.faults.Warn(path, "the %s is a well-known or example one: make one with `openssl rand -base64 24`", what)
	case slices.Contains(words, strength.Weak):
		l.faults.Warn(path, "the %s is weak, words, repeats and sequences are soon tried: make one with `openssl rand -base64 24`", what)
	}
}

// checkAPIKey says which of the three it is: the wrong text, a part of one, or one of an example.
func checkAPIKey(key secret.Secret) error {
	text := key.Reveal()
	switch {
	case !apiKeyForm.MatchString(text):
		return errors.New("holds characters that no API key holds, which has letters, digits, _ and - alone: set the API key that iVALT issued")
	case strength.Placeholder(key):
		return errors.New("is a placeholder: set the API key that iVALT issued")
	case len(text) < minAPIKey:
		return fmt.Errorf("is shorter than %d characters: set the whole API key that iVALT issued", minAPIKey)
	}
	return nil
}
