package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// systemd hands credentials over as files of a directory that only the unit may read (systemd.exec(5), LoadCredential=).
const (
	credentialsVariable = "CREDENTIALS_DIRECTORY"
	keyCredential       = "seal.key" // the key of sealed secrets, where the settings name none
)

// credentialPath is where a credential lies.
func (l *loader) credentialPath(name string) (string, error) {
	return CredentialPath(name, l.opt.Environ)
}

// CredentialPath is where systemd put the credential that credential:NAME names; environ is as os.Environ gives it. The name is one
// path segment. The error says what to do.
func CredentialPath(name string, environ []string) (string, error) {
	if name == "" || name == "." || name == ".." || strings.ContainsFunc(name, func(r rune) bool { return r == '/' || unicode.IsControl(r) }) {
		return "", errors.New("credential: must be followed by the name of a credential, as LoadCredential= in the unit names it, without a slash")
	}
	for _, v := range environ {
		if dir, ok := strings.CutPrefix(v, credentialsVariable+"="); ok && dir != "" {
			return filepath.Join(dir, name), nil
		}
	}
	return "", fmt.Errorf("credential:%s needs systemd, which sets %s: the program runs outside of systemd, or its unit has no LoadCredential= (docs/secrets.md)",
		name, credentialsVariable)
}

// credential is the text of a credential. Its mode is systemd's to keep: where a list of access rights lets the unit's user in, it looks
// as if a group could read it.
func (l *loader) credential(name string) (string, error) {
	path, err := l.credentialPath(name)
	if err != nil {
		return "", err
	}
	text, _, err := l.read(path, maxSecret)
	if err != nil {
		return "", fmt.Errorf("the credential %s cannot be read: %w", name, err)
	}
	line := oneLine(text)
	if line == "" {
		return "", fmt.Errorf("the credential %s is empty", name)
	}
	return line, nil
}

// oneLine is a file's text without the line break at its end.
func oneLine(text []byte) string {
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
}

// Origin says how a secret is given.
type Origin string

// The origins. Literal is a text in the configuration file itself.
const (
	FromEnvironment Origin = "env"
	FromFile        Origin = "file"
	FromSealed      Origin = "sealed"
	FromCredential  Origin = "credential"
	Literal         Origin = "literal"
)

// Origin is how the secret at a key path is given; empty where there is none.
func (s *Settings) Origin(key string) Origin { return s.origins[key] }

// given keeps how a secret is given.
func (l *loader) given(path, written string) {
	scheme, _, _ := strings.Cut(written, ":")
	origin := Origin(scheme)
	if !slices.Contains([]Origin{FromEnvironment, FromFile, FromSealed, FromCredential}, origin) {
		origin = Literal
		if l.places.FromEnvironment(path) {
			origin = FromEnvironment
		}
	}
	l.origins[path] = origin
}
