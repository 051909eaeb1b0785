package admin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
)

// Settings say where the window is, and under which names.
type Settings struct {
	Address     netip.AddrPort // port 0: a free one
	Certificate string         // PEM file; empty: plain HTTP, which is for loopback addresses alone
	Key         string         // PEM file; with Certificate
	Hosts       []string       // DNS names under which it may be asked, beside IP addresses, localhost and the certificate's names
}

// Deps is what a Server works with. All of it is required.
type Deps struct {
	Parts []func(*http.ServeMux) // what is served: each registers its paths
	Log   logrus.FieldLogger
	Now   func() time.Time
}

// What a connection may take, in time and octets. A stream has no end but that of the server; each of its writes has one.
const (
	headerWithin = 5 * time.Second
	readWithin   = 15 * time.Second
	writeWithin  = 30 * time.Second
	idleWithin   = time.Minute
	streamWithin = 10 * time.Second // of one write
	mostHeader   = 16 << 10
	mostBody     = 64 << 10
	mostStreams  = 32   // requests at once on one connection of HTTP/2
	mostRequests = 1024 // at once, of all connections
)

// patience is how long a closing server waits for answers that are on their way.
const patience = 2 * time.Second

// errPlain says that the address needs TLS.
var errPlain = errors.New("it can be reached by others, who would read passwords and tokens: set admin.tls.certificate and admin.tls.key, or listen at 127.0.0.1")

// Server is the window's listener. Its methods are safe for concurrent use.
type Server struct {
	deps     Deps
	mux      *http.ServeMux
	http     http.Server
	listener net.Listener
	pair     *pair // nil: plain HTTP
	names    atomic.Pointer[names]
	requests atomic.Int64 // under way
	ended    context.Context
	end      context.CancelFunc // of all streams
	done     chan struct{}
	closing  sync.Once
}

// Listen opens the address and serves on it until Close. The error wraps the operating system's, EADDRINUSE among them.
func Listen(ctx context.Context, settings Settings, d Deps) (*Server, error) {
	s := &Server{deps: d, mux: http.NewServeMux(), done: make(chan struct{})}
	if settings.Certificate == "" && !settings.Address.Addr().IsLoopback() {
		return nil, fmt.Errorf("listen.admin: %s: %w", settings.Address, errPlain)
	}
	if settings.Certificate != "" {
		var err error
		if s.pair, err = newPair(files{settings.Certificate, settings.Key}, d.Log, d.Now); err != nil {
			return nil, err
		}
	}
	s.adopt(settings)
	for _, part := range d.Parts {
		part(s.mux)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", settings.Address.String())
	if err != nil {
		return nil, fmt.Errorf("listen.admin: %s cannot be had: stop who has it (ss -ltnp shows it), or set another address or port of this machine, or \"\": %w", settings.Address, err)
	}
	s.listener = &bounded{Listener: listener, peers: map[netip.Addr]int{}}
	s.ended, s.end = context.WithCancel(context.Background())
	s.http = http.Server{
		Handler: s, ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, WriteTimeout: writeWithin, IdleTimeout: idleWithin,
		MaxHeaderBytes: mostHeader, HTTP2: &http.HTTP2Config{MaxConcurrentStreams: mostStreams},
	}
	go s.serve()
	return s, nil
}

// serve answers until the listener is closed. What net/http has to say goes to the standard library's logger, which the program silences.
func (s *Server) serve() {
	defer close(s.done)
	if s.pair == nil {
		_ = s.http.Serve(s.listener)
		return
	}
	s.http.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.pair.get}
	_ = s.http.ServeTLS(s.listener, "", "")
}

// Addr is the bound address, with the port that the kernel chose.
func (s *Server) Addr() netip.AddrPort {
	at, _ := netip.ParseAddrPort(s.listener.Addr().String())
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// Expires is when the certificate that is shown now expires; false: there is none.
func (s *Server) Expires() (at time.Time, ok bool) {
	if s.pair == nil {
		return time.Time{}, false
	}
	return s.pair.expires(), true
}

// Adopt takes new hosts, and new files of a certificate where there was one, which it reads at once. The address stays. Where the new pair
// is broken the old one stays, and the log says so.
func (s *Server) Adopt(settings Settings) {
	if s.pair != nil && settings.Certificate != "" {
		s.pair.adopt(files{settings.Certificate, settings.Key})
	}
	s.adopt(settings)
}

func (s *Server) adopt(settings Settings) { s.names.Store(newNames(settings.Hosts)) }

// Close ends the streams at once, lets other answers leave for a while, and returns once nothing is served. It may be called more than once.
func (s *Server) Close(ctx context.Context) {
	s.closing.Do(func() {
		s.end()
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if s.http.Shutdown(ctx) != nil {
			_ = s.http.Close()
		}
	})
	<-s.done
}
