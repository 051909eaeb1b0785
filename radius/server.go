package radius

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/auth"
	"ivalt-radius/fault"
	"ivalt-radius/radius/accounting"
	"ivalt-radius/radius/client"
	"ivalt-radius/radius/dynauth/sessions"
	"ivalt-radius/radius/remedy"
	"ivalt-radius/radius/sighting"
	"ivalt-radius/radius/udp"
	"ivalt-radius/radius/wire"
)

// Login takes a request to its verdict; *auth.Flow is one. Open goes as far as it can without waiting: where wait is nil the
// verdict stands, otherwise wait blocks until there is one, and ends soon after ctx. It is safe for concurrent use.
type Login interface {
	Open(ctx context.Context, req *auth.Request) (verdict auth.Verdict, wait func() auth.Verdict)
}

// LoginFunc makes a function that may block a Login.
type LoginFunc func(ctx context.Context, req auth.Request) auth.Verdict

// Open implements Login.
func (f LoginFunc) Open(ctx context.Context, req *auth.Request) (auth.Verdict, func() auth.Verdict) {
	return auth.Verdict{}, func() auth.Verdict { return f(ctx, *req) }
}

// Learned remembers, over restarts, which source addresses sign their requests; state's Learned is one. Both
// methods are safe for concurrent use and report whether the key is remembered when they return.
type Learned interface {
	Has(key string) bool
	Learn(key string) bool
}

// Deps are what a Server works with; those without another word are required.
type Deps struct {
	Login    Login
	Recorder auth.Recorder // for Accounting-Requests
	Learned  Learned
	Sessions Sessions // nil: nobody is told who is in
	Log      logrus.FieldLogger
	Now      func() time.Time

	// Enforced has the addresses (LearnedKey) and the clients (EnforcedKey) that must sign their requests by somebody's word, whatever
	// `auto` has learned and `optional` allows; nil: none. It is only read.
	Enforced Learned
	// Sightings is told of every packet and of every login's end; nil: a Book of its own.
	Sightings *sighting.Book
	// Dropped is told of each packet that is dropped in silence: the counter's word, the client's name, and the source address without
	// zone and never in IPv4's mapped form. The client is empty for a stranger. It must not block: the sockets' readers call it. nil: none.
	Dropped func(cause, client string, from netip.Addr)
	// Accepted is told of each Access-Accept once it was handed to the socket, by the attempt's identifier. It must not block. nil: nobody is.
	Accepted func(attempt string)

	Inherited udp.Inherited // sockets that were left for this process; nil: none

	Waits bool // nothing is read before Serve
}

// queueSize is how many datagrams may wait for a worker.
const queueSize = 4096

// Server is our UDP server. Its methods are safe for concurrent use.
type Server struct {
	login    Login
	recorder auth.Recorder
	learned  Learned
	sessions Sessions
	enforced Learned
	sights   *sighting.Book
	dropped  func(cause, client string, from netip.Addr)
	accepted func(attempt string)
	log      logrus.FieldLogger
	now      func() time.Time

	table       atomic.Pointer[client.Table]
	rejectDelay atomic.Int64 // a time.Duration
	sockets     []*socket
	queue       chan *datagram
	buffers     sync.Pool
	drops       *drops
	claims      *claims
	delayed     *delayed
	happenings  *accounting.Happenings
	draining    atomic.Bool
	left        atomic.Bool   // another process answers from now on
	reading     atomic.Int32  // sockets that are read
	served      atomic.Uint64 // datagrams that a worker has done with

	ctx     context.Context //nolint:containedctx // the life of every login, ended by Close alone
	cancel  context.CancelFunc
	readers sync.WaitGroup
	workers sync.WaitGroup
	running sync.WaitGroup // exchanges that wait, and replies that are delayed
	closing sync.Once
	stopped sync.Once // reading
}

// Listen opens the sockets of the settings and serves on them until Close. The error holds the faults of the settings, or says
// which address cannot be had and what to do.
func Listen(s Settings, d Deps) (*Server, error) {
	if err := Check(s).Err(); err != nil {
		return nil, err
	}
	srv := &Server{
		login: d.Login, recorder: d.Recorder, learned: d.Learned, sessions: d.Sessions,
		enforced: d.Enforced, sights: d.Sightings, dropped: d.Dropped, accepted: d.Accepted, log: d.Log, now: d.Now,
		queue: make(chan *datagram, queueSize), buffers: sync.Pool{New: func() any { return new(datagram) }},
		drops: newDrops(d.Log, d.Now), claims: newClaims(s.MaxAttempts, d.Now), delayed: newDelayed(), happenings: accounting.Remember(retention, d.Now),
	}
	if srv.sights == nil {
		srv.sights = sighting.New()
	}
	srv.serveClients(s)
	srv.ctx, srv.cancel = context.WithCancel(context.Background())
	if err := srv.listen(s, d.Inherited); err != nil {
		srv.cancel()
		return nil, err
	}
	for range max(2, 2*runtime.GOMAXPROCS(0)) {
		srv.workers.Go(srv.work)
	}
	if !d.Waits {
		srv.Serve(Carried{})
	}
	return srv, nil
}

// listen opens every socket or none.
func (s *Server) listen(settings Settings, left udp.Inherited) error {
	for p, addresses := range [][]string{authentication: settings.Authentication, accountingPort: settings.Accounting} {
		for _, text := range addresses {
			u, err := udp.Listen(s.ctx, text, left)
			if err != nil {
				return errors.Join(fmt.Errorf("%s: %w", port(p).key(), err), s.closeSockets())
			}
			s.sockets = append(s.sockets, &socket{Socket: u, index: uint16(len(s.sockets)), port: port(p)}) //nolint:gosec // a few sockets
			if u.Granted < udp.ReceiveBuffer {
				s.log.WithFields(logrus.Fields{"address": text, "granted": u.Granted, "wanted": udp.ReceiveBuffer}).
					Warn("the kernel grants a small receive buffer: a burst of logins may be lost; raise net.core.rmem_max")
			}
		}
	}
	return nil
}

func (s *Server) closeSockets() error {
	var errs []error
	for _, k := range s.sockets {
		errs = append(errs, k.Close())
	}
	return errors.Join(errs...)
}

// Addrs are the addresses of the authentication sockets, then those of the accounting sockets, in the order of the settings,
// with the ports that the kernel chose.
func (s *Server) Addrs() (authenticationAddrs, accountingAddrs []netip.AddrPort) {
	for _, k := range s.sockets {
		if k.port == authentication {
			authenticationAddrs = append(authenticationAddrs, k.Addr())
		} else {
			accountingAddrs = append(accountingAddrs, k.Addr())
		}
	}
	return authenticationAddrs, accountingAddrs
}

// Reload swaps clients and reject_delay for the packets that come from now on; where there is a fault nothing
// changes. Exchanges that wait keep their client. The addresses are not touched.
func (s *Server) Reload(settings Settings) fault.List {
	faults := Check(settings)
	if len(faults.Fatal()) == 0 {
		s.serveClients(settings)
	}
	return faults
}

// serveClients takes the clients of settings without a fault.
func (s *Server) serveClients(settings Settings) {
	t, _ := client.NewTable(settings.Clients, s.table.Load())
	s.table.Store(t)
	s.rejectDelay.Store(int64(settings.RejectDelay))
}

// Counters are how many packets came, were answered and were dropped, by cause.
func (s *Server) Counters() map[string]uint64 { return s.drops.all() }

// Drops are the Counters of packets that were dropped in silence, by cause.
func (s *Server) Drops() map[string]uint64 { return s.drops.dropped() }

// InFlight is how many exchanges wait for their reply.
func (s *Server) InFlight() int { return s.claims.inFlight() }

// read is a socket's reader: it admits and hands on, nothing else.
func (s *Server) read(k *socket) {
	s.reading.Add(1)
	defer s.reading.Add(-1)
	for {
		d, _ := s.buffers.Get().(*datagram)
		if err := k.receive(d); err != nil {
			if !s.bearable(err) {
				return
			}
			continue
		}
		d.socket, d.received = k, s.now()
		s.drops.count(received)
		if c := s.admit(d); c != sound {
			s.decline(d, c)
			s.buffers.Put(d)
		}
	}
}

// retryRead is how long a reader rests after an error that is none of ours.
const retryRead = 10 * time.Millisecond

// bearable reports whether the reader goes on after an error.
func (s *Server) bearable(err error) bool {
	if s.draining.Load() && errors.Is(err, errStopReading) {
		return false
	}
	s.drops.drop(readError, netip.Addr{}, remedy.Hint{})
	select {
	case <-s.ctx.Done():
		return false
	case <-time.After(retryRead):
		return true
	}
}

// admit finds the client of a datagram and queues it.
func (s *Server) admit(d *datagram) cause {
	if d.source.Port() == 0 {
		return invalidSource
	}
	if d.client = s.table.Load().Find(d.source.Addr()); d.client == nil {
		return unknownClient
	}
	select {
	case s.queue <- d:
		return sound
	default:
		return queueFull
	}
}

// decline drops a datagram that was not admitted.
func (s *Server) decline(d *datagram, c cause) {
	if c != unknownClient {
		s.drop(c, d.client, d.source.Addr(), remedy.Hint{})
		return
	}
	s.sights.Stranger(d.source.Addr(), d.received)
	s.drop(c, nil, d.source.Addr(), remedy.Hint{Advice: remedy.Stranger, Address: d.source.Addr().Unmap().WithZone("")})
}

// drop drops a packet in silence, and says so to whom it may concern. c is nil for a stranger.
func (s *Server) drop(why cause, c *client.Client, from netip.Addr, h remedy.Hint) {
	s.drops.drop(why, from, h)
	if s.dropped == nil {
		return
	}
	name := ""
	if c != nil {
		name = c.Auth.Name
	}
	s.dropped(s.drops.names[why], name, from.Unmap().WithZone(""))
}

func (s *Server) work() {
	for d := range s.queue {
		s.serve(d)
		s.served.Add(1)
		s.buffers.Put(d)
	}
}

// serve takes one admitted datagram from its octets to its reply, or to silence. A login that must wait goes on in a goroutine of
// its own.
func (s *Server) serve(d *datagram) {
	defer s.survive(nil)
	q, c := s.decode(d)
	s.sight(d, q, c)
	if c != sound {
		s.drop(c, d.client, d.source.Addr(), s.hint(d, q, c))
		return
	}
	if q.packet.Code() == wire.StatusServer {
		s.status(d, q)
		return
	}
	x, replaces, found := s.claims.claim(d, q)
	switch found {
	case claimFresh:
		s.open(x, q, replaces)
	case claimAnswered:
		s.drops.count(duplicateAnswered)
		s.send(x)
	case claimInFlight:
		x.heard.Note(d.received)
		s.drops.count(duplicateDropped)
	case claimClientFull:
		s.drop(clientFull, d.client, d.source.Addr(), remedy.Hint{})
	case claimFull:
		s.drop(tableFull, d.client, d.source.Addr(), remedy.Hint{})
	}
}

// open has a fresh exchange judged. What it keeps of the packet is copied: the datagram's memory is free when it returns.
func (s *Server) open(x *exchange, q question, replaces []uint64) {
	defer s.survive(x)
	if q.told != nil {
		s.running.Add(1)
		s.account(x, q.told, s.session(x, q))
		return
	}
	req := q.request
	req.ID, req.Replaces, req.Heard, req.Datagram = x.id, replaces, &x.heard, x.datagram
	if x.again {
		s.running.Add(1)
		go s.await(x, s.persist(&req), s.session(x, q))
		return
	}
	verdict, wait := s.login.Open(s.ctx, &req)
	switch {
	case wait != nil:
		s.running.Add(1)
		go s.await(x, wait, s.session(x, q))
	case verdict.Kind == auth.Accept:
		s.answer(x, verdict, s.session(x, q))
	default:
		s.answer(x, verdict, nil)
	}
}

// await waits for a login's verdict and answers.
func (s *Server) await(x *exchange, wait func() auth.Verdict, in *sessions.Session) {
	defer s.running.Done()
	defer s.survive(x)
	s.answer(x, wait(), in)
}

// survive keeps a panic to its one request, which is not answered; its duplicates stay silent too, so that nothing is
// done twice for it. The log has no data of the request.
func (s *Server) survive(x *exchange) {
	r := recover()
	if r == nil {
		return
	}
	s.drops.count(panics)
	s.log.WithField("kind", fmt.Sprintf("%T", r)).WithField("stack", where()).Error("a request panicked and is not answered")
	if x != nil {
		s.claims.conclude(x, nil)
	}
}

// where names the functions of a panic, without their arguments.
func where() []string {
	const skip, depth = 3, 16
	pcs := make([]uintptr, depth)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(skip, pcs)])
	var names []string
	for {
		f, more := frames.Next()
		names = append(names, fmt.Sprintf("%s:%d", f.Function, f.Line))
		if !more {
			return names
		}
	}
}
