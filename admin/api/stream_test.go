package api_test

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/admin/api"
	"ivalt-radius/admin/view"
)

// TestStream: the first event comes at once, on a socket, and is what /now answers.
func TestStream(t *testing.T) {
	s := newScene(t)
	now := s.ask(t, "viewer", http.MethodGet, "/api/v1/now", "", nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/v1/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer viewer")
	req.Header.Set("Accept", "text/event-stream")
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewReader(resp.Body)
	var got string
	for range 3 {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		got += line
	}
	if want := "event: now\ndata: " + now.text + "\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Error(resp.Header)
	}
}

// streamed is a stream that ends by itself, in virtual time, and how long it took.
func streamed(ctx context.Context, s *scene) (text string, took time.Duration) {
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://window/api/v1/events", http.NoBody)
	req.Header.Set("Authorization", "Bearer viewer")
	begun, w := time.Now(), httptest.NewRecorder()
	s.Config.Handler.ServeHTTP(w, req)
	return w.Body.String(), time.Since(begun)
}

// TestStreamEnds: after a minute, when whoever asks leaves, and behind a problem.
func TestStreamEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := quiet()
		if text, took := streamed(t.Context(), s); took != time.Minute || strings.Count(text, "event: now\n") != 60 {
			t.Errorf("%d events in %v", strings.Count(text, "event: now\n"), took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		if text, took := streamed(ctx, s); took != 2500*time.Millisecond || strings.Count(text, "event: now\n") != 3 {
			t.Errorf("%d events in %v", strings.Count(text, "event: now\n"), took)
		}
		time.Sleep(time.Second) //nolint:forbidigo // a bubble's time: what was so is old
		s.desk.fails = view.Refusal{Kind: view.Unavailable, Words: "draining"}
		want := "event: problem\ndata: {\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,\"detail\":\"draining\"}\n\n"
		if text, took := streamed(t.Context(), s); took != 0 || text != want {
			t.Errorf("%q in %v", text, took)
		}
	})
}

// deaf is a connection that takes nothing.
type deaf struct{ http.ResponseWriter }

func (deaf) Write([]byte) (int, error) { return 0, errors.New("gone") }

// TestStreamToNobody ends at once.
func TestStreamToNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := quiet()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://window/api/v1/events", http.NoBody)
		req.Header.Set("Authorization", "Bearer viewer")
		begun := time.Now()
		s.Config.Handler.ServeHTTP(deaf{httptest.NewRecorder()}, req)
		if took := time.Since(begun); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
}

// TestStreamsAreBounded: all have one document made, the hundred and first is told to come again, and the others take nothing from it when they end.
func TestStreamsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := quiet()
		for range 100 {
			go streamed(t.Context(), s)
		}
		synctest.Wait()
		if asked := s.desk.last(); len(asked) != 1 || asked[0].actor != "window" {
			t.Errorf("a hundred streams ask %+v", asked)
		}
		text, took := streamed(t.Context(), s)
		if took != 0 || !strings.Contains(text, "too many streams") {
			t.Errorf("%q in %v", text, took)
		}
		time.Sleep(2 * time.Minute) //nolint:forbidigo // a bubble's time
		if text, _ = streamed(t.Context(), s); !strings.HasPrefix(text, "event: now\n") {
			t.Error(text)
		}
	})
}

// TestLargeAnswers: what is larger than the bound is no answer.
func TestLargeAnswers(t *testing.T) {
	s := newScene(t)
	for most, want := range map[int]int{1000: http.StatusOK, 10: http.StatusInternalServerError} {
		mux := http.NewServeMux()
		a := api.New(api.Deps{Desk: s.desk, Door: people(), Sessions: s.sessions})
		a.Bound(most)
		a.Handle(mux)
		s.Config.Handler = mux
		if got := s.ask(t, "viewer", http.MethodGet, "/api/v1/lockouts", "", nil); got.status != want {
			t.Errorf("%d octets at most: %d %s", most, got.status, got.text)
		}
	}
}
