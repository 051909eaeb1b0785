package ldap

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"
)

func TestTLS(t *testing.T) {
	good, ca := certificate(t, time.Now().Add(-time.Hour), "127.0.0.1")
	stranger, _ := certificate(t, time.Now().Add(-time.Hour), "127.0.0.1")
	other, otherCA := certificate(t, time.Now().Add(-time.Hour), "dc1.example.com")
	expired, expiredCA := certificate(t, time.Now().Add(-4*time.Hour), "127.0.0.1")
	old := good.Clone()
	old.MaxVersion = tls.VersionTLS11
	old.MinVersion = tls.VersionTLS10
	cases := []struct {
		name   string
		server *tls.Config
		ca     string
		says   string // of the error; empty: right
	}{
		{"trusted", good, ca, ""},
		{"unknown authority", stranger, ca, "set primary.ldap.ca_file"},
		{"another name", other, otherCA, "another name"},
		{"expired", expired, expiredCA, "expired"},
		{"too old", old, ca, "refuses TLS 1.2"},
	}
	for _, scheme := range []string{"ldaps", "ldap"} {
		for _, c := range cases {
			t.Run(scheme+" "+c.name, func(t *testing.T) {
				f := newFake()
				secure := c.server
				if scheme == "ldap" {
					f.tls, secure = c.server, nil
				}
				settings := settings(scheme + "://" + f.listen(t, secure))
				settings.CAFile, settings.OwnRoots = c.ca, true
				_, err := login(t, source(t, settings), "alice", alicePassword)
				if c.says == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if !unavailable(err) || !strings.Contains(err.Error(), c.says) || len(f.told()) > 0 {
					t.Errorf("%v, want %q; asked %q", err, c.says, f.told())
				}
			})
		}
	}
}

// TestStartTLSIsNeverLeftOut: where a server does not start TLS, nothing is sent in the clear.
func TestStartTLSIsNeverLeftOut(t *testing.T) {
	good, ca := certificate(t, time.Now().Add(-time.Hour), "127.0.0.1")
	cases := []struct {
		name   string
		change func(*fake)
		says   string
	}{
		{"no certificate", func(f *fake) { f.tls = nil }, "refuses StartTLS with result 2 "},
		{"unavailable", func(f *fake) { f.startTLS = 52 }, "refuses StartTLS with result 52 "},
		{"cut", func(f *fake) { f.does = only("starttls", cuts) }, "closed the connection before TLS"},
		{"injection", func(f *fake) { f.does = only("starttls", injects) }, "does not speak TLS"},
		{"another answer", func(f *fake) { f.does = only("starttls", babbles) }, "something else"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFake()
			f.tls = good
			c.change(f)
			settings := settings("ldap://" + f.listen(t, nil))
			settings.CAFile = ca
			s := source(t, settings)
			_, err := login(t, s, "alice", alicePassword)
			if !unavailable(err) || !strings.Contains(err.Error(), c.says) || holdsSecret(err) || len(f.told()) > 0 {
				t.Errorf("%v, want %q; asked %q", err, c.says, f.told())
			}
		})
	}
}

// TestWrongPort: ldaps:// at a port that speaks LDAP in the clear, and a port at which nobody is.
func TestWrongPort(t *testing.T) {
	address := newFake().listen(t, nil)
	_, ca := certificate(t, time.Now(), "127.0.0.1")
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	settings := settings("ldaps://"+address, "ldaps://"+l.Addr().String())
	settings.CAFile, settings.OwnRoots = ca, true
	_, err = login(t, source(t, settings), "alice", alicePassword)
	for _, want := range []string{"before TLS began", "cannot be reached"} {
		if !unavailable(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestNoName: a host that DNS does not know.
func TestNoName(t *testing.T) {
	if got := inPlainWords(t.Context(), &net.DNSError{Err: "no such host", Name: "dc1.example.com"}); !strings.Contains(got, "cannot be resolved") {
		t.Error(got)
	}
}
