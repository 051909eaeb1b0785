package rehearsal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ending is a way in which the far end may deal with a call.
type ending struct {
	name   string
	far    http.HandlerFunc
	status int // 0: no answer
	body   string
	whole  bool
	took   time.Duration
	gaveUp bool
}

func endings() []ending {
	const way = 100 * time.Millisecond
	say := func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "half")
	}
	return []ending{
		{name: "answered", far: func(w http.ResponseWriter, _ *http.Request) { say(w) }, status: http.StatusTeapot, body: "half", whole: true, took: 2 * way},
		{name: "closed", far: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, took: 2 * way},
		{name: "closed halfway", far: func(w http.ResponseWriter, _ *http.Request) {
			say(w)
			panic(http.ErrAbortHandler)
		}, status: http.StatusTeapot, body: "half", took: 2 * way},
		{name: "stalled", far: func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		}, took: time.Second, gaveUp: true},
	}
}

func TestLine(t *testing.T) {
	for _, tt := range endings() {
		t.Run(tt.name, func(t *testing.T) { synctest.Test(t, tt.run) })
	}
}

func (tt *ending) run(t *testing.T) {
	var seen []Crossing
	l := Line{Cloud: tt.far, Way: 100 * time.Millisecond, Seen: func(c Crossing) { seen = append(seen, c) }}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.example.com/a?b=c", strings.NewReader("asked"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := l.RoundTrip(req)
	took := time.Since(began)
	if (err == nil) != (tt.status != 0) || errors.Is(err, context.DeadlineExceeded) != tt.gaveUp || took != tt.took {
		t.Errorf("%v after %v", err, took)
	}
	if len(seen) != 1 || seen[0].Path != "/a" || seen[0].Body != "asked" || seen[0].Whole != tt.whole || seen[0].Status != tt.status || seen[0].Arrived.Sub(began) != l.Way {
		t.Fatalf("seen: %+v", seen)
	}
	if err != nil {
		return
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if string(body) != tt.body || (err == nil) != tt.whole || res.StatusCode != tt.status {
		t.Errorf("%d %q, %v", res.StatusCode, body, err)
	}
}

// TestACallThatNeverArrives: whoever gives up before it is there has asked nothing.
func TestACallThatNeverArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Line{Cloud: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it arrived") }), Way: time.Second}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.example.com/", strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		res, err := l.RoundTrip(req)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
			_ = res.Body.Close()
		}
	})
}
