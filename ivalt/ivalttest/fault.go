package ivalttest

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ivalt-radius/ivalt/ivalttest/answers"
)

// FaultKind names one thing that goes wrong; package answers has them all.
type FaultKind = answers.Kind

// The kinds that tests name most.
const (
	Closed        = answers.Closed
	Stall         = answers.Stall
	Slow          = answers.Slow
	ServerError   = answers.ServerError
	HTML200       = answers.HTML200
	TruncatedJSON = answers.TruncatedJSON
	WrongKey      = answers.WrongKey
	Throttled     = answers.Throttled
	Redirect      = answers.Redirect
	StaleApproval = answers.StaleApproval
)

// Fault replaces answers. The zero Fault is refused.
type Fault struct {
	Kind      FaultKind
	Endpoint  Endpoint      // where; AnyEndpoint is wherever the kind makes sense
	Mobile    string        // whose calls, look-ups of their e-mail included; empty is everybody's
	Requests  int           // for how many calls; 0 is until cleared
	Delay     time.Duration // Slow: before the genuine answer; Stall and StallBody: before giving up, 0 is 1 minute
	Delivered bool          // the call takes effect all the same (the push rings, the result is read), only its answer is lost
}

// NamedFault is a fault with a name for a test's table, as in "result/html-200".
type NamedFault struct {
	Name  string
	Fault Fault
}

// armed is a fault in force.
type armed struct {
	Fault

	forge func(answers.Ask) answers.Forged
	left  atomic.Int64 // calls to go, where Requests is not 0
}

// faultList is the faults in force. Readers take no lock, and nothing at all while there is none.
type faultList struct {
	mu   sync.Mutex
	list atomic.Pointer[[]*armed]
}

func (l *faultList) all() []*armed {
	if p := l.list.Load(); p != nil {
		return *p
	}
	return nil
}

// take finds the first fault that is meant for the call, and uses up one of its calls.
func (l *faultList) take(k *call) *armed {
	for _, f := range l.all() {
		if f.meant(k) && (f.Requests == 0 || f.left.Add(-1) >= 0) {
			return f
		}
	}
	return nil
}

func (f *armed) meant(k *call) bool {
	return (f.Endpoint == AnyEndpoint || f.Endpoint == k.endpoint) && (f.Mobile == "" || f.Mobile == k.mobile)
}

// Inject puts a fault in force, behind those that are. The error says what about it makes no sense.
func (c *Cloud) Inject(f Fault) error {
	kind, ok := faultNamed(f.Kind)
	switch {
	case !ok:
		return fmt.Errorf("no fault %q", f.Kind)
	case f.Requests < 0 || f.Delay < 0:
		return fmt.Errorf("fault %s: a number is below zero", f.Kind)
	case f.Endpoint == AnyEndpoint:
		f.Endpoint = kind.Home
	case kind.Home != AnyEndpoint && f.Endpoint != kind.Home:
		return fmt.Errorf("fault %s: only the %s endpoint can show it", f.Kind, kind.Home)
	}
	f.Mobile = canonicalMobile(f.Mobile)
	a := &armed{Fault: f, forge: kind.Forge}
	a.left.Store(int64(f.Requests))
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	list := append([]*armed{}, c.faults.inForce()...)
	list = append(list, a)
	c.faults.list.Store(&list)
	return nil
}

// inForce leaves out the faults that are used up.
func (l *faultList) inForce() []*armed {
	var out []*armed
	for _, f := range l.all() {
		if f.Requests == 0 || f.left.Load() > 0 {
			out = append(out, f)
		}
	}
	return out
}

// ClearFaults ends all faults. Calls that are stalled stay so.
func (c *Cloud) ClearFaults() {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.list.Store(nil)
}

// Faults are the faults in force, Requests being what is left of them.
func (c *Cloud) Faults() []Fault {
	out := []Fault{}
	for _, a := range c.faults.inForce() {
		f := a.Fault
		f.Requests = int(max(0, a.left.Load()))
		out = append(out, f)
	}
	return out
}

func (c *Cloud) serveFault(w http.ResponseWriter, r *http.Request, k *call, f *armed) {
	out := f.forge(k.ask())
	if out.Delivery == answers.Genuine {
		answers.Pause(r, f.Delay)
		k.now = k.options.Now()
		k.date(w)
		out.Reply = c.answer(r, k)
	} else if f.Delivered {
		c.answer(r, k)
	}
	status := out.Status
	if out.Delivery.Silent() {
		status = 0
	}
	c.log(k, status, f.Kind)
	out.Send(w, r, f.Delay)
}

// serveRedirected approves whoever follows a Redirect, as no client should.
func (c *Cloud) serveRedirected(w http.ResponseWriter, r *http.Request) {
	c.counts.redirects.Add(1)
	o := c.options.Load()
	k := call{path: answers.PathRedirected, endpoint: ResultEndpoint, options: o, now: o.Now(), mobile: clip(r.URL.Query().Get("mobile"))}
	k.date(w)
	rep := answers.Approved(k.ask())
	c.log(&k, rep.Status, "")
	rep.Write(w)
}

// FaultKinds are the names of all faults.
func FaultKinds() []FaultKind {
	var names []FaultKind
	for _, f := range answers.Faults() {
		names = append(names, f.Kind)
	}
	return names
}

func faultNamed(name FaultKind) (answers.Fault, bool) {
	for _, f := range answers.Faults() {
		if f.Kind == name {
			return f, true
		}
	}
	return answers.Fault{}, false
}

// Hostile lists every fault, at every endpoint that can show it, under which no login may succeed, whatever the person
// does. They hold until cleared and never take effect on the phone: a push that fails so has not rung.
func Hostile() []NamedFault {
	var list []NamedFault
	for _, f := range answers.Faults() {
		if f.Harmless {
			continue
		}
		homes := []Endpoint{f.Home}
		if f.Home == AnyEndpoint {
			homes = []Endpoint{LookUpEndpoint, PushEndpoint, ResultEndpoint}
		}
		for _, e := range homes {
			list = append(list, NamedFault{Name: e.String() + "/" + string(f.Kind), Fault: Fault{Kind: f.Kind, Endpoint: e}})
		}
	}
	return list
}
