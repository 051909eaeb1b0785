package radius

import (
	"context"
	"sync"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/auth/carried"
	"ivalt-radius/radius/access"
	"ivalt-radius/radius/carry"
	"ivalt-radius/radius/remedy"
	"ivalt-radius/radius/wire"
)

// Pause stops reading, for good: what comes waits in the kernel for whoever has the sockets then. It returns once every packet that was read is
// answered, or waits.
func (s *Server) Pause() error {
	s.Drain()
	return s.stopReading()
}

// Leave waits, no longer than ctx, for the exchanges that are about to be answered, and gives those that are not, and what is remembered of the
// others. From then on nothing leaves. Pause and the Flow's Leave come before it, Close after it.
func (s *Server) Leave(ctx context.Context) carry.Exchanges {
	s.freeze()
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	s.left.Store(true)
	s.delayed.mu.Lock()
	defer s.delayed.mu.Unlock()
	e := s.claims.carried(s.delayed.held)
	e.Sort()
	return e
}

// Sockets are descriptors of the sockets that outlive Close; udp.Socket.Leave says more.
func (s *Server) Sockets() (fds []int, err error) {
	for _, k := range s.sockets {
		fd, err := k.Leave()
		if err != nil {
			return fds, err //nolint:wrapcheck // it says which
		}
		fds = append(fds, fd)
	}
	return fds, nil
}

// freeze has what is held back wait for another process.
func (s *Server) freeze() {
	s.delayed.mu.Lock()
	defer s.delayed.mu.Unlock()
	s.delayed.frozen = true
	for x, r := range s.delayed.held {
		if r.timer.Stop() {
			s.running.Done()
		} else {
			delete(s.delayed.held, x) // it leaves right now
			s.running.Add(1)
			go s.late(x, r.octets)
		}
	}
}

// late sends a Reject whose time came as it was frozen.
func (s *Server) late(x *exchange, octets []byte) {
	defer s.running.Done()
	s.reply(x, octets)
}

// carried are the exchanges as another process needs them.
func (t *claims) carried(held map[*exchange]rejection) (e carry.Exchanges) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now() // the wall clock may have been set since the start
	for _, x := range t.byDigest {
		r, waits := held[x]
		if !x.concluded && !waits {
			e.Unanswered = append(e.Unanswered, x.datagram())
			continue
		}
		said := carry.Reply{
			Socket: x.socket.Addr(), Source: x.source, Local: x.local, Digest: x.digest[:], Identifier: x.origin.Identifier,
			Octets: x.reply, At: now.Add(x.since - now.Sub(t.start)),
		}
		if waits {
			said.Octets, said.At, said.Held = r.octets, r.due, true
		}
		e.Replies = append(e.Replies, said)
	}
	return e
}

// datagram is what the exchange came with.
func (x *exchange) datagram() carried.Datagram {
	return carried.Datagram{Socket: x.socket.Addr(), Source: x.source, Local: x.local, Received: x.heard.First(), Octets: x.raw}
}

// restore takes what the process before has left: answers first, then the questions that are open, then what is to be judged anew. It is called
// before a socket is read.
func (s *Server) restore(d *Carried) {
	if d.Exchanges == nil {
		return
	}
	for _, r := range d.Replies {
		s.remember(r)
	}
	s.resume(d)
	for i := range d.Unanswered {
		if again := s.again(&d.Unanswered[i]); again != nil {
			s.queue <- again
		} else {
			s.drops.drop(unknownClient, d.Unanswered[i].Source.Addr(), remedy.Hint{Advice: remedy.Stranger, Address: d.Unanswered[i].Source.Addr()})
		}
	}
}

// Carried are the exchanges of the process whose place this one takes, and its open challenges, which Resume opens again. The zero Carried is none.
type Carried struct {
	*carry.Exchanges

	Questions []carried.Question
	Resume    func(ctx context.Context, req *auth.Request, q *carried.Question)
}

// Serve takes what the process before has left, and begins to read. It is called once, of a server that Waits.
func (s *Server) Serve(c Carried) {
	s.restore(&c)
	for _, k := range s.sockets {
		s.readers.Go(func() { s.read(k) })
	}
}

// resumedWithin is how long what comes waits for the questions to be open again. A directory that hangs holds nobody up for longer.
const resumedWithin = 3 * time.Second

// resume has the questions opened again, at once, and waits for that, no longer than resumedWithin: an answer may be among what is judged anew.
func (s *Server) resume(d *Carried) {
	var asking sync.WaitGroup
	for i := range d.Questions {
		asked := s.again(&d.Questions[i].Packet)
		if asked == nil {
			continue
		}
		s.running.Add(1)
		asking.Go(func() {
			defer s.running.Done()
			defer s.survive(nil)
			q, c := s.decode(asked)
			if c != sound || q.told != nil || q.packet.Code() != wire.AccessRequest {
				return
			}
			req, packet := q.request, d.Questions[i].Packet
			req.Datagram = func() carried.Datagram { return packet }
			d.Resume(s.ctx, &req, &d.Questions[i])
		})
	}
	resumed := make(chan struct{})
	go func() {
		asking.Wait()
		close(resumed)
	}()
	select {
	case <-resumed:
	case <-time.After(resumedWithin):
	}
}

// again is a datagram of an earlier process; nil where nobody here may answer it.
func (s *Server) again(was *carried.Datagram) *datagram {
	d := &datagram{source: was.Source, local: was.Local, received: was.Received, again: true, facts: access.Facts{}}
	for _, k := range s.sockets {
		if k.Addr() == was.Socket {
			d.socket = k
		}
	}
	d.client = s.table.Load().Find(was.Source.Addr())
	if d.socket == nil || d.client == nil || len(was.Octets) > len(d.buf) {
		return nil
	}
	d.size = copy(d.buf[:], was.Octets)
	return d
}

// remember takes an answer of an earlier process.
func (s *Server) remember(r carry.Reply) {
	d := s.again(&carried.Datagram{Socket: r.Socket, Source: r.Source, Local: r.Local})
	if d == nil || len(r.Digest) != digestSize {
		return
	}
	x := s.claims.known(&exchange{
		socket: d.socket, client: d.client, source: r.Source, local: r.Local, digest: digest(r.Digest), origin: wire.Origin{Identifier: r.Identifier},
	})
	switch {
	case x == nil:
	case !r.Held:
		s.claims.concludedAt(x, r.Octets, r.At.Sub(s.claims.start))
	case !s.hold(x, r.Octets, max(0, r.At.Sub(s.now()))):
		s.reply(x, r.Octets)
	}
}

// known enters an exchange of an earlier process; nil where there is no room.
func (t *claims) known(x *exchange) *exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byDigest[x.digest] != nil || len(t.byDigest) >= t.capacity {
		return nil
	}
	t.last++
	x.id = t.last
	t.enter(x)
	return x
}

// againAfter is how long a login that an earlier process has left waits where it finds too many before it.
const againAfter = 50 * time.Millisecond

// persist takes a login of an earlier process to its verdict: it waited there already, so that too many before it are no end.
func (s *Server) persist(req *auth.Request) func() auth.Verdict {
	return func() auth.Verdict {
		for {
			v, wait := s.login.Open(s.ctx, req)
			if wait != nil {
				v = wait()
			}
			if v.Left || !v.Silent || v.Reason != auth.Busy || !s.now().Before(req.Received.Add(req.Client.AnswerWithin)) {
				return v
			}
			select {
			case <-time.After(againAfter):
			case <-s.ctx.Done():
				return v
			}
		}
	}
}
