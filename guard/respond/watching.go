package respond

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/guard"
	"ivalt-radius/guard/incident"
)

// Bounds of watching.
const (
	watchFor  = 24 * time.Hour
	mostWatch = 1000
	logEvery  = time.Second // of one incident: a flood fills no log
)

// watches are whom one looks at closely.
type watches struct {
	log logrus.FieldLogger
	now func() time.Time

	any       atomic.Bool // somebody is watched
	mu        sync.Mutex
	users     map[string][]*watching
	addresses map[netip.Addr][]*watching
	count     int
}

// watching is one incident's look at a person or an address.
type watching struct {
	id     string
	pen    incident.Pen
	until  time.Time
	logged time.Time
	quiet  int // attempts since, which were not logged
}

// add watches a subject until a time, once for an incident. It is false where too many are watched.
func (w *watches) add(i incident.Incident, p incident.Pen, until time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sweep(func(x *watching) bool { return x.id == i.ID || !w.now().Before(x.until) })
	if w.count >= mostWatch {
		return false
	}
	x := &watching{id: i.ID, pen: p, until: until}
	if i.Subject.User != "" {
		w.users[i.Subject.User] = append(w.users[i.Subject.User], x)
		w.count++
	}
	if i.Subject.Address.IsValid() {
		at := guard.Network(i.Subject.Address).Addr()
		w.addresses[at] = append(w.addresses[at], x)
		w.count++
	}
	w.any.Store(true)
	return true
}

// sweep takes away what is over. mu is held.
func (w *watches) sweep(over func(*watching) bool) {
	w.count = 0
	for name, all := range w.users {
		if all = slices.DeleteFunc(all, over); len(all) == 0 {
			delete(w.users, name)
		} else {
			w.users[name] = all
		}
		w.count += len(all)
	}
	for addr, all := range w.addresses {
		if all = slices.DeleteFunc(all, over); len(all) == 0 {
			delete(w.addresses, addr)
		} else {
			w.addresses[addr] = all
		}
		w.count += len(all)
	}
	w.any.Store(w.count > 0)
}

// of are those who look at a person or an address now.
func (w *watches) of(user string, from netip.Addr) (all []*watching) {
	if !w.any.Load() {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	for _, list := range [][]*watching{w.users[user], w.addresses[from]} {
		for _, x := range list {
			if now.Before(x.until) && !slices.Contains(all, x) {
				all = append(all, x)
			}
		}
	}
	return all
}

// see adds an attempt to the incidents that look at it, and logs it.
func (w *watches) see(a audit.Attempt, from netip.Addr) {
	for _, x := range w.of(a.User, from) {
		now := w.now().UTC()
		record := now.AppendFormat([]byte(`{"time":"`), time.RFC3339Nano)
		record = append(append(record, `","type":"`+a.EventType().String()+`",`...), a.AppendFields(nil)...)
		if !x.pen.Saw(guard.Line{Time: now, Record: append(record, '}')}) {
			w.mu.Lock()
			w.sweep(func(other *watching) bool { return other.id == x.id })
			w.mu.Unlock()
			continue
		}
		if now.Sub(x.logged) < logEvery {
			x.quiet++
			continue
		}
		w.log.WithFields(logrus.Fields{
			"incident": x.id, "attempt": a.Attempt, "user": a.User, "calling_station": a.CallingStation, "client": a.Client, "reason": a.Reason, "not_logged": x.quiet,
		}).Warn("an attempt of somebody who is watched")
		x.logged, x.quiet = now, 0
	}
}
