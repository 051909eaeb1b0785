package live_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ivalt-radius/admin/page/live"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// browser takes a stream, in virtual time.
type browser struct {
	header http.Header
	status int
	blocks chan struct{} // its writes wait for it; nil: they do not

	mu       sync.Mutex
	got      bytes.Buffer
	deadline time.Time
}

func (b *browser) Header() http.Header    { return b.header }
func (b *browser) WriteHeader(status int) { b.status = status }
func (b *browser) Flush()                 {}

func (b *browser) SetWriteDeadline(t time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deadline = t
	return nil
}

func (b *browser) Write(p []byte) (int, error) {
	if b.blocks != nil {
		b.mu.Lock()
		late := time.NewTimer(time.Until(b.deadline))
		b.mu.Unlock()
		select {
		case <-b.blocks:
			late.Stop()
		case <-late.C:
			return 0, errors.New("too slow")
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got.Write(p)
}

func (b *browser) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got.String()
}

// open opens a stream; what it returns closes the browser, and the channel tells that the stream is over.
func open(t *testing.T, s *live.Stream, b *browser) (context.CancelFunc, <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	b.header, b.status = http.Header{}, http.StatusOK
	over := make(chan struct{})
	go func() {
		defer close(over)
		s.ServeHTTP(b, httptest.NewRequestWithContext(ctx, http.MethodGet, "/events/now", nil))
	}()
	return cancel, over
}

// ends waits for the end of a stream that should have one.
func ends(t *testing.T, over <-chan struct{}) {
	t.Helper()
	select {
	case <-over:
	case <-time.After(time.Minute):
		t.Fatal("the stream does not end")
	}
}

// TestFiftyPagesAskOnce: 50 open pages have it built once a second together, and a closed window not at all.
func TestFiftyPagesAskOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var built atomic.Int64
		s := live.New(func() []live.Part {
			n := built.Add(1)
			return []live.Part{{Name: "clock", Body: fmt.Appendf(nil, "<p>%d</p>\n<p>two</p>", n)}, {Name: "still", Body: []byte("same")}}
		})
		browsers := make([]*browser, 50)
		var closers []context.CancelFunc
		for i := range browsers {
			browsers[i] = &browser{}
			end, _ := open(t, s, browsers[i])
			closers = append(closers, end)
		}
		<-time.After(10*time.Second + every/2)
		if n := built.Load(); n < 10 || n > 12 {
			t.Errorf("built %d times in 10 s", n)
		}
		for i, b := range browsers {
			text := b.text()
			if got := strings.Count(text, "event: clock\ndata: <p>"); got < 10 || strings.Count(text, "event: still\ndata: same\n\n") != 1 {
				t.Fatalf("page %d was told %d times: %s", i, got, text)
			}
			if !strings.Contains(text, "</p>\ndata: <p>two</p>\n\n") || b.header.Get("Content-Type") != "text/event-stream" {
				t.Fatalf("page %d: %s", i, text)
			}
		}
		for _, end := range closers {
			end()
		}
		synctest.Wait()
		before := built.Load()
		<-time.After(time.Minute)
		if n := built.Load(); n != before {
			t.Errorf("built %d times for nobody", n-before)
		}
	})
}

const every = time.Second

// TestNothingNewIsAHeartbeat: what does not change is sent once; then there are comments.
func TestNothingNewIsAHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live.New(func() []live.Part {
			return []live.Part{{Name: "a", Body: []byte("x\ry")}, {Name: "none"}}
		})
		b := &browser{}
		end, over := open(t, s, b)
		<-time.After(31 * time.Second)
		text := b.text()
		if strings.Count(text, "event: ") != 2 || strings.Count(text, ": alive\n\n") != 2 || strings.Contains(text, "\r") || !strings.Contains(text, "event: none\ndata:\n\n") {
			t.Errorf("%q", text)
		}
		end()
		ends(t, over)
	})
}

// TestAPageThatComesLaterSeesAll: at once, though nothing has changed since.
func TestAPageThatComesLaterSeesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live.New(func() []live.Part { return []live.Part{{Name: "a", Body: []byte("x")}} })
		first, _ := open(t, s, &browser{})
		<-time.After(5 * time.Second)
		b := &browser{}
		second, _ := open(t, s, b)
		synctest.Wait()
		if !strings.Contains(b.text(), "event: a\ndata: x\n\n") {
			t.Errorf("%q", b.text())
		}
		first()
		second()
	})
}

// TestASlowReaderIsLeft: it keeps nobody waiting, and is let go after ten seconds; one that comes back in time sees the newest alone.
func TestASlowReaderIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		s := live.New(func() []live.Part {
			return []live.Part{{Name: "a", Body: fmt.Appendf(nil, "%d", n.Add(1))}}
		})
		quick, stuck, pausing := &browser{}, &browser{blocks: make(chan struct{})}, &browser{blocks: make(chan struct{})}
		endQuick, _ := open(t, s, quick)
		_, over := open(t, s, stuck)
		endPausing, _ := open(t, s, pausing)
		<-time.After(5500 * time.Millisecond)
		close(pausing.blocks)
		synctest.Wait()
		if text := pausing.text(); strings.Contains(text, "data: 2\n") || !strings.Contains(text, "data: 6\n") {
			t.Errorf("who was away is told what was: %q", text)
		}
		<-time.After(5 * time.Second)
		select {
		case <-over:
		default:
			t.Error("a reader that takes nothing is kept")
		}
		if got := strings.Count(quick.text(), "event: a\n"); got < 10 {
			t.Errorf("a quick reader waits for a slow one: %d", got)
		}
		endQuick()
		endPausing()
	})
}

// TestTooManyPages: there is a limit, and who has left makes room.
func TestTooManyPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live.New(func() []live.Part { return nil })
		var closers []context.CancelFunc
		for range live.Most {
			end, _ := open(t, s, &browser{})
			closers = append(closers, end)
		}
		synctest.Wait()
		late := &browser{}
		_, over := open(t, s, late)
		ends(t, over)
		if late.status != http.StatusServiceUnavailable || late.header.Get("Retry-After") == "" {
			t.Errorf("status %d", late.status)
		}
		closers[0]()
		synctest.Wait()
		welcome := &browser{}
		end, _ := open(t, s, welcome)
		synctest.Wait()
		if welcome.status != http.StatusOK {
			t.Errorf("status %d", welcome.status)
		}
		for _, end := range append(closers, end) {
			end()
		}
	})
}

// TestCloseEndsAll: streams end with the server, which waits for its requests, and none begins.
func TestCloseEndsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := live.New(func() []live.Part { return nil })
		_, over := open(t, s, &browser{})
		synctest.Wait()
		s.Close()
		s.Close()
		ends(t, over)
		late := &browser{}
		_, over = open(t, s, late)
		ends(t, over)
		if late.status != http.StatusServiceUnavailable {
			t.Errorf("status %d", late.status)
		}
	})
}
