package blackbox_test

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/radius"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
	"ivalt-radius/secret/secrettest"
	"ivalt-radius/test/blackbox"
)

// Further gateways' addresses, and the secret of the second client.
const (
	chapSource  = "127.0.0.23"
	otherSource = "127.0.0.24"
	otherSecret = "hJ7dW3pF9sK2vN6xC8bT4gQ"
)

// stateless remembers no address.
type stateless struct{}

func (stateless) Has(string) bool   { return false }
func (stateless) Learn(string) bool { return true }

// startUpstream runs a server that takes every password, CHAP too: the first factor of whoever comes by CHAP.
func startUpstream(t *testing.T) (address string) {
	t.Helper()
	log := logrus.New()
	log.SetOutput(io.Discard)
	accept := radius.LoginFunc(func(context.Context, auth.Request) auth.Verdict {
		return auth.Verdict{Kind: auth.Accept, Reason: auth.ExemptByRule}
	})
	server, err := radius.Listen(radius.Settings{
		Authentication: []string{"127.0.0.1:0"},
		Clients: []radius.ClientSettings{{
			Name: "us", Networks: []string{"127.0.0.0/8"}, Secrets: []secret.Secret{secret.New(otherSecret)}, InsecureMethods: []string{"chap"},
		}},
	}, radius.Deps{Login: accept, Learned: stateless{}, Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	at, _ := server.Addrs()
	return at[0].String()
}

// settle writes the settings as they are behind so many changes: each of them changes another part.
func (u *upgrading) settle(t *testing.T, changes int) {
	t.Helper()
	people, secrets, rules, window := (changes+3)/4, (changes+2)/4, (changes+1)/4, changes/4
	u.List(t, fmt.Sprintf("somebody%d: {email: somebody%d@example.com}\n", people, people))
	if changes%4 == 0 {
		u.certify(t, window)
	}
	u.Settings.Clients = fmt.Sprintf(`
  - {name: gateway, networks: [%s/32], secrets: [%q, "the next secret, number %d"], answer_within: 30s}
  - {name: other, networks: [%s/32], secrets: [%q], answer_within: 30s}
  - {name: asker, networks: [%s/32], secrets: [%q], answer_within: 12s, challenge: approve}
  - {name: prover, networks: [%s/32], secrets: [%q], answer_within: 30s, primary: radius, insecure_methods: [chap]}`,
		blackbox.Source, blackbox.Secret, secrets, otherSource, otherSecret, blackbox.Second, blackbox.Secret, chapSource, blackbox.Secret)
	u.Settings.Policy = fmt.Sprintf("\n  default: require_push\n  rules:\n    - {name: blocked, match: {users: [\"nobody%d\"]}, decision: deny}", rules)
	u.Write(t)
}

// certify gives the window a certificate of its own.
func (u *upgrading) certify(t *testing.T, serial int) {
	t.Helper()
	certificate, key := filepath.Join(u.Dir, "window.pem"), filepath.Join(u.Dir, "key.pem")
	secrettest.New(t, &x509.Certificate{
		SerialNumber: big.NewInt(int64(serial) + 1), Subject: pkix.Name{CommonName: "window"}, IPAddresses: []net.IP{net.ParseIP(u.Address)},
	}, nil).Write(t, certificate+".new", key+".new")
	for _, at := range []string{key, certificate} {
		if err := os.Rename(at+".new", at); err != nil {
			t.Fatal(err)
		}
	}
}

// change has the server take the next settings, and waits until it has.
func (u *upgrading) change(t *testing.T) {
	t.Helper()
	before := len(u.Server.Lines("reloaded"))
	u.changes++
	u.settle(t, u.changes)
	u.Server.Signal(syscall.SIGHUP)
	u.Server.AwaitLines(t, "reloaded", before+1)
}

// proves has one person log in by CHAP, by the very same packet again and again.
func (c *comers) proves(user string, after time.Duration) {
	c.Enrol(user, ivalttest.Approve, after)
	nas := radiustest.NAS{
		Server: c.Authentication(), Secret: secret.New(blackbox.Secret), LocalAddr: chapSource, Retry: radiustest.Retry{Interval: time.Second, Tries: 30},
	}
	c.wait.Go(func() {
		result, err := nas.Login(c.t.Context(), radiustest.Credentials{User: user, Password: secret.New("pw"), CallingStation: "192.0.2.9", Method: radiustest.CHAP})
		if err != nil || result.Code != radiustest.AccessAccept {
			c.t.Errorf("%s: %v, %v; %v", user, result.Code, err, c.Attempts(c.t, user))
		}
	})
}
