package radiustest

import (
	"bytes"
	"context"
	"crypto/md5"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"layeh.com/radius"

	"ivalt-radius/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const shared = "a shared secret of tests"

// datagram is what a server got.
type datagram struct {
	octets []byte
	from   netip.AddrPort
	server *fakeServer
}

// fakeServer is a socket with a hand: it writes down what comes and sends what answer says.
type fakeServer struct {
	socket *Socket
	answer func(d datagram, number int) [][]byte

	mu  sync.Mutex
	got []datagram
}

// serve starts a server; answer gets each datagram with its number, 1 for the first.
func serve(t *testing.T, answer func(d datagram, number int) [][]byte) *fakeServer {
	t.Helper()
	socket, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeServer{socket: socket, answer: answer}
	var done sync.WaitGroup
	done.Go(s.run)
	t.Cleanup(func() {
		_ = socket.Close()
		done.Wait()
	})
	return s
}

func (s *fakeServer) run() {
	for {
		octets, from, err := s.socket.Receive(context.Background())
		if err != nil {
			return
		}
		s.mu.Lock()
		d := datagram{octets, from, s}
		s.got = append(s.got, d)
		number := len(s.got)
		s.mu.Unlock()
		for _, answer := range s.answer(d, number) {
			_ = s.socket.Send(from, answer)
		}
	}
}

func (s *fakeServer) datagrams() []datagram {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

// nas is a NAS that asks the server patiently.
func (s *fakeServer) nas() NAS {
	return NAS{
		Server: s.socket.Addr().String(), Secret: secret.New(shared), Identifier: "test-nas",
		Retry: Retry{Interval: time.Minute},
	}
}

// reply makes a signed answer; change may break the packet before it is signed.
func reply(request []byte, code radius.Code, change func(p *radius.Packet)) []byte {
	parsed, err := radius.Parse(request, []byte(shared))
	if err != nil {
		panic(err)
	}
	p := parsed.Response(code)
	p.Add(messageAuthenticator, make([]byte, 16))
	if change != nil {
		change(p)
	}
	return seal(p)
}

// seal signs every Message-Authenticator that holds zeros, and the whole.
func seal(p *radius.Packet) []byte {
	raw, err := p.MarshalBinary()
	if err != nil {
		panic(err)
	}
	for _, a := range p.Attributes {
		if a.Type == messageAuthenticator && string(a.Attribute) == string(make([]byte, 16)) {
			a.Attribute = sign(raw, p.Secret)
		}
	}
	raw, err = p.Encode()
	if err != nil {
		panic(err)
	}
	return raw
}

// accept answers every datagram.
func accept(d datagram, _ int) [][]byte {
	return [][]byte{reply(d.octets, radius.CodeAccessAccept, nil)}
}

func silent(datagram, int) [][]byte { return nil }

// md5Sum is a Response Authenticator, once the request's stands in its place (RFC 2865 section 3).
func md5Sum(raw, key []byte) []byte {
	sum := md5.Sum(append(bytes.Clone(raw), key...))
	return sum[:]
}
