package upstream

import (
	"bytes"
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

// TestRFC5080_RetrySendsTheSameOctets: from the same port, so that the server sees a duplicate and answers it as one.
func TestRFC5080_RetrySendsTheSameOctets(t *testing.T) {
	t.Parallel()
	var seen atomic.Int32
	s := serve(t, func(r received) [][]byte {
		if seen.Add(1) < 3 {
			return nil
		}
		return [][]byte{accepted(r.octets)}
	})
	made := source(t, func(s *Settings) { s.Timeout, s.Tries = 100*time.Millisecond, 100 }, s.address())
	if _, err := made.Verify(t.Context(), subject(t, "bob"), login()); err != nil {
		t.Fatal(err)
	}
	got := s.packets()
	for _, r := range got[1:] {
		if !bytes.Equal(r.octets, got[0].octets) || r.from != got[0].from {
			t.Error("a retry differs")
		}
	}
	if _, err := made.Verify(t.Context(), subject(t, "bob"), login()); err != nil {
		t.Fatal(err)
	}
	if got = s.packets(); bytes.Equal(got[len(got)-1].octets[4:20], got[0].octets[4:20]) {
		t.Error("another login has the same Request Authenticator")
	}
}

// TestVerify_TriesAndStops: no more packets than the settings say.
func TestVerify_TriesAndStops(t *testing.T) {
	t.Parallel()
	s := serve(t, silence)
	made := source(t, func(s *Settings) { s.Timeout, s.Tries = 50*time.Millisecond, 3 }, s.address())
	_, err := made.Verify(t.Context(), subject(t, "bob"), login())
	if !errors.Is(err, errSilent) || errors.Is(err, auth.ErrBadPassword) || errors.Is(err, auth.ErrMisconfigured) || errors.Is(err, auth.ErrBusy) {
		t.Errorf("error is %v, want a plain one", err)
	}
	if n := len(s.packets()); n != 3 {
		t.Errorf("%d packets, want 3", n)
	}
	if !strings.Contains(err.Error(), s.address()) {
		t.Errorf("the error does not name the server: %v", err)
	}
}

// closedPort is an address where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	return conn.LocalAddr().String()
}

// TestFailover_Unreachable: where the host says that nothing listens the next server is asked at once; with this patience the test would not
// end otherwise.
func TestFailover_Unreachable(t *testing.T) {
	t.Parallel()
	next := serve(t, always(accepts))
	made := source(t, func(s *Settings) { s.Timeout = time.Hour }, closedPort(t), next.address())
	if checked, err := made.Verify(t.Context(), subject(t, "bob"), login()); err != nil || !checked.Password {
		t.Errorf("%v, %v", checked.Password, err)
	}
	alone := source(t, func(s *Settings) { s.Timeout = time.Hour }, closedPort(t))
	if _, err := alone.Verify(t.Context(), subject(t, "bob"), login()); err == nil || errors.Is(err, auth.ErrBadPassword) {
		t.Errorf("alone: %v", err)
	}
}

// TestFailover_UnknownHost: a name that nobody resolves is a server that does not answer.
func TestFailover_UnknownHost(t *testing.T) {
	t.Parallel()
	next := serve(t, always(accepts))
	made := source(t, nil, "127.0.0.1:1", next.address())
	made.servers[0].address = "not an address"
	if checked, err := made.Verify(t.Context(), subject(t, "bob"), login()); err != nil || !checked.Password {
		t.Errorf("%v, %v", checked.Password, err)
	}
}

// cluster is two servers whose answers can be turned off, and the clock of what is set aside.
type cluster struct {
	first, second *server
	off           [2]atomic.Bool
	now           time.Time
	source        *Source
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{now: time.Unix(1_800_000_000, 0)}
	play := func(i int) func(received) [][]byte {
		return func(r received) [][]byte {
			if c.off[i].Load() {
				return nil
			}
			return [][]byte{accepted(r.octets)}
		}
	}
	c.first, c.second = serve(t, play(0)), serve(t, play(1))
	c.source = source(t, func(s *Settings) {
		s.Timeout, s.Tries = 250*time.Millisecond, 2
		s.Now = func() time.Time { return c.now }
	}, c.first.address(), c.second.address())
	return c
}

// login logs in and gives how many packets each server got.
func (c *cluster) login(t *testing.T) (first, second int, err error) {
	t.Helper()
	first, second = len(c.first.packets()), len(c.second.packets())
	_, err = c.source.Verify(t.Context(), subject(t, "bob"), login())
	return len(c.first.packets()) - first, len(c.second.packets()) - second, err
}

func TestFailover_SilentServerIsSetAside(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	steps := []struct {
		name          string
		off           [2]bool
		after         time.Duration
		first, second int // packets: 0, 2 to one that is silent, at least 1 to one that answers
		ok            bool
	}{
		{"both answer: the first is asked", [2]bool{}, 0, 1, 0, true},
		{"the first is silent: after its tries the second", [2]bool{true, false}, 0, 2, 1, true},
		{"the first is set aside", [2]bool{true, false}, 29 * time.Second, 0, 1, true},
		{"and tried again after 30 s", [2]bool{true, false}, time.Second, 2, 1, true},
		{"it is set aside though it is back", [2]bool{}, 29 * time.Second, 0, 1, true},
		{"and found again", [2]bool{}, time.Second, 1, 0, true},
		{"both silent", [2]bool{true, true}, 0, 2, 2, false},
		{"both set aside: both are tried all the same", [2]bool{true, true}, time.Second, 2, 2, false},
		{"the second is back: it is found at once", [2]bool{true, false}, time.Second, 2, 1, true},
		{"and is asked first, since it answered", [2]bool{true, false}, time.Second, 0, 1, true},
		{"the second dies: the first, set aside, is asked after it", [2]bool{false, true}, time.Second, 1, 2, true},
	}
	for _, step := range steps {
		c.now = c.now.Add(step.after)
		c.off[0].Store(step.off[0])
		c.off[1].Store(step.off[1])
		first, second, err := c.login(t)
		if !as(step.first, first) || !as(step.second, second) || (err == nil) != step.ok {
			t.Errorf("%s: %d and %d packets, %v; want %d and %d", step.name, first, second, err, step.first, step.second)
		}
	}
}

// as reports whether a server got as many packets as it should; on a busy machine its answer may need a second one.
func as(want, got int) bool { return got == want || want == 1 && got == 2 }

// TestFailover_NewPacketForTheNextServer: with a secret of its own, and an authenticator of its own.
func TestFailover_NewPacketForTheNextServer(t *testing.T) {
	t.Parallel()
	const another = "another secret of the second"
	first := serve(t, silence)
	second := serve(t, always(func(r []byte) []byte { return answerTo(r, another, 2, unsigned()) }))
	made := source(t, func(s *Settings) {
		s.Timeout = 400 * time.Millisecond
		s.Servers[1].Secret = secret.New(another)
	}, first.address(), second.address())
	if checked, err := made.Verify(t.Context(), subject(t, "bob"), login()); err != nil || !checked.Password {
		t.Fatalf("%v, %v", checked.Password, err)
	}
	a, b := first.packets()[0], second.packets()[0]
	if bytes.Equal(a.octets[4:20], b.octets[4:20]) || a.from == b.from {
		t.Error("the second server got the first one's packet")
	}
	zeroed := bytes.Clone(b.octets)
	clear(zeroed[22:38])
	if !bytes.Equal(b.octets[22:38], signature(zeroed, []byte(another))) {
		t.Error("it is not signed under the second's secret")
	}
}

// TestFailover_NeverAfterAnAnswer: a refusal is the answer; the next server is not asked for another one.
func TestFailover_NeverAfterAnAnswer(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func([]byte) []byte{
		"reject":    refused,
		"challenge": func(r []byte) []byte { return answerTo(r, shared, 11, unsigned()) },
	} {
		t.Run(name, func(t *testing.T) {
			first, second := serve(t, always(answer)), serve(t, always(accepts))
			checked, err := source(t, nil, first.address(), second.address()).Verify(t.Context(), subject(t, "bob"), login())
			if err == nil || checked.Password || len(second.packets()) != 0 {
				t.Errorf("%v, %v; the second got %d packets", checked.Password, err, len(second.packets()))
			}
		})
	}
}

// TestVerify_ManyAtOnce: every login gets its own answer.
func TestVerify_ManyAtOnce(t *testing.T) {
	s := serve(t, func(r received) [][]byte {
		if bytes.Contains(r.octets, []byte("mallory")) {
			return [][]byte{refused(r.octets)}
		}
		return [][]byte{accepted(r.octets)}
	})
	made := source(t, func(s *Settings) { s.Timeout, s.Tries = time.Second, 20 }, s.address())
	names := slices.Repeat([]string{"alice", "mallory"}, 50)
	done := make(chan error, len(names))
	for _, name := range names {
		who := subject(t, name)
		go func() { done <- one(t.Context(), made, who, name) }()
	}
	for range names {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// one is a login that only mallory must not get.
func one(ctx context.Context, made *Source, who auth.Subject, name string) error {
	checked, err := made.Verify(ctx, who, &auth.Request{Username: name, Method: auth.PAP, Password: secret.New(password)})
	if checked.Password == (name == "mallory") {
		return errors.Join(errors.New(name+" got another's answer"), err)
	}
	return nil
}
