package radius

import (
	"context"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/auth"
	"ivalt-radius/radius/sighting"
	"ivalt-radius/secret"
)

// BenchmarkFlood is what a packet that gets no answer costs behind its receiving, from 65,536 addresses in turn: with and without
// somebody who is told of it.
func BenchmarkFlood(b *testing.B) {
	told := 0
	for name, hook := range map[string]func(string, string, netip.Addr){
		"unheard": nil, "told": func(string, string, netip.Addr) { told++ },
	} {
		srv := floodServer(b, hook)
		stranger := &datagram{socket: srv.sockets[0], received: time.Now()}
		b.Run("stranger_"+name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				stranger.source = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}), 1812)
				srv.decline(stranger, srv.admit(stranger))
			}
		})
		forged := &datagram{socket: srv.sockets[0], received: time.Now()}
		forged.size = copy(forged.buf[:], "\x01\x01\x00\x29sixteen octets !\x01\x03b\x50\x12another sixteen.")
		b.Run("forged_"+name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				forged.source = netip.AddrPortFrom(numbered(i), 1812)
				forged.client = srv.table.Load().Find(forged.source.Addr())
				srv.serve(forged)
			}
			if srv.Counters()["bad_authenticator"] == 0 {
				b.Fatal("nothing was dropped")
			}
		})
		if err := srv.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// floodServer is a server that nobody else asks: whoever measures is its worker.
func floodServer(b *testing.B, hook func(string, string, netip.Addr)) *Server {
	b.Helper()
	log := logrus.New()
	log.SetOutput(io.Discard)
	srv, err := Listen(Settings{
		Authentication: []string{"127.0.0.1:0"},
		Clients:        []ClientSettings{{Name: "vpn", Networks: []string{"10.0.0.0/8"}, Secrets: []secret.Secret{secret.New("correct horse battery staple")}}},
	}, Deps{
		Login: LoginFunc(func(context.Context, auth.Request) auth.Verdict { return auth.Verdict{} }), Log: log, Now: time.Now,
		Sightings: sighting.New(), Dropped: hook,
	})
	if err != nil {
		b.Fatal(err)
	}
	return srv
}
