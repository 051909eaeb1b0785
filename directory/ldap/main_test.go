package ldap

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
	"ivalt-radius/secret/secrettest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// certificate makes one for the names, and the file that has it trusted.
func certificate(t *testing.T, from time.Time, names ...string) (*tls.Config, string) {
	t.Helper()
	form, file := secrettest.Authority(names...), filepath.Join(t.TempDir(), "ca.pem")
	form.NotBefore, form.NotAfter = from, from.Add(2*time.Hour)
	made := secrettest.New(t, form, nil)
	made.Write(t, file, "")
	return made.Server(), file
}

// source makes a Source that ends with the test.
func source(t *testing.T, s Settings) *Source {
	t.Helper()
	made, faults := New(s)
	if made == nil {
		t.Fatal(faults)
	}
	t.Cleanup(made.Close)
	return made
}

// plain makes a Source of the fake without TLS, changed by change.
func plain(t *testing.T, f *fake, change func(*Settings)) *Source {
	t.Helper()
	s := settings("ldap://" + f.listen(t, nil))
	s.InsecurePlaintext = true
	if change != nil {
		change(&s)
	}
	return source(t, s)
}

// piped makes a Source whose servers, by their host names, are fakes at the other ends of pipes: for time that a bubble makes pass.
func piped(t *testing.T, s Settings, fakes map[string]*fake) *Source {
	t.Helper()
	s.InsecurePlaintext = true
	made, faults := newSource(s, func(_ context.Context, _, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		f := fakes[host]
		if f == nil {
			return nil, fmt.Errorf("nobody is at %s", host)
		}
		ours, theirs := net.Pipe()
		go f.serve(theirs)
		f.set(func(f *fake) {
			f.open++
			f.most = max(f.most, f.open)
		})
		return &counted{Conn: ours, fake: f}, nil
	})
	if made == nil {
		t.Fatal(faults)
	}
	t.Cleanup(made.Close)
	return made
}

// counted is the near end of a pipe, whose end the fake is told.
type counted struct {
	net.Conn

	fake *fake
	once sync.Once
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.once.Do(func() { c.fake.set(func(f *fake) { f.open-- }) })
	return c.Conn.Close()
}

func username(t *testing.T, name string) auth.Username {
	t.Helper()
	user, err := auth.ParseUsername(name)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// login asks who it is and checks the password, as the journey does.
func login(t *testing.T, s *Source, name, password string) (auth.Checked, error) {
	t.Helper()
	user := username(t, name)
	person, err := s.Person(t.Context(), user)
	if err != nil {
		return auth.Checked{}, err
	}
	return s.Verify(t.Context(), auth.Subject{User: user, Person: person}, pap(password))
}

func pap(password string) *auth.Request {
	return &auth.Request{Method: auth.PAP, Password: secret.New(password)}
}

// holdsSecret reports that an error gives away what no error may: a password, a name of the directory's, the server's own text.
func holdsSecret(err error) bool {
	if err == nil {
		return false
	}
	text := fmt.Sprintf("%v %+v %#v", err, err, err)
	return strings.Contains(text, "canary") || strings.Contains(text, "dc=example") || strings.Contains(text, "alice")
}
