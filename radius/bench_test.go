package radius_test

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	layeh "layeh.com/radius"

	"ivalt-radius/auth"
	"ivalt-radius/radius"
	"ivalt-radius/secret"
)

// atOnce is a login whose verdict stands as soon as it is opened.
type atOnce auth.Verdict

func (v atOnce) Open(context.Context, *auth.Request) (auth.Verdict, func() auth.Verdict) {
	return auth.Verdict(v), nil
}

// BenchmarkExchange is a Reject over loopback, 128 in flight, beside layeh's bare server: without Message-Authenticator, and with it
// verified and signed as layeh's users must do by hand.
func BenchmarkExchange(b *testing.B) {
	for name, login := range map[string]radius.Login{
		"ours_at_once": atOnce{Reason: auth.PolicyDenied}, "ours_awaited": always(auth.Verdict{Reason: auth.PolicyDenied}),
	} {
		b.Run(name, func(b *testing.B) {
			log := logrus.New()
			log.SetOutput(io.Discard)
			srv, err := radius.Listen(settings(), radius.Deps{
				Login: login, Recorder: &recorder{},
				Learned: &memory{keys: map[string]bool{}}, Log: log, Now: time.Now,
			})
			if err != nil {
				b.Fatal(err)
			}
			at, _ := srv.Addrs()
			if lost := flood(b, at[0]); lost > 0 {
				b.Errorf("%d exchanges were not answered", lost)
			}
			if err := srv.Close(context.Background()); err != nil {
				b.Error(err)
			}
		})
	}
	for name, handle := range map[string]layeh.HandlerFunc{
		"layeh_bare": func(w layeh.ResponseWriter, r *layeh.Request) {
			reply := r.Response(layeh.CodeAccessReject)
			reply.Add(18, layeh.Attribute("Access denied."))
			_ = w.Write(reply)
		},
		"layeh_with_message_authenticator": verifyAndSign,
	} {
		b.Run(name, func(b *testing.B) {
			conn, err := net.ListenPacket("udp", "127.0.0.1:0") //nolint:noctx // a benchmark's baseline
			if err != nil {
				b.Fatal(err)
			}
			udp, _ := conn.(*net.UDPConn)
			_ = udp.SetReadBuffer(4 << 20)
			srv := &layeh.PacketServer{Handler: handle, SecretSource: layeh.StaticSecretSource([]byte(shared))}
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = srv.Serve(conn)
			}()
			lost := flood(b, netip.MustParseAddrPort(conn.LocalAddr().String()))
			b.ReportMetric(float64(lost), "lost") // it drops an identifier that is used again at once
			_ = srv.Shutdown(context.Background())
			_ = conn.Close()
			<-done
		})
	}
}

func verifyAndSign(w layeh.ResponseWriter, r *layeh.Request) {
	given := r.Get(80)
	r.Set(80, make(layeh.Attribute, 16))
	raw, err := r.MarshalBinary()
	if err != nil || !hmac.Equal(given, hmacMD5(shared, raw)) {
		return
	}
	reply := r.Response(layeh.CodeAccessReject)
	reply.Add(80, make(layeh.Attribute, 16))
	reply.Add(18, layeh.Attribute("Access denied."))
	raw, err = reply.MarshalBinary()
	if err != nil {
		return
	}
	mac := hmac.New(md5.New, []byte(shared))
	mac.Write(raw)
	reply.Set(80, mac.Sum(nil))
	_ = w.Write(reply)
}

// flood keeps 128 exchanges in flight from one socket and returns how many of b.N were not answered.
func flood(b *testing.B, to netip.AddrPort) (lost int) {
	b.Helper()
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetReadBuffer(4 << 20)
	const window = 128 // an identifier rests for as long again: layeh drops one that is used at once
	free := make(chan struct{}, window)
	for range window {
		free <- struct{}{}
	}
	answered, last := 0, time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for answered < b.N {
			_ = conn.SetReadDeadline(time.Now().Add(time.Second))
			if _, err := conn.Read(buf); err != nil {
				return
			}
			answered++
			free <- struct{}{}
		}
	}()
	b.ReportAllocs()
	b.ResetTimer()
	begun := time.Now()
	for i := range b.N {
		select {
		case <-free:
			request := signed(raw(1, byte(i), attr(1, "bob"), attr(2, "0123456789abcdef")), shared)
			if _, err := conn.Write(request); err != nil {
				b.Fatal(err)
			}
			last = time.Now()
		case <-done:
		}
	}
	<-done
	b.StopTimer()
	b.ReportMetric(float64(answered)/last.Sub(begun).Seconds(), "exchanges/s")
	return b.N - answered
}

// BenchmarkWaiting is the memory of an exchange that waits, with its goroutine.
func BenchmarkWaiting(b *testing.B) {
	const logins = 20000
	for b.Loop() {
		open := make(chan struct{})
		var waiting atomic.Int64
		s := settings()
		s.Clients[0].Secrets = []secret.Secret{secret.New(shared)}
		log := logrus.New()
		log.SetOutput(io.Discard)
		srv, err := radius.Listen(s, radius.Deps{
			Login: radius.LoginFunc(func(context.Context, auth.Request) auth.Verdict {
				waiting.Add(1)
				<-open
				return auth.Verdict{Silent: true}
			}),
			Recorder: &recorder{}, Learned: &memory{keys: map[string]bool{}}, Log: log, Now: time.Now,
		})
		if err != nil {
			b.Fatal(err)
		}
		at, _ := srv.Addrs()
		heapBefore, stackBefore := footprint()
		for i := 0; i < logins; {
			conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(at[0]))
			if err != nil {
				b.Fatal(err)
			}
			for range 256 {
				_, _ = conn.Write(login(byte(i), "somebody@example.com", "secret", attr(31, "192.0.2.7")))
				i++
			}
			for waiting.Load() < int64(i) {
				runtime.Gosched()
			}
			_ = conn.Close()
		}
		heap, stack := footprint()
		n := float64(waiting.Load())
		b.ReportMetric(float64(heap-heapBefore)/n, "B-heap/login")
		b.ReportMetric(float64(stack-stackBefore)/n, "B-stack/login")
		close(open)
		_ = srv.Close(context.Background())
	}
}

func footprint() (heap, stack int64) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse), int64(m.StackInuse) //nolint:gosec // octets of this machine
}
