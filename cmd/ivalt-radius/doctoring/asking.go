package doctoring

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/sharing"
	"ivalt-radius/cmd/ivalt-radius/sources"
	"ivalt-radius/config"
	"ivalt-radius/doctor"
	"ivalt-radius/doctor/needs"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/radius/radiustest"
)

// byWord is why nobody was asked.
const byWord = "--offline: nobody was asked"

// ask asks all that others must be asked for, all at once: none of them waits for another.
func ask(ctx context.Context, f *doctor.Facts, in inputs) {
	names := f.Needs.Value.Names()
	f.Names = make([]doctor.Name, len(names))
	var wait sync.WaitGroup
	for i, n := range names {
		f.Names[i] = doctor.Name{Key: n.Key, Host: n.Host, Addresses: doctor.Unseen[int](byWord)}
		if !f.Offline {
			wait.Go(func() { f.Names[i] = resolve(ctx, net.DefaultResolver, n) })
		}
	}
	f.TLS, f.Key, f.Offset = doctor.Unseen[doctor.TLS](byWord), doctor.Unseen[doctor.Key](byWord), doctor.Unseen[doctor.Offset](byWord)
	const unsound = "the settings of ivalt have faults, or the API key may not be read"
	switch {
	case !in.WaySound:
		f.TLS, f.Key, f.Offset = doctor.Unseen[doctor.TLS](unsound), doctor.Unseen[doctor.Key](unsound), doctor.Unseen[doctor.Offset](unsound)
	case !f.Offline:
		wait.Go(func() { f.TLS, f.Key, f.Offset = askIVALT(ctx, in.Way) })
	}
	f.Sources = sourcesOf(in.Settings)
	if !f.Offline {
		askDirectories(ctx, in.Settings, f.Sources, &wait)
		askUpstream(ctx, in.Settings, f.Sources, &wait)
	}
	if f.Cluster = doctor.Unseen[doctor.Cluster](byWord); !f.Offline {
		wait.Go(func() { f.Cluster = clusterOf(ctx, in) })
	}
	wait.Wait()
}

// clusterOf asks the running server, and where none runs the shared memory itself.
func clusterOf(ctx context.Context, in inputs) doctor.Fact[doctor.Cluster] {
	if len(in.Settings.State.Redis.Addresses) == 0 {
		return doctor.Unseen[doctor.Cluster]("state.redis.addresses is empty")
	}
	r, err := sharing.Asked(ctx, in.Settings)
	if errors.Is(err, control.ErrNotRunning) {
		if len(in.denied) > 0 {
			return doctor.Unseen[doctor.Cluster]("no server runs here, and not all secrets may be read: run doctor as root, or as the server's user")
		}
		r, err = sharing.Seen(ctx, in.Settings, sharing.Quiet())
	}
	if err != nil {
		return doctor.Unseen[doctor.Cluster](err.Error())
	}
	c := doctor.Cluster{Nodes: len(r.Nodes)}
	if !r.Memory.Reachable {
		c.Trouble = cmp.Or(r.Memory.Why, "it does not answer")
	}
	if r.Memory.Eviction != "" && r.Memory.Eviction != "noeviction" {
		c.Drops = r.Memory.Eviction
	}
	r.Memory.Eviction = "" // said above
	c.Uneven = r.Trouble()
	return doctor.Known(c)
}

// resolveWithin bounds one look-up.
const resolveWithin = 10 * time.Second

func resolve(ctx context.Context, from *net.Resolver, n needs.Outward) doctor.Name {
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	out := doctor.Name{Key: n.Key, Host: n.Host}
	found, err := from.LookupNetIP(ctx, "ip", n.Host)
	var missing *net.DNSError
	switch {
	case err == nil:
		out.Addresses = doctor.Known(len(found))
	case errors.As(err, &missing) && missing.IsNotFound:
		out.Addresses, out.Trouble = doctor.Known(0), "there is no such name"
	case ctx.Err() != nil:
		out.Addresses, out.Trouble = doctor.Known(0), "no name server answers in time"
	default:
		out.Addresses, out.Trouble = doctor.Known(0), "no name server answers"
	}
	return out
}

// handshake is what TLS showed. The transport tells of it from a goroutine of its own.
type handshake struct {
	mu    sync.Mutex
	done  bool
	state tls.ConnectionState
	err   error
}

func (h *handshake) told(state tls.ConnectionState, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done, h.state, h.err = true, state, err
}

// askIVALT makes one call: a look-up that names nobody, which no phone hears of. Its connection shows TLS, its answer the key and the clock.
func askIVALT(ctx context.Context, way gateway.Options) (doctor.Fact[doctor.TLS], doctor.Fact[doctor.Key], doctor.Fact[doctor.Offset]) {
	var shook handshake
	c := gateway.New(way)
	defer c.Retire()
	began := time.Now()
	r := c.Probe(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{TLSHandshakeDone: shook.told}), gateway.LookUps)
	took := time.Since(began)
	shook.mu.Lock()
	defer shook.mu.Unlock()
	return tlsOf(way, &shook, r), keyOf(r), offsetOf(r, began, took)
}

func tlsOf(way gateway.Options, h *handshake, r gateway.Result) doctor.Fact[doctor.TLS] {
	t := doctor.TLS{Pins: len(way.Pins), ViaProxy: !way.Proxy.Empty()}
	if u, err := url.Parse(way.URL); err == nil && u.Scheme == "http" {
		t.Plain = true
		return doctor.Known(t)
	}
	if r.Why == gateway.GivenUp {
		return doctor.Unseen[doctor.TLS]("--timeout was over")
	}
	if !h.done || h.err != nil {
		t.Trouble = r.Why.String()
		if r.Cause != "" {
			t.Trouble += ": " + r.Cause
		}
		var untrusted *tls.CertificateVerificationError
		if errors.As(h.err, &untrusted) {
			t.Expires = earliest(untrusted.UnverifiedCertificates[:min(1, len(untrusted.UnverifiedCertificates))])
		}
		return doctor.Known(t)
	}
	t.Version, t.Old = tls.VersionName(h.state.Version), h.state.Version < tls.VersionTLS12
	if len(h.state.VerifiedChains) > 0 {
		t.Expires = earliest(h.state.VerifiedChains[0])
	}
	return doctor.Known(t)
}

// earliest is when the first certificate of a chain ends; zero: there is none.
func earliest(chain []*x509.Certificate) (at time.Time) {
	for _, c := range chain {
		if at.IsZero() || c.NotAfter.Before(at) {
			at = c.NotAfter
		}
	}
	return at
}

func keyOf(r gateway.Result) doctor.Fact[doctor.Key] {
	status := fmt.Sprintf("status %d", r.Status)
	switch r.Status {
	case http.StatusUnauthorized, http.StatusForbidden: // whatever else stands there
		return doctor.Known(doctor.Key{State: doctor.Fault, Answer: status + ": the key, or the path, is refused"})
	case http.StatusNotFound:
		return doctor.Known(doctor.Key{State: doctor.Unknown, Answer: status + ": it says nothing of the key; is ivalt.dialect right?"})
	}
	switch r.Class {
	case gateway.BadKey:
		return doctor.Known(doctor.Key{State: doctor.Fault, Answer: status + ": the key, or the path, is refused"})
	case gateway.Throttled:
		return doctor.Known(doctor.Key{State: doctor.Warning, Answer: status + ": too many calls, so the key is known and its budget used up"})
	case gateway.Failed, gateway.Unsent:
		return doctor.Unseen[doctor.Key](r.Why.String())
	case gateway.Refused, gateway.BadRequest, gateway.Unknown, gateway.Pending, gateway.Accepted, gateway.Found, gateway.Fence, gateway.Window,
		gateway.Denied, gateway.Expired, gateway.Drift, gateway.Approved, gateway.Classes:
	}
	return doctor.Known(doctor.Key{State: doctor.OK, Answer: status + ": the key is taken; the question itself is refused, as it must be"})
}

// offsetOf compares clocks. The answer's Date has whole seconds (RFC 9110 section 5.6.7), and was written while the call was on its way: between
// began and when we had it in hand, which counts the time for which a busy machine made us wait.
func offsetOf(r gateway.Result, began time.Time, took time.Duration) doctor.Fact[doctor.Offset] {
	if r.Clock.IsZero() {
		return doctor.Unseen[doctor.Offset]("there was no answer that tells the time")
	}
	const half = time.Second / 2
	middle := began.Add(took / 2)
	return doctor.Known(doctor.Offset{Ahead: r.Clock.Add(half).Sub(middle), Within: half + took/2})
}

// sourcesOf are the servers of the first factor, none of them asked yet.
func sourcesOf(s *config.Settings) (out []doctor.Source) {
	for i, u := range s.Primary.LDAP.URLs {
		name := "LDAP"
		if at, err := url.Parse(u); err == nil {
			name = at.Scheme + "://" + at.Host
		}
		out = append(out, doctor.Source{Key: fmt.Sprintf("primary.ldap.urls[%d]", i), Name: name, Reached: doctor.Unseen[bool](byWord)})
	}
	for i, u := range s.Primary.RADIUS.Servers {
		out = append(out, doctor.Source{Key: fmt.Sprintf("primary.radius.servers[%d]", i), Name: u.Address, Reached: doctor.Unseen[bool](byWord)})
	}
	return out
}

// askDirectories binds as the search account and searches for a person who cannot be there.
func askDirectories(ctx context.Context, s *config.Settings, out []doctor.Source, wait *sync.WaitGroup) {
	for i := range s.Primary.LDAP.URLs {
		out[i].Reached = doctor.Unseen[bool]("primary.ldap has faults, or its password may not be read")
	}
	if s.Primary.LDAP.BindDN == "" {
		for i := range s.Primary.LDAP.URLs {
			wait.Go(func() { connect(ctx, s.Primary.LDAP.URLs[i], &out[i]) })
		}
		return
	}
	for i, source := range sources.Directories(s.Primary.LDAP) {
		wait.Go(func() {
			defer source.Close()
			stranger, err := auth.ParseUsername("ivalt-radius-doctor-" + rand.Text())
			if err == nil {
				_, err = source.Person(ctx, stranger)
			}
			if out[i].Reached = doctor.Known(err == nil); err != nil {
				out[i].Trouble = err.Error()
			}
			out[i].Depth = "connected, bound as the search account, and searched for nobody"
		})
	}
}

// connectWithin bounds a connection that nothing is sent over.
const connectWithin = 5 * time.Second

// connect opens a connection to a directory and says nothing: without a search account there is nothing to say.
func connect(ctx context.Context, text string, out *doctor.Source) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	var s config.Settings
	s.Primary.LDAP.URLs = []string{text}
	for _, o := range needs.Of(&s).Out {
		if o.For != "LDAP" {
			continue
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(o.Host, fmt.Sprint(o.Port)))
		if out.Reached = doctor.Known(err == nil); err != nil {
			out.Trouble = "no connection: is the address right, and the way open?"
			return
		}
		_ = conn.Close() // nothing was sent
		out.Depth, out.Partly = "connected", "without primary.ldap.bind_dn neither TLS nor a bind was tried"
	}
}

// The patience with an upstream server.
const (
	statusWait  = 3 * time.Second
	statusTries = 2
)

// askUpstream sends a Status-Server (RFC 5997), which names nobody. A server need not answer one.
func askUpstream(ctx context.Context, s *config.Settings, out []doctor.Source, wait *sync.WaitGroup) {
	out = out[len(s.Primary.LDAP.URLs):]
	for i, u := range s.Primary.RADIUS.Servers {
		if u.Secret.Empty() {
			out[i].Reached = doctor.Unseen[bool]("its secret has a fault, or may not be read")
			continue
		}
		wait.Go(func() {
			n := radiustest.NAS{
				Server: u.Address, Secret: u.Secret, Identifier: "ivalt-radius-doctor", Retry: radiustest.Retry{Interval: statusWait, Tries: statusTries},
			}
			r, err := n.Status(ctx)
			switch {
			case err == nil:
				out[i].Reached, out[i].Depth = doctor.Known(true), "answered a Status-Server"
			case errors.Is(r.LastDiscard, radiustest.ErrUnreachable):
				out[i].Reached, out[i].Trouble = doctor.Known(false), "nothing listens there"
			case r.Discarded > 0:
				out[i].Reached, out[i].Trouble = doctor.Known(false), "answers, and not under this secret: is the secret the same on both sides?"
			case errors.Is(err, radiustest.ErrNoAnswer):
				out[i].Reached = doctor.Unseen[bool]("no answer to a Status-Server: it is down, does not know this host or this secret, or answers none")
			default:
				out[i].Reached, out[i].Trouble = doctor.Known(false), "nothing can be sent to it: is the address right?"
			}
		})
	}
}
