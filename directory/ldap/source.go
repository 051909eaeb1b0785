package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"

	"ivalt-radius/auth"
	"ivalt-radius/fault"
	"ivalt-radius/fault/trust"
)

// Source is a directory. It is safe for concurrent use, and opens no connection before it is asked.
type Source struct {
	settings Settings
	byDN     bool // user_dn is a DN
	servers  []*server
	pace     pace
	deepest  atomic.Int32 // rounds of the deepest search for groups, up to mostPadding
}

var (
	_ auth.Directory = (*Source)(nil)
	_ auth.Primary   = (*Source)(nil)
)

// New makes a Source of the settings; the faults carry the keys `primary.ldap.…`, and no password. The Source is nil where one is no
// warning. ca_file is read now.
func New(s Settings) (*Source, fault.List) {
	return newSource(s, (&net.Dialer{}).DialContext)
}

func newSource(s Settings, dial func(ctx context.Context, network, address string) (net.Conn, error)) (*Source, fault.List) {
	var faults fault.List
	endpoints := s.endpoints(&faults)
	roots := trust.Roots{File: s.CAFile, Own: s.OwnRoots}.Pool("primary.ldap", &faults)
	s = s.readable(&faults)
	s.check(&faults)
	if len(faults.Fatal()) > 0 {
		return nil, faults
	}
	source := &Source{settings: s, byDN: strings.Contains(s.UserDN, "=")}
	d := dialer{dial: dial, tls: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, plain: s.InsecurePlaintext}
	for _, e := range endpoints {
		source.servers = append(source.servers, newServer(e, d, account{name: s.BindDN, password: s.BindPassword}, s.Timeout, s.Connections))
	}
	return source, faults
}

// SuppliesGroups reports that Person knows people's groups before their first factor is checked, so that rules may name them. Which
// groups there are cannot be listed. With user_dn they would come with the first factor, behind the rules, so they are not asked for.
func (s *Source) SuppliesGroups() bool { return s.searches() }

// Close ends the connections. Questions that wait or come later fail.
func (s *Source) Close() {
	for _, server := range s.servers {
		server.close()
	}
}

// Failed is how many of the servers failed when they were last asked, of how many.
func (s *Source) Failed() (failed, all int) {
	for _, server := range s.servers {
		server.mu.Lock()
		if !server.failedTil.IsZero() {
			failed++
		}
		server.mu.Unlock()
	}
	return failed, len(s.servers)
}

// searches reports that a search account finds people.
func (s *Source) searches() bool { return s.settings.BindDN != "" }

// ask puts a question to the servers in their order, those that failed lately behind the others, until one can be asked. What that
// one says is the answer.
func (s *Source) ask(ctx context.Context, k kind, question func(context.Context, *conn) error) error {
	var failures []string
	sort := errUnavailable
	for _, server := range s.order() {
		err := server.ask(ctx, k, question)
		var o *outage
		if !errors.As(err, &o) {
			return err
		}
		failures = append(failures, server.address+" "+o.why)
		if o.busy {
			sort = auth.ErrBusy
		}
	}
	return fmt.Errorf("%w: %s", sort, strings.Join(failures, "; "))
}

// errUnavailable blames neither the person nor the settings.
var errUnavailable = errors.New("no directory server can be asked")

func (s *Source) order() []*server {
	var first, last []*server
	for _, server := range s.servers {
		if server.aside() {
			last = append(last, server)
			continue
		}
		first = append(first, server)
	}
	return append(first, last...)
}
