package load

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/rehearsal"
)

// way is how long a request takes to iVALT, and its answer back.
const way = 150 * time.Millisecond

const pushPath = "/biometric-auth-request"

// link is the network to the rehearsed cloud. It notes when each phone rang.
type link struct {
	rehearsal.Line

	cloud *ivalttest.Cloud

	mu   sync.Mutex
	rang map[string]time.Time // the first push of a number that was taken
}

func newLink(all []person) *link {
	l := &link{
		cloud: ivalttest.New(ivalttest.Options{Limits: ivalttest.DocumentedLimits(), CountPeaks: true}),
		rang:  map[string]time.Time{},
	}
	l.Line = rehearsal.Line{Cloud: l.cloud, Way: way, Seen: l.note}
	for _, p := range all {
		someone := ivalttest.Person{Mobile: p.number, Behaviour: ivalttest.Approve, After: p.after}
		if p.after == 0 {
			someone.Behaviour = ivalttest.Ignore
		}
		l.cloud.Set(someone)
	}
	return l
}

// note remembers when a phone rang.
func (l *link) note(c rehearsal.Crossing) {
	if c.Path != pushPath || c.Status != http.StatusOK {
		return
	}
	_, number, _ := strings.Cut(c.Body, `"mobile":"`)
	number, _, _ = strings.Cut(number, `"`)
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, twice := l.rang[number]; !twice {
		l.rang[number] = time.Now()
	}
}

// approved is when a person approved; false where the phone never rang, or they never did.
func (l *link) approved(p *person) (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rang, ok := l.rang[p.number]
	return rang.Add(p.after), ok && p.after > 0
}
