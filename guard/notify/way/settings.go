package way

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"time"

	"ivalt-radius/guard"
	"ivalt-radius/secret"
)

// The kinds.
const (
	Webhook = "webhook"
	Slack   = "slack"
	Email   = "email"
	Command = "command"
)

// Settings are one receiver, an element of `guard.notify`.
type Settings struct {
	Name              string
	Kind              string
	Severity          guard.Severity // the least that it is told of
	URL               secret.Secret
	SigningSecret     secret.Secret // empty: not signed
	Server            string        // HOST:PORT
	InsecurePlaintext bool
	Username          string
	Password          secret.Secret
	From              string
	Recipients        []string
	Command           string
	CAFile            string        // PEM; empty: the system's roots
	Digest            time.Duration // 0: each notice by itself
	PerHour           int           // messages
}

// Way sends messages. It is safe for concurrent use.
type Way interface {
	// Send sends notices, one at least, as one message, within a minute or until ctx ends. said are safe words about what the
	// receiver answered. The error is a *Error.
	Send(ctx context.Context, notices []Notice) (said string, err error)
}

var (
	errKind = errors.New("kind: it is webhook, slack, email or command")
	errPEM  = errors.New("ca_file holds no certificate in PEM")
)

// New is the way of settings in which Check finds no fault. It reads ca_file.
func New(s Settings) (Way, error) {
	roots, err := authorities(s.CAFile)
	if err != nil {
		return nil, err
	}
	security := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	switch s.Kind {
	case Webhook:
		at, err := endpoint(s.URL)
		return webhook{poster: newPoster(at, security), secret: s.SigningSecret, now: time.Now}, err
	case Slack:
		at, err := endpoint(s.URL)
		return chat{poster: newPoster(at, security)}, err
	case Email:
		return newMail(s, security)
	case Command:
		return program{path: s.Command, within: commandWithin}, nil
	}
	return nil, errKind
}

// authorities reads ca_file; nil are the system's.
func authorities(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // which is how crypto/tls has it
	}
	content, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		return nil, errPEM
	}
	return pool, nil
}
