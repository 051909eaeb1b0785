package live

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"
)

// Limits of a stream.
const (
	Most      = 200 // open ones; more are answered with 503
	every     = time.Second
	heartbeat = 15 * time.Second // a comment, so that nobody on the way takes the connection for dead
	slow      = 10 * time.Second // for a write; who takes longer is left
)

// Part is what one event says: the content of one element of the page. Its body has nothing that only some may see.
type Part struct {
	Name string // the event's
	Body []byte
}

// Stream is all open pages. It is safe for concurrent use.
type Stream struct {
	build func() []Part

	mu      sync.Mutex
	parts   []shown
	readers map[*reader]struct{}
	stop    context.CancelFunc // of whoever builds; nil: nobody looks
	closed  chan struct{}
	over    bool
}

// shown is a part as it was last built.
type shown struct {
	Part

	version uint64 // grows with each change of the body; from 1
}

// reader is one open page.
type reader struct {
	wake chan struct{}     // something has changed; of size 1
	has  map[string]uint64 // the versions that it was sent; its own goroutine's
}

// New makes a stream of what build makes, which must come to an end. The parts that it leaves out stay as they were. It may be called while an
// earlier call still comes to its end.
func New(build func() []Part) *Stream {
	return &Stream{build: build, readers: map[*reader]struct{}{}, closed: make(chan struct{})}
}

// Close ends all streams, for good.
func (s *Stream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.over = true
		close(s.closed)
	}
}

// ServeHTTP sends what is shown, then what changes of it, until the request's context ends: with the connection, or with the session.
func (s *Stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	me := &reader{wake: make(chan struct{}, 1), has: map[string]uint64{}}
	if !s.join(me) { //nolint:contextcheck // what is built is for all readers, and outlives this one
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many pages are open: close some, or read this one without live updates", http.StatusServiceUnavailable)
		return
	}
	defer s.leave(me)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy on the way hands on what comes
	conn := http.NewResponseController(w)
	if !send(w, conn, []byte("retry: 2000\n\n")) {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		body := []byte(": alive\n\n")
		select {
		case <-r.Context().Done():
			return
		case <-s.closed:
			return
		case <-beat.C:
		case <-me.wake:
			body = s.news(me)
		}
		if len(body) > 0 && !send(w, conn, body) {
			return
		}
	}
}

// join takes a reader in, and has somebody build if nobody does.
func (s *Stream) join(me *reader) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || len(s.readers) >= Most {
		return false
	}
	s.readers[me] = struct{}{}
	if s.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		s.stop, s.parts = stop, nil // what was shown long ago is old
		go s.run(ctx)
	}
	if len(s.parts) > 0 {
		me.wake <- struct{}{}
	}
	return true
}

// leave lets a reader go, and whoever builds with the last one.
func (s *Stream) leave(me *reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.readers, me)
	if len(s.readers) == 0 {
		s.stop()
		s.stop = nil
	}
}

// run builds until its context ends.
func (s *Stream) run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		s.publish(ctx, s.build())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// publish keeps what has changed and wakes all readers for it. What comes from a builder that was stopped is left.
func (s *Stream) publish(ctx context.Context, parts []Part) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil || !s.changed(parts) {
		return
	}
	for r := range s.readers {
		select {
		case r.wake <- struct{}{}:
		default: // it is awake, or writes: it will see this as well
		}
	}
}

// changed takes parts over and reports that any of them is not as it was.
func (s *Stream) changed(parts []Part) bool {
	some := false
	for _, p := range parts {
		at := s.find(p.Name)
		if at.version == 0 || !bytes.Equal(at.Body, p.Body) {
			at.Body = p.Body
			at.version++
			some = true
		}
	}
	return some
}

// find is the part of that name, which is made where there is none.
func (s *Stream) find(name string) *shown {
	for i := range s.parts {
		if s.parts[i].Name == name {
			return &s.parts[i]
		}
	}
	s.parts = append(s.parts, shown{Part: Part{Name: name}})
	return &s.parts[len(s.parts)-1]
}

// news are the events that a reader has not been sent.
func (s *Stream) news(me *reader) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out bytes.Buffer
	for _, p := range s.parts {
		if me.has[p.Name] != p.version {
			me.has[p.Name] = p.version
			event(&out, p.Part)
		}
	}
	return out.Bytes()
}

// event writes a part as the event stream format has it (HTML, section 9.2): a line of data for each of its lines. A carriage return would
// end a line as well, and is none of HTML's.
func event(out *bytes.Buffer, p Part) {
	out.WriteString("event: " + p.Name + "\n")
	for line := range bytes.Lines(bytes.ReplaceAll(p.Body, []byte("\r"), []byte(" "))) {
		out.WriteString("data: ")
		out.Write(bytes.TrimSuffix(line, []byte("\n")))
		out.WriteByte('\n')
	}
	if len(p.Body) == 0 {
		out.WriteString("data:\n")
	}
	out.WriteByte('\n')
}

// send writes all of it in time, or reports that the reader is gone or too slow.
func send(w http.ResponseWriter, conn *http.ResponseController, body []byte) bool {
	if err := conn.SetWriteDeadline(time.Now().Add(slow)); err != nil {
		return false // a server that cannot leave a slow reader has none
	}
	_, err := w.Write(body)
	return err == nil && conn.Flush() == nil
}
