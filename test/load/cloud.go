package load

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"ivalt-radius/ivalt/ivalttest"
)

// way is how long a request takes to iVALT, and its answer back.
const way = 150 * time.Millisecond

const pushPath = "/biometric-auth-request"

// link is the network to the rehearsed cloud. It notes when each phone rang.
type link struct {
	cloud *ivalttest.Cloud

	mu   sync.Mutex
	rang map[string]time.Time // the first push of a number that was taken
}

func newLink(all []person) *link {
	l := &link{
		cloud: ivalttest.New(ivalttest.Options{Limits: ivalttest.DocumentedLimits()}),
		rang:  map[string]time.Time{},
	}
	for _, p := range all {
		someone := ivalttest.Person{Mobile: p.number, Behaviour: ivalttest.Approve, After: p.after}
		if p.after == 0 {
			someone.Behaviour = ivalttest.Ignore
		}
		l.cloud.Set(someone)
	}
	return l
}

// RoundTrip implements http.RoundTripper.
func (l *link) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := pass(req); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	there := httptest.NewRequestWithContext(req.Context(), req.Method, req.URL.Path, strings.NewReader(string(body)))
	there.Header = req.Header.Clone()
	answer := httptest.NewRecorder()
	l.cloud.ServeHTTP(answer, there)
	if req.URL.Path == pushPath && answer.Code == http.StatusOK {
		l.note(string(body))
	}
	if err := pass(req); err != nil {
		return nil, err
	}
	return answer.Result(), nil
}

// pass waits while a message is under way.
func pass(req *http.Request) error {
	select {
	case <-time.After(way):
		return nil
	case <-req.Context().Done():
		return req.Context().Err()
	}
}

// note remembers when a phone rang.
func (l *link) note(body string) {
	_, number, _ := strings.Cut(body, `"mobile":"`)
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
