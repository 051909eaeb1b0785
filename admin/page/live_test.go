package page_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/page"
	"ivalt-radius/admin/view"
)

// listener takes a stream in virtual time.
type listener struct {
	header http.Header
	mu     sync.Mutex
	got    bytes.Buffer
}

func (l *listener) Header() http.Header              { return l.header }
func (l *listener) WriteHeader(int)                  {}
func (l *listener) Flush()                           {}
func (l *listener) SetWriteDeadline(time.Time) error { return nil }

func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.got.Write(p)
}

func (l *listener) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.got.String()
}

// listen opens /events/now.
func listen(ctx context.Context, t *testing.T, h http.Handler) *listener {
	t.Helper()
	l := &listener{header: http.Header{}}
	go h.ServeHTTP(l, httptest.NewRequestWithContext(ctx, http.MethodGet, "/events/now", nil))
	return l
}

// TestFiftyPagesAskTheDeskOnceASecond: all of them together, with nobody's name but the window's; nothing in what they see depends on who
// looks.
func TestFiftyPagesAskTheDeskOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := rich()
		d.answers = map[string]any{view.PathNow: busy()}
		ctx, end := context.WithCancel(t.Context())
		pages := page.New(deps(d, person(access.Viewer)))
		mux := http.NewServeMux()
		pages.Handle(mux)
		var all []*listener
		for range 50 {
			all = append(all, listen(ctx, t, mux))
		}
		<-time.After(10500 * time.Millisecond)
		d.mu.Lock()
		asked := len(d.asked)
		for _, a := range d.asked {
			if a.path != view.PathNow || a.actor != "window" {
				t.Errorf("asked %+v", a)
			}
		}
		d.mu.Unlock()
		if asked < 10 || asked > 12 {
			t.Errorf("asked %d times in 10 s", asked)
		}
		first := all[0].text()
		for _, part := range []string{"trouble", "summary", "numbers", "flight", "alerts", "upstream", "minutes", "approval", "recent", "checks"} {
			if strings.Count(first, "event: "+part+"\n") != 1 {
				t.Errorf("%s is there %d times", part, strings.Count(first, "event: "+part+"\n"))
			}
		}
		for _, private := range []string{"csrf", `to"ken`, "to&#34;ken", "kim"} {
			if strings.Contains(first, private) {
				t.Errorf("all pages see %q", private)
			}
		}
		for i, l := range all {
			if l.text() != first {
				t.Errorf("page %d sees something else", i)
			}
		}
		end()
		synctest.Wait()
	})
}

// TestOnlyWhatChangesIsSent, and that the server does not answer is said; afterwards the pages go on.
func TestOnlyWhatChangesIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := rich()
		pages := page.New(deps(d, person(access.Viewer)))
		mux := http.NewServeMux()
		pages.Handle(mux)
		l := listen(t.Context(), t, mux)
		<-time.After(3500 * time.Millisecond)
		before := len(l.text())
		now := busy()
		now.Alerts = nil
		d.set(view.PathNow, now)
		<-time.After(time.Second)
		if news := l.text()[before:]; strings.Count(news, "event: ") != 2 || !strings.Contains(news, "event: alerts\n") || !strings.Contains(news, "data: 0 open alerts;") {
			t.Errorf("%s", news)
		}
		before = len(l.text())
		d.set(view.PathNow, view.Refusal{Kind: view.Unavailable, Words: "no <evidence>"})
		<-time.After(time.Second)
		if news := l.text()[before:]; strings.Count(news, "event: ") != 1 || !strings.Contains(news, "event: trouble\n") || !strings.Contains(news, "no &lt;evidence&gt;") {
			t.Errorf("%s", news)
		}
		before = len(l.text())
		d.set(view.PathNow, now)
		<-time.After(time.Second)
		if news := l.text()[before:]; news != "event: trouble\ndata:\n\n" {
			t.Errorf("%q", news)
		}
		pages.Close()
		synctest.Wait()
	})
}

// broken is a desk with a defect, while it has one.
type broken struct {
	*desk

	now atomic.Bool
}

func (b *broken) Ask(ctx context.Context, actor, path string, in, out any) error {
	if b.now.Load() {
		panic("boom")
	}
	return b.desk.Ask(ctx, actor, path, in, out)
}

// TestAPanicIsShown: it ends neither the process nor the stream.
func TestAPanicIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &broken{desk: rich()}
		d.now.Store(true)
		with := deps(d.desk, person(access.Viewer))
		with.Desk = d
		pages := page.New(with)
		mux := http.NewServeMux()
		pages.Handle(mux)
		l := listen(t.Context(), t, mux)
		<-time.After(1500 * time.Millisecond)
		if text := l.text(); strings.Count(text, "event: ") != 1 || !strings.Contains(text, "a defect of ivalt-radius") || strings.Contains(text, "boom") {
			t.Errorf("%s", text)
		}
		d.now.Store(false)
		<-time.After(time.Second)
		if text := l.text(); !strings.Contains(text, "event: trouble\ndata:\n\n") || !strings.Contains(text, "event: checks\n") {
			t.Errorf("%s", text)
		}
		pages.Close()
		synctest.Wait()
	})
}

// hanging is a desk that does not answer, but heeds a deadline.
type hanging struct{ asked atomic.Int64 }

func (h *hanging) Ask(ctx context.Context, _, _ string, _, _ any) error {
	h.asked.Add(1)
	<-ctx.Done()
	return view.Refusal{Kind: view.Unavailable, Words: ctx.Err().Error()}
}

// TestAHangingServerIsSaid: it is not waited for for good, neither by a stream nor by those who load the page, who wait for one question together.
func TestAHangingServerIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &hanging{}
		with := deps(rich(), person(access.Viewer))
		with.Desk = d
		pages := page.New(with)
		mux := http.NewServeMux()
		pages.Handle(mux)
		l := listen(t.Context(), t, mux)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if w := get(t, mux, "/now"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "context deadline exceeded") {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			})
		}
		begun := time.Now()
		all.Wait()
		synctest.Wait()
		if waited := time.Since(begun); waited > 5*time.Second || d.asked.Load() != 1 || !strings.Contains(l.text(), "context deadline exceeded") {
			t.Errorf("after %s, asked %d times: %s", waited, d.asked.Load(), l.text())
		}
		pages.Close()
		synctest.Wait()
	})
}

// TestNoTextEndsALine: a name cannot be an event of its own.
func TestNoTextEndsALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages := page.New(deps(rich(), person(access.Viewer)))
		mux := http.NewServeMux()
		pages.Handle(mux)
		l := listen(t.Context(), t, mux)
		<-time.After(1500 * time.Millisecond)
		for line := range strings.Lines(l.text()) {
			if known := strings.HasPrefix(line, "data:") || strings.HasPrefix(line, "retry:") || strings.HasPrefix(line, ":") || line == "\n"; known {
				continue
			}
			if name, ok := strings.CutPrefix(strings.TrimSpace(line), "event: "); !ok || name == "x" || strings.Contains(line, "\r") {
				t.Errorf("%q", line)
			}
		}
		pages.Close()
		synctest.Wait()
	})
}

// TestNowSays what an operator looks for, with units, and what to do where there is nothing.
func TestNowSays(t *testing.T) {
	t.Parallel()
	body := get(t, window(t, rich(), person(access.Viewer)), "/now").Body.String()
	for _, want := range []string{
		`>205 <small>of 300 logins`, "the oldest for 48.7 s", "the oldest 6 of 205", "14 of 20 calls left this second", `low="900" high="2700" optimum="9000" value="400"`,
		"not ready", "1 of 4 checks fail", "draining", "Half of the people approve within 10 s, 95 % within 20 s; 7.1 s in the mean of 1,277", "<td data-label=\"Time\">2.5–5 s",
		"over 60 s", `<progress max="57000" value="9000"`, "6 polls, 2 exchanges", "*********37", "push timeout", "closed off", `<time datetime="2026-03-04T05:05:07Z" title="2026-03-04 05:05:07 UTC">1 min ago</time>`,
		"for another", "of all nodes together", "up 2 days", `href="/logins/a0"`, `href="/incidents/inc-1"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	quiet := &desk{answers: map[string]any{view.PathNow: view.Now{At: moment(), Approval: view.Histogram{Counts: []uint64{3}}}}}
	body = get(t, window(t, quiet, person(access.Viewer)), "/now").Body.String()
	for _, want := range []string{"No login waits.", "rehearse a login", "No open alert.", "not known", "No limit is set", "nobody waits", "in a time that is not known"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	long := &desk{answers: map[string]any{view.PathNow: view.Now{Approval: view.Histogram{BoundsMS: []int64{500}, Counts: []uint64{1, 99}}}}}
	if body := get(t, window(t, long, person(access.Viewer)), "/now").Body.String(); !strings.Contains(body, fmt.Sprintf("approve in over %s s", "0.5")) {
		t.Error("an approval beyond all bounds is within one")
	}
}
