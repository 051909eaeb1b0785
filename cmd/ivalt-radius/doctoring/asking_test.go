package doctoring

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ivalt-radius/config"
	"ivalt-radius/doctor"
	"ivalt-radius/doctor/needs"
	"ivalt-radius/ivalt/gateway"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/secret"
	"ivalt-radius/secret/secrettest"
)

// secured serves h through TLS under a certificate of its own for a name, until a time, and gives the certificate's file.
func secured(t *testing.T, s *site, h http.Handler, name string, until time.Time) (url, ca string) {
	t.Helper()
	form := secrettest.Authority(name)
	form.NotBefore, form.NotAfter = until.AddDate(-2, 0, 0), until
	made := secrettest.New(t, form, nil)
	server := httptest.NewUnstartedServer(h)
	server.TLS = made.Server()
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	s.file(t, "ca.pem", string(made.PEM()))
	return server.URL, s.path("ca.pem")
}

// TestIVALT: one call tells of TLS, key and clock; it rings no phone.
func TestIVALT(t *testing.T) {
	status := func(code int, off time.Duration) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
			w.WriteHeader(code)
			_, _ = w.Write([]byte(`{}`))
		})
	}
	now := time.Now()
	soon, later := now.Add(5*24*time.Hour), now.AddDate(1, 0, 0)
	other := "http" // a key that is none of the cloud's
	for name, c := range map[string]struct {
		handler         http.Handler
		host            string
		until           time.Time
		more            string
		tls, key, clock doctor.State
		words           string // of TLS or key
	}{
		"sound":              {ivalttest.New(ivalttest.Options{APIKey: secret.New(apiKey)}), "127.0.0.1", later, "", doctor.OK, doctor.OK, doctor.OK, "TLS 1.3, trusted"},
		"another key":        {ivalttest.New(ivalttest.Options{APIKey: secret.New(other)}), "127.0.0.1", later, "", doctor.OK, doctor.Fault, doctor.OK, "is refused"},
		"401":                {status(http.StatusUnauthorized, 0), "127.0.0.1", later, "", doctor.OK, doctor.Fault, doctor.OK, "status 401"},
		"403":                {status(http.StatusForbidden, 0), "127.0.0.1", later, "", doctor.OK, doctor.Fault, doctor.OK, "status 403"},
		"404":                {status(http.StatusNotFound, 0), "127.0.0.1", later, "", doctor.OK, doctor.Unknown, doctor.OK, "says nothing of the key"},
		"301":                {status(http.StatusMovedPermanently, 0), "127.0.0.1", later, "", doctor.OK, doctor.Fault, doctor.OK, "status 301"},
		"429":                {status(http.StatusTooManyRequests, 0), "127.0.0.1", later, "", doctor.OK, doctor.Warning, doctor.OK, "too many calls"},
		"500":                {status(http.StatusInternalServerError, 0), "127.0.0.1", later, "", doctor.OK, doctor.Unknown, doctor.OK, "server error"},
		"422":                {status(http.StatusUnprocessableEntity, 0), "127.0.0.1", later, "", doctor.OK, doctor.OK, doctor.OK, "as it must be"},
		"a clock ahead":      {status(http.StatusUnprocessableEntity, 10*time.Second), "127.0.0.1", later, "", doctor.OK, doctor.OK, doctor.Warning, "as it must be"},
		"a clock behind":     {status(http.StatusUnprocessableEntity, -time.Hour), "127.0.0.1", later, "", doctor.OK, doctor.OK, doctor.Fault, "as it must be"},
		"soon over":          {status(http.StatusUnprocessableEntity, 0), "127.0.0.1", soon, "", doctor.Warning, doctor.OK, doctor.OK, "4 days"},
		"over":               {status(http.StatusUnprocessableEntity, 0), "127.0.0.1", now.Add(-24 * time.Hour), "", doctor.Fault, doctor.Unknown, doctor.Unknown, "certificate ended on"},
		"another host's":     {status(http.StatusUnprocessableEntity, 0), "other.example", later, "", doctor.Fault, doctor.Unknown, doctor.Unknown, "not trusted"},
		"another key pinned": {status(http.StatusUnprocessableEntity, 0), "127.0.0.1", later, ", pins: [\"sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]", doctor.Fault, doctor.Unknown, doctor.Unknown, "no pinned key"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			url, ca := secured(t, s, c.handler, c.host, c.until)
			s.url, s.more = url, fmt.Sprintf(", ca_file: %q%s}", ca, c.more)
			all := findings(t, "--config", s.config(t), "--timeout", "20s")
			for id, want := range map[string]doctor.State{"ivalt.tls": c.tls, "ivalt.key": c.key, "clock.ivalt": c.clock} {
				expect(t, all[id], want, "")
			}
			if !all["ivalt.tls"].says(c.words) && !all["ivalt.key"].says(c.words) {
				t.Errorf("%q is not in %+v, %+v", c.words, all["ivalt.tls"], all["ivalt.key"])
			}
		})
	}
}

// TestNoPhoneRings: what doctor sends names nobody, is sent once, and not at all with --offline.
func TestNoPhoneRings(t *testing.T) {
	var calls atomic.Int32
	var path, body atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		text := make([]byte, 100)
		n, _ := r.Body.Read(text)
		path.Store(r.URL.Path)
		body.Store(string(text[:n]))
		w.WriteHeader(http.StatusUnprocessableEntity)
	}))
	defer server.Close()
	s := newSite(t)
	s.url = server.URL
	config := s.config(t)
	findings(t, "--config", config, "--offline")
	if calls.Load() != 0 {
		t.Fatal("--offline asks iVALT")
	}
	all := findings(t, "--config", config)
	if calls.Load() != 1 || body.Load() != "{}" || strings.Contains(fmt.Sprint(path.Load()), "auth-request") {
		t.Errorf("%d calls, the last to %v with %v", calls.Load(), path.Load(), body.Load())
	}
	expect(t, all["ivalt.tls"], doctor.Warning, "rehearsal")
	s.url = "http://127.0.0.1:1"
	all = findings(t, "--config", s.config(t))
	expect(t, all["ivalt.key"], doctor.Unknown, "connection refused")
}

// TestUnsoundWay: where the settings of iVALT have faults nobody is asked, and that is said.
func TestUnsoundWay(t *testing.T) {
	s := newSite(t)
	s.url = "http://192.0.2.1"
	expect(t, findings(t, "--config", s.config(t))["ivalt.tls"], doctor.Unknown, "have faults")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	way := gateway.Options{URL: "https://127.0.0.1:1", APIKey: secret.New(apiKey)}
	if tls, key, clock := askIVALT(ctx, way); tls.Known || key.Known || clock.Known {
		t.Errorf("given up: %+v, %+v, %+v", tls, key, clock)
	}
	if got := earliest(nil); !got.IsZero() {
		t.Error(got)
	}
}

// TestSources: a directory without a search account is connected to, and no more.
func TestSources(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	silent, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	ldap := func(more string) {
		s.more = fmt.Sprintf("}\nprimary: {method: ldap, ldap: {urls: [\"ldap://%s\", \"ldap://127.0.0.1:1\"], insecure_plaintext: true, timeout: 2s, base: \"dc=example\"%s}}\n", listener.Addr(), more)
	}
	ldap(`, user_dn: "{username}@example.com"`)
	f := findings(t, "--config", s.config(t))["factor.sources"]
	expect(t, f, doctor.Fault, "primary.ldap.urls[1], ldap://127.0.0.1:1: no connection")
	if !f.says("urls[0], ldap://"+listener.Addr().String()+": connected") || !f.says("neither TLS nor a bind") {
		t.Errorf("%+v", f)
	}
	s.file(t, "bind", "kd83nQv1xZp0Lw7R")
	ldap(`, bind_dn: "cn=search,dc=example", bind_password: "file:` + s.path("bind") + `"`)
	go func() { // it closes each connection, as what speaks no LDAP may
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	f = findings(t, "--config", s.config(t))["factor.sources"]
	if f.State != "fault" || !f.says("urls[0]") || !f.says("urls[1]") || f.says("kd83nQv1xZp0Lw7R") {
		t.Errorf("%+v", f)
	}
	expect(t, findings(t, "--config", s.config(t), "--offline")["factor.sources"], doctor.Unknown, "--offline")

	gone := silent.LocalAddr().String()
	_ = silent.Close()
	s.more = fmt.Sprintf("}\nprimary: {method: radius, radius: {servers: [{address: %q, secret: \"file:%s\"}]}}\n", gone, s.path("shared"))
	expect(t, findings(t, "--config", s.config(t))["factor.sources"], doctor.Fault, "nothing listens there")
}

// TestUpstream: an answer under another secret is a fault, silence is unknown, and a secret that is not there is not tried.
func TestUpstream(t *testing.T) {
	liar, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = liar.Close() }()
	go func() {
		request := make([]byte, 4096)
		for {
			n, from, err := liar.ReadFrom(request)
			if err != nil {
				return
			}
			answer := append([]byte{2, request[1], 0, 20}, make([]byte, 16)...) // an Access-Accept with an authenticator of zeros
			if n > 0 {
				_, _ = liar.WriteTo(answer, from)
			}
		}
	}()
	var s config.Settings
	s.Primary.RADIUS.Servers = []config.UpstreamServer{{Address: liar.LocalAddr().String(), Secret: secret.New(shared)}, {Address: "127.0.0.1:9"}}
	f := doctor.Facts{Needs: doctor.Known(needs.Of(&s))}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ask(ctx, &f, inputs{Loaded: Loaded{Settings: &s}})
	if got := f.Sources[0]; !got.Reached.Known || got.Reached.Value || !strings.Contains(got.Trouble, "not under this secret") {
		t.Errorf("%+v", got)
	}
	if got := f.Sources[1]; got.Reached.Known || !strings.Contains(got.Reached.Why, "its secret") {
		t.Errorf("%+v", got)
	}
}

// TestResolve asks a name server of its own.
func TestResolve(t *testing.T) {
	server, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	go func() { // it knows nobody: RFC 1035 section 4.1.1, RCODE 3
		query := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			answer := append([]byte{}, query[:n]...)
			answer[2], answer[3] = 0x81, 0x83
			answer[10], answer[11] = 0, 0 // no additional records
			_, _ = server.WriteTo(answer[:question(answer)], from)
		}
	}()
	own := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	if got := resolve(t.Context(), own, needs.Outward{Host: "nobody.example."}); !got.Addresses.Known || got.Addresses.Value != 0 || got.Trouble != "there is no such name" {
		t.Errorf("%+v", got)
	}
	if got := resolve(t.Context(), own, needs.Outward{Host: "localhost"}); !got.Addresses.Known || got.Addresses.Value == 0 {
		t.Errorf("%+v", got)
	}
	mute := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, context.DeadlineExceeded }}
	if got := resolve(t.Context(), mute, needs.Outward{Host: "nobody.example."}); got.Trouble != "no name server answers" {
		t.Errorf("%+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := resolve(ctx, mute, needs.Outward{Host: "nobody.example."}); got.Trouble != "no name server answers in time" {
		t.Errorf("%+v", got)
	}
}

// question is where the question of a query ends.
func question(query []byte) int {
	at := 12
	for query[at] != 0 {
		at += int(query[at]) + 1
	}
	return at + 5
}
