package ship

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"
)

func TestTLSRefusals(t *testing.T) {
	right, ca := certificate(t, "127.0.0.1")
	other, _ := certificate(t, "127.0.0.1")
	name, nameCA := certificate(t, "siem.example.com")
	old := right.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	for what, c := range map[string]struct {
		server *tls.Config
		ca     string
		want   string
	}{
		"another authority": {other, ca, "its certificate is not accepted"},
		"another name":      {name, nameCA, "its certificate is not accepted"},
		"the system's only": {right, "", "its certificate is not accepted"},
		"TLS 1.1":           {old, ca, "the TLS handshake failed"},
	} {
		t.Run(what, func(t *testing.T) {
			server := newServer(t, c.server)
			s := newStage(t, server.url())
			s.settings.CAFile = c.ca
			s.Write(1)
			s.start()
			s.until("a failure", func() bool { return strings.Contains(s.stats().Failing, c.want) })
			if said := s.said() + s.log.String(); strings.Contains(said, "a text of the receiver's") {
				t.Error(said)
			}
			if len(server.got()) > 0 || s.stats().Shipped > 0 {
				t.Error("a record left")
			}
		})
	}
}

// TestHandshakeThatNeverEnds is given up in time, and is no way to keep a server from ending.
func TestHandshakeThatNeverEnds(t *testing.T) {
	server := newServer(t, nil)
	stuck := make(chan struct{})
	server.does(func(net.Conn) { <-stuck })
	defer close(stuck)
	s := newStage(t, "tls://"+server.address)
	s.waits.Open = 50 * time.Millisecond
	s.Write(1)
	s.start()
	s.until("a failure", func() bool { return s.stats().Failing == "the TLS handshake failed: no answer in time" })
	s.stop()
	s.waits.Open = time.Hour
	before := server.conns.Load()
	s.start()
	s.until("a connection", func() bool { return server.conns.Load() > before })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.shipping.Close(ctx)
	s.shipping = nil
}

func TestUnknownHost(t *testing.T) {
	s := newStage(t, "tcp://no-such-host.invalid:601")
	s.Write(1)
	s.start()
	s.until("a failure", func() bool { return s.stats().Failing != "" })
	if got := s.stats().Failing; got != "its name is not known" && !strings.HasPrefix(got, "cannot be reached") {
		t.Error(got)
	}
}
