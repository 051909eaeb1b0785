package blackbox

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit/segment"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/secret"
)

// What every Site is set up with, unless its settings say otherwise.
const (
	Secret = "vX2nR8kQ5tZ1mB7yL4cW9dH"
	APIKey = "Zq3vT8mKx1Lw9RbY5cHd2NfG6sJp4UaE7b"
	Source = "127.0.0.21" // the gateway's address; client "gateway"
	Second = "127.0.0.22" // another gateway of the same client
)

// Site is one installation: cloud, settings, state and the server.
type Site struct {
	Cloud    *ivalttest.Cloud
	CloudURL string
	Dir      string // temporary; the settings are config.yaml, the state is state/
	Address  string // a loopback address that no other Site has
	Settings Settings
	Server   *Process

	cloud *httptest.Server
}

// Settings are the parts of the settings file that tests change; an empty part is the Site's own.
type Settings struct {
	Clients string // the list below `clients:`
	Policy  string // the map below `policy:`
	IVALT   string // further keys below `ivalt:`
	Users   string // further keys below `users:`; a file that List wrote is there already
	Reject  string // reject_delay
	Audit   string // the trail's file
	Trail   string // further keys below `audit:`
	State   string // the state directory
	Admin   string // listen.admin; empty: none; DefaultAdmin: not named; see OpenWindow
	More    string // further top-level keys
}

// NewSite makes an installation; Start starts it.
func NewSite(t *testing.T) *Site {
	t.Helper()
	cloud := ivalttest.New(ivalttest.Options{APIKey: secret.New(APIKey)})
	server := httptest.NewServer(http.Handler(cloud))
	t.Cleanup(server.Close)
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails
	return &Site{
		Cloud:    cloud,
		CloudURL: server.URL,
		cloud:    server,
		Dir:      t.TempDir(),
		Address:  fmt.Sprintf("127.%d.%d.%d", 1+b[0]%250, b[1], 1+b[2]%250),
	}
}

// Authentication is where the server listens.
func (s *Site) Authentication() string { return s.Address + ":8812" }

// Accounting is where the server listens.
func (s *Site) Accounting() string { return s.Address + ":8813" }

// Config is the settings file.
func (s *Site) Config() string { return filepath.Join(s.Dir, "config.yaml") }

// State is the state directory.
func (s *Site) State() string { return or(s.Settings.State, filepath.Join(s.Dir, "state")) }

// Trail is the audit trail.
func (s *Site) Trail() string { return or(s.Settings.Audit, filepath.Join(s.State(), "audit.jsonl")) }

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// Write writes the settings file.
func (s *Site) Write(t *testing.T) {
	t.Helper()
	if s.Settings.State == "" {
		if err := os.MkdirAll(s.State(), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	clients := or(s.Settings.Clients, fmt.Sprintf(`
  - name: gateway
    networks: [%s/32, %s/32]
    secrets: [%q]
    answer_within: 30s`, Source, Second, Secret))
	text := fmt.Sprintf(`listen:
  authentication: [%q]
  accounting: [%q]
  %s
reject_delay: %s
clients:%s
ivalt:
  url: %q
  api_key: %q
  %s
users:
  email: "{username}@example.com"
  %s
policy:%s
audit:
  file: %q
  %s
state:
  directory: %q
%s
`, s.Authentication(), s.Accounting(), s.admin(), or(s.Settings.Reject, "100ms"), clients, s.CloudURL, APIKey, or(s.Settings.IVALT, "approval_timeout: 25s"),
		s.users(), or(s.Settings.Policy, " {default: require_push}"), s.Trail(), s.Settings.Trail, s.State(), s.Settings.More)
	if err := os.WriteFile(s.Config(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Start writes the settings and runs the server until it is ready.
func (s *Site) Start(t *testing.T, flags ...string) {
	t.Helper()
	s.Write(t)
	s.Server = Start(t, nil, append([]string{"serve", "--config", s.Config()}, flags...)...)
	s.Server.AwaitLines(t, "ready", 1)
}

// NAS opens a socket of the gateway at Source.
func (s *Site) NAS(t *testing.T) *NAS {
	t.Helper()
	return NewNAS(t, Source, s.Authentication(), Secret)
}

// Enrol gives a user a phone that behaves so.
func (s *Site) Enrol(user string, does ivalttest.Behaviour, after time.Duration) {
	s.Cloud.Set(ivalttest.Person{Email: Email(user), Behaviour: does, After: after})
}

// Email is the address that the Site's settings make of a login name.
func Email(user string) string { return strings.ToLower(user) + "@example.com" }

// Pushes is how many pushes the user's phone has got.
func (s *Site) Pushes(user string) int { return s.Cloud.Pushes(ivalttest.DerivedMobile(Email(user))) }

// TrailLines are the lines of the trail, as they stand on disk, over all its files. A line that is cut off at the end is not one.
func (s *Site) TrailLines(t *testing.T) [][]byte {
	t.Helper()
	lines := bytes.Split(s.TrailText(t), []byte("\n"))
	return lines[:len(lines)-1]
}

// TrailText is the text of all files of the trail.
func (s *Site) TrailText(t *testing.T) []byte {
	t.Helper()
	files, err := segment.List(s.Trail(), "")
	if err == nil && len(files) == 0 {
		err = os.ErrNotExist
	}
	var text bytes.Buffer
	for _, f := range files {
		in, opened := f.Open()
		if err = errors.Join(err, opened); opened == nil {
			_, copied := text.ReadFrom(in)
			err = errors.Join(err, copied, in.Close())
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}
