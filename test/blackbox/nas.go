package blackbox

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// Patience is how long a test waits for something that ought to come: far longer than it takes on a busy machine.
const Patience = 40 * time.Second

// ErrNoAnswer says that nothing came: no right answer and no wrong one.
var ErrNoAnswer = errors.New("no answer")

// NAS is one socket of a gateway, used by one goroutine.
type NAS struct {
	conn   *net.UDPConn
	secret string
	early  map[byte][][]byte // answers by identifier that came while another was waited for
}

// NewNAS opens a socket on a loopback address (a fresh port) to ask the server from.
func NewNAS(t *testing.T, source, server, secret string) *NAS {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp", server)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(source)}, to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &NAS{conn: conn, secret: secret, early: map[byte][][]byte{}}
}

// Request encodes a login under this gateway's secret.
func (n *NAS) Request(l Login) Request { return NewRequest(l, n.secret) }

// Send sends a request once more. A dead server shows itself by silence, so errors of the socket are none here.
func (n *NAS) Send(r Request) { _, _ = n.conn.Write(r.Bytes) }

// Receive waits for an answer to the request that verifies. Answers to other identifiers are kept for later; where only wrong
// answers came, the error says what was wrong with the last.
func (n *NAS) Receive(r Request, wait time.Duration) (Reply, error) {
	id, wrong := r.Bytes[1], ErrNoAnswer
	for _, answer := range n.early[id] {
		reply, err := r.Verify(answer)
		if err == nil {
			delete(n.early, id)
			return reply, nil
		}
		wrong = err
	}
	end := time.Now().Add(wait)
	for {
		answer, err := n.read(end)
		if err != nil {
			return Reply{}, wrong
		}
		if len(answer) < 20 || answer[1] != id {
			n.keep(answer)
			continue
		}
		reply, err := r.Verify(answer)
		if err == nil {
			return reply, nil
		}
		wrong = err
	}
}

func (n *NAS) keep(answer []byte) {
	if len(answer) >= 20 {
		n.early[answer[1]] = append(n.early[answer[1]], answer)
	}
}

// read reads one datagram. A port that nobody listens on is an error of the socket, but only the deadline ends the waiting.
func (n *NAS) read(end time.Time) ([]byte, error) {
	buffer := make([]byte, 4096)
	_ = n.conn.SetReadDeadline(end)
	for {
		got, err := n.conn.Read(buffer)
		if err == nil {
			return buffer[:got], nil
		}
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
			return nil, err
		}
	}
}

// Answer is Receive with Patience; no answer, or a wrong one, ends the test.
func (n *NAS) Answer(t *testing.T, r Request) Reply {
	t.Helper()
	reply, err := n.Receive(r, Patience)
	if err != nil {
		t.Fatalf("waiting for the answer to identifier %d: %v", r.Bytes[1], err)
	}
	return reply
}

// Login sends one login and waits for its answer.
func (n *NAS) Login(t *testing.T, l Login) Reply {
	t.Helper()
	r := n.Request(l)
	n.Send(r)
	return n.Answer(t, r)
}

// Silent fails the test where an answer to the request's identifier comes within the time, be it right or wrong.
func (n *NAS) Silent(t *testing.T, r Request, wait time.Duration) {
	t.Helper()
	if reply, err := n.Receive(r, wait); !errors.Is(err, ErrNoAnswer) {
		t.Fatalf("an answer where none may come (code %d, %v)", reply.Code, err)
	}
}
