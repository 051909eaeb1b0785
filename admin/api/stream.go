package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"ivalt-radius/admin/view"
)

// Bounds of streams.
const (
	mostStreams = 100
	every       = time.Second
	streamFor   = time.Minute // whoever may still ask comes back by itself; the Door is asked again
	sendWithin  = 5 * time.Second
)

// watcher asks for all streams together. It only reads, and what it reads is recorded for nobody.
const watcher = "window"

// stream sends what is so now, once a second, as server-sent events (HTML Living Standard, section 9.2): `now`, or `problem` and the end.
func (a *API) stream(w http.ResponseWriter, req *http.Request, _ call) {
	defer a.streams.Add(-1)
	if a.streams.Add(1) > mostStreams {
		w.Header().Set("Retry-After", "60")
		refuse(w, refused{http.StatusServiceUnavailable, "too many streams are open: ask again, or for " + Base + "/now", nil})
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if req.Method == http.MethodHead {
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for range streamFor / every {
		if !a.event(req.Context(), w) {
			return
		}
		select {
		case <-req.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// told is one event, as it goes to all streams.
type told struct {
	text []byte // empty: there is none
	last bool   // nothing follows it
}

// tell asks the server, for all streams together: nothing in it depends on who looks.
func (a *API) tell() told {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	var now view.Now
	err := a.deps.Desk.Ask(ctx, watcher, view.PathNow, nil, &now)
	name, answer := "now", whole(now)
	if err != nil {
		name, answer = "problem", problem(err)
	}
	var out bytes.Buffer
	_, _ = fmt.Fprintf(&out, "event: %s\ndata: ", name)
	if json.NewEncoder(&out).Encode(answer) != nil { // it ends the line
		return told{last: true}
	}
	out.WriteByte('\n')
	return told{out.Bytes(), err != nil}
}

// event sends one, and reports whether more may follow.
func (a *API) event(ctx context.Context, w http.ResponseWriter) bool {
	now := a.now()
	if ctx.Err() != nil || len(now.text) == 0 {
		return false
	}
	to := http.NewResponseController(w)
	_ = to.SetWriteDeadline(time.Now().Add(sendWithin)) // where there is none, the server's own holds
	if _, sent := w.Write(now.text); sent != nil {
		return false
	}
	return to.Flush() == nil && !now.last
}
