package blackbox_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc3576"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/radius/radiustest"
	"ivalt-radius/secret"
	"ivalt-radius/test/blackbox"
)

// dynamic is a gateway's side of RFC 5176, by layeh: it knows some sessions.
type dynamic struct {
	mu    sync.Mutex
	knows map[string]bool
	asked int
}

func (d *dynamic) ServeRADIUS(w radius.ResponseWriter, r *radius.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	id := rfc2866.AcctSessionID_GetString(r.Packet)
	if r.Code == radius.CodeDisconnectRequest && d.knows[id] {
		delete(d.knows, id)
		_ = w.Write(r.Response(radius.CodeDisconnectACK))
		return
	}
	nak := r.Response(radius.CodeDisconnectNAK)
	_ = rfc3576.ErrorCause_Add(nak, rfc3576.ErrorCause_Value_SessionContextNotFound)
	_ = w.Write(nak)
}

// requests is how many were answered.
func (d *dynamic) requests() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked
}

// newDynamic serves until the test ends.
func newDynamic(t *testing.T, sessions ...string) (d *dynamic, port uint16) {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", blackbox.Source+":0")
	if err != nil {
		t.Fatal(err)
	}
	d = &dynamic{knows: map[string]bool{}}
	for _, id := range sessions {
		d.knows[id] = true
	}
	server := radius.PacketServer{Handler: d, SecretSource: radius.StaticSecretSource([]byte(blackbox.Secret))}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(conn)
	}()
	t.Cleanup(func() {
		_ = server.Shutdown(context.Background())
		<-done
	})
	return d, conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// TestDisconnect: who came in by a login, and who by accounting, are put out by the gateway; the trail has the order before, and what came
// of it.
func TestDisconnect(t *testing.T) {
	t.Parallel()
	d, port := newDynamic(t, "s1")
	site := blackbox.NewSite(t)
	site.Settings.Clients = fmt.Sprintf(`
  - name: gateway
    networks: [%s/32]
    secrets: [%q]
    disconnect_port: %d`, blackbox.Source, blackbox.Secret, port)
	site.Start(t)
	site.Enrol("alice", ivalttest.Approve, time.Second)

	nas := radiustest.NAS{Server: site.Accounting(), LocalAddr: blackbox.Source, Secret: secret.New(blackbox.Secret)}
	for _, id := range []string{"s1", "s2"} {
		if _, err := nas.Account(t.Context(), radiustest.Record{Status: 1, User: "bob", Session: id, CallingStation: "198.51.100.7"}); err != nil {
			t.Fatal(err)
		}
	}
	n := blackbox.NewNAS(t, blackbox.Source, site.Authentication(), blackbox.Secret)
	if reply := n.Login(t, blackbox.Login{User: "alice", Password: "password", CallingStation: "203.0.113.5"}); reply.Code != blackbox.AccessAccept {
		t.Fatalf("code %d", reply.Code)
	}

	out, code := blackbox.Run(t, "disconnect", "--config", site.Config(), "--user", "bob", "--reason", "left the company")
	if code != 0 || !strings.Contains(out, "2 sessions: 1 disconnected, 1 gone") {
		t.Errorf("exit %d: %s", code, out)
	}
	out, code = blackbox.Run(t, "disconnect", "--config", site.Config(), "--address", "203.0.113.5", "--reason", "stolen")
	if code != 0 || !strings.Contains(out, "1 session: 1 gone") || !strings.Contains(out, "503 Session Context Not Found") {
		t.Errorf("exit %d: %s", code, out)
	}
	out, code = blackbox.Run(t, "disconnect", "--config", site.Config(), "--user", "bob", "--reason", "again")
	if code != 0 || !strings.Contains(out, "no session is known") || d.requests() != 3 {
		t.Errorf("exit %d after %d requests: %s", code, d.requests(), out)
	}
	site.AwaitEvents(t, "sessions_disconnected", 3)
}
