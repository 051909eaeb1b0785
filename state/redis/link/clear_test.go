package link

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"

	"ivalt-radius/secret"
)

// elsewhere is an address of no host: a connection to it that was made would time out, and one that is refused says why.
const elsewhere = "192.0.2.1"

// TestNothingInTheClearLeavesThisHost: without TLS no server elsewhere is asked, whoever names it.
func TestNothingInTheClearLeavesThisHost(t *testing.T) {
	t.Parallel()
	names := func(t *testing.T, reply func(*server.Peer)) string {
		t.Helper()
		s, err := server.NewServer("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		for _, command := range []string{"SENTINEL", "CLUSTER"} {
			if err := s.Register(command, func(c *server.Peer, _ string, _ []string) { reply(c) }); err != nil {
				t.Fatal(err)
			}
		}
		return s.Addr().String()
	}
	for name, o := range map[string]Settings{
		"the settings": {Addresses: []string{elsewhere + ":6379"}},
		"a sentinel": {Mode: Sentinel, Master: "m", Addresses: []string{names(t, func(c *server.Peer) {
			c.WriteStrings([]string{elsewhere, "6379"})
		})}},
		"a cluster": {Mode: Cluster, Addresses: []string{names(t, func(c *server.Peer) {
			c.WriteLen(1)
			c.WriteLen(3)
			c.WriteInt(0)
			c.WriteInt(16383)
			c.WriteLen(3)
			c.WriteBulk(elsewhere)
			c.WriteInt(6379)
			c.WriteBulk(strings.Repeat("a", 40))
		})}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o.Key, o.Prefix, o.Timeout = secret.New(strings.Repeat("k", 32)), "p", 5*time.Second
			l, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Client.Close() })
			if err := l.Client.Get(t.Context(), "{p}:x").Err(); err == nil || !strings.Contains(err.Error(), errClear.Error()) {
				t.Error(err)
			}
		})
	}
}

// TestLoopbackInTheClear: this host may be called by its name, and by either family.
func TestLoopbackInTheClear(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	_, port, err := net.SplitHostPort(m.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if err := linked(t, net.JoinHostPort("localhost", port)).Client.Set(t.Context(), "x", 1, 0).Err(); err != nil {
		t.Error(err)
	}
	for address, refused := range map[string]bool{"127.0.0.1:1": false, "[::1]:1": false, "[::ffff:127.0.0.1]:1": false, "10.0.0.1:1": true, "": true, "/run/redis": true} {
		if err := onlyLoopback("tcp", address, nil); (err != nil) != refused {
			t.Errorf("%q: %v", address, err)
		}
	}
}
