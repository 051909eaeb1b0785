package ivalttest

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// FaultKind names one thing that goes wrong; FaultKinds lists them.
type FaultKind string

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

	forge func(*call) forged
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
	kind, ok := kindNamed(f.Kind)
	switch {
	case !ok:
		return fmt.Errorf("no fault %q", f.Kind)
	case f.Requests < 0 || f.Delay < 0:
		return fmt.Errorf("fault %s: a number is below zero", f.Kind)
	case f.Endpoint == AnyEndpoint:
		f.Endpoint = kind.home
	case kind.home != AnyEndpoint && f.Endpoint != kind.home:
		return fmt.Errorf("fault %s: only the %s endpoint can show it", f.Kind, kind.home)
	}
	f.Mobile = canonicalMobile(f.Mobile)
	a := &armed{Fault: f, forge: kind.forge}
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

// delivery is how an answer travels.
type delivery uint8

const (
	whole    delivery = iota
	genuine           // the genuine answer, after Delay
	closed            // the connection ends without a word
	halfway           // it ends in the middle of the body
	stalled           // nothing comes until the client gives up
	stalling          // half of the body comes, then nothing
)

// forged is a faulty answer.
type forged struct {
	reply
	delivery delivery
}

const stallDefault = time.Minute

func (c *Cloud) serveFault(w http.ResponseWriter, r *http.Request, k *call, f *armed) {
	out := f.forge(k)
	if out.delivery == genuine {
		pause(r, f.Delay)
		k.now = k.options.Now()
		out.reply = c.answer(r, k)
	} else if f.Delivered {
		c.answer(r, k)
	}
	out.fault = f.Kind
	if out.delivery == closed || out.delivery == stalled {
		out.status = 0
	}
	c.log(k, out.reply)
	out.send(w, r, f.Delay)
}

func (f forged) send(w http.ResponseWriter, r *http.Request, delay time.Duration) {
	if delay == 0 {
		delay = stallDefault
	}
	switch f.delivery {
	case whole, genuine:
		f.write(w)
		return
	case halfway:
		f.writeHalf(w)
	case stalling:
		f.writeHalf(w)
		pause(r, delay)
	case stalled:
		pause(r, delay)
	case closed:
	}
	panic(http.ErrAbortHandler) // net/http's own way to end a connection without an answer
}

// pause waits, at most until the client is gone.
func pause(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}
