package ivalttest

import (
	"slices"
	"sync"
	"sync/atomic"

	"ivalt-radius/ivalt/gateway/signature"
	"ivalt-radius/ivalt/ivalttest/plan"
)

// How much a Cloud remembers: enough to look at, too little to fill a machine.
const (
	keptRequests = 4096
	keptPushes   = 1024
	keptAnswers  = 4096
	maxPhones    = 1 << 20 // people whom Options.Default enrols on their own
)

// Cloud is the rehearsed iVALT. Make it with New; it has nothing to close. Safe for concurrent use.
type Cloud struct {
	options atomic.Pointer[Options] // filled
	plan    atomic.Pointer[plan.Plan]
	peaks   plan.Peaks
	signed  atomic.Pointer[signature.Verifier] // nil: no signature is asked for
	changes sync.Mutex                         // orders Change

	book   *book
	emails sync.Map // canonical e-mail -> mobile, of people who were Set
	autos  atomic.Int64

	faults   faultList
	requests *ring[Request]
	pushes   *ring[*push]
	answered *ring[Answer]
	ids      atomic.Uint64
	counts   counts
}

// New makes a Cloud. Options that Check refuses are taken as they stand: the real API might do worse.
func New(o Options) *Cloud {
	c := &Cloud{
		book: newBook(), requests: newRing[Request](keptRequests), pushes: newRing[*push](keptPushes),
		answered: newRing[Answer](keptAnswers),
	}
	c.configure(o)
	return c
}

// Change has do change the options, nobody else doing so meanwhile, and puts them in force unless Check refuses them; its
// error says why. What has been pushed stays; counting for the limits starts again.
func (c *Cloud) Change(do func(*Options)) error {
	c.changes.Lock()
	defer c.changes.Unlock()
	o := c.Options()
	do(&o)
	if err := o.Check(); err != nil {
		return err
	}
	c.configure(o)
	return nil
}

func (c *Cloud) configure(o Options) {
	o = o.filled()
	c.plan.Store(plan.New(o.Limits))
	if v := c.signed.Load(); o.SigningSecret.Empty() {
		c.signed.Store(nil)
	} else if v == nil || !v.Key.Equal(o.SigningSecret) {
		c.signed.Store(&signature.Verifier{Key: o.SigningSecret}) // otherwise it stays, with the nonces that were used
	}
	c.options.Store(&o)
}

// Options are the options in force, with their defaults filled in.
func (c *Cloud) Options() Options { return *c.options.Load() }

// Set adds a person, or changes the one who has the mobile. Pushes on the phone stay as they are. A person without a
// mobile gets DerivedMobile; one whose mobile or e-mail no request can name is never found.
func (c *Cloud) Set(p Person) {
	p = p.canonical()
	s := c.book.shard(p.Mobile)
	s.mu.Lock()
	ph := s.phones[p.Mobile]
	if ph == nil {
		ph = &phone{answers: c.answered}
		s.phones[p.Mobile] = ph
	}
	old := ph.person
	ph.person, ph.next, ph.auto = p, 0, false
	s.mu.Unlock()
	for _, email := range old.emails() {
		if !slices.Contains(p.emails(), email) {
			c.emails.CompareAndDelete(email, p.Mobile)
		}
	}
	for _, email := range p.emails() {
		c.emails.Store(email, p.Mobile)
	}
}

// Approve answers the newest open push of the mobile; false where there is none.
func (c *Cloud) Approve(mobile string) bool { return c.byHand(mobile, 0, approved) }

// Deny answers the newest open push of the mobile with a denial; false where there is none.
func (c *Cloud) Deny(mobile string) bool { return c.byHand(mobile, 0, denied) }

// ApprovePush answers one push of PushLog; false where it waits for no answer.
func (c *Cloud) ApprovePush(id uint64) bool { return c.byHand(c.mobileOf(id), id, approved) }

// DenyPush answers one push of PushLog with a denial; false where it waits for no answer.
func (c *Cloud) DenyPush(id uint64) bool { return c.byHand(c.mobileOf(id), id, denied) }

// mobileOf finds the phone of a push among those that are remembered.
func (c *Cloud) mobileOf(id uint64) string {
	for _, p := range c.pushes.last(keptPushes) {
		if p.id == id {
			return p.mobile
		}
	}
	return ""
}

// byHand answers one open push; id 0 is the newest.
func (c *Cloud) byHand(mobile string, id uint64, said outcome) (done bool) {
	mobile = canonicalMobile(mobile)
	o := c.options.Load()
	now := o.Now()
	c.book.with(mobile, func(ph *phone) {
		if ph == nil {
			return
		}
		ph.settle(now, o.PushLifetime)
		for i := len(ph.open) - 1; i >= 0; i-- {
			if p := ph.open[i]; id == 0 || p.id == id {
				if said == approved {
					said = p.step.byApproving()
				}
				ph.answer(i, reply{said, now, ByHand}, o.PushLifetime)
				done = true
				return
			}
		}
	})
	return done
}

// Pushes is how many pushes reached the mobile.
func (c *Cloud) Pushes(mobile string) (n int) {
	c.book.with(canonicalMobile(mobile), func(ph *phone) {
		if ph != nil {
			n = ph.pushes
		}
	})
	return n
}

// Polls is how often the mobile's result was asked for, at either endpoint, faulty answers included.
func (c *Cloud) Polls(mobile string) (n int) {
	c.book.with(canonicalMobile(mobile), func(ph *phone) {
		if ph != nil {
			n = ph.polls
		}
	})
	return n
}

// Reset forgets pushes, answers, results, faults, counters, the log and everybody whom Default enrolled. Options and the people
// who were Set stay, and their Next begins again.
func (c *Cloud) Reset() {
	c.ClearFaults()
	c.book.each(func(s *shard, mobile string, ph *phone) {
		if ph.auto {
			delete(s.phones, mobile)
			c.autos.Add(-1)
			return
		}
		s.phones[mobile] = &phone{person: ph.person, answers: c.answered}
	})
	c.pushes.reset()
	c.answered.reset()
	c.requests.reset()
	c.counts.reset()
	c.peaks.Reset()
	c.plan.Store(plan.New(c.Options().Limits))
}
