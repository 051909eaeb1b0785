package page

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/page/live"
	"ivalt-radius/admin/page/phrase"
	"ivalt-radius/admin/view"
)

// watcher asks for all open pages together. It only reads, and what it reads is recorded for nobody.
const watcher = "window"

// nowData is the server at one moment, or why it is not known.
type nowData struct {
	view.Now

	Trouble string // why it is not known; empty: it is
}

// nowParts are the parts of the view that live events bring, each by its template "now-…".
func nowParts() []string {
	return []string{"trouble", "summary", "numbers", "flight", "alerts", "upstream", "minutes", "approval", "recent", "checks"}
}

func (p *Pages) handleNow(mux *http.ServeMux) {
	mux.Handle("GET /now", p.Door.Page(access.Read, func(w http.ResponseWriter, r *http.Request, who access.Principal) {
		data, status := p.now(r.Context(), who.Actor())
		p.show(w, r, status, sheet{View: "now", Who: who, Data: data})
	}))
	mux.Handle("GET /events/now", p.Door.Page(access.Read, func(w http.ResponseWriter, r *http.Request, _ access.Principal) {
		p.stream.ServeHTTP(w, r)
	}))
}

// now asks the server how it is, and says with which status.
func (p *Pages) now(ctx context.Context, actor string) (nowData, int) {
	var data nowData
	if err := p.Desk.Ask(ctx, actor, view.PathNow, nil, &data.Now); err != nil {
		status, words := refused(err)
		return nowData{Trouble: words}, status
	}
	return data, http.StatusOK
}

// liveParts are the parts as they are now; where the server does not say how it is, that alone. No request is under way that a panic could be kept
// to: so it is kept here, and ends no login.
func (p *Pages) liveParts(ctx context.Context) (parts []live.Part) {
	defer func() {
		if recover() != nil {
			parts = p.liveNow(nowData{Trouble: "this is a defect of ivalt-radius, please report it"})
		}
	}()
	data, _ := p.now(ctx, watcher)
	return p.liveNow(data)
}

// liveNow are the parts of one moment.
func (p *Pages) liveNow(data nowData) []live.Part {
	names := nowParts()
	if data.Trouble != "" {
		names = []string{"trouble"}
	}
	parts := make([]live.Part, 0, len(names))
	for _, name := range names {
		var out bytes.Buffer
		if err := p.sets["now"].ExecuteTemplate(&out, "now-"+name, data); err != nil {
			return nil
		}
		parts = append(parts, live.Part{Name: name, Body: out.Bytes()})
	}
	return parts
}

// Age is how long a login waits, in milliseconds.
func (d nowData) Age(f view.InFlight) int64 { return max(0, d.At.Sub(f.Since).Milliseconds()) }

// Whole is how long a login may take from its first packet, in milliseconds.
func (d nowData) Whole(f view.InFlight) int64 { return max(1, d.Age(f)+f.LeftMS) }

// Effort is what a login has taken so far beside its time; empty: nothing.
func (nowData) Effort(f view.InFlight) string {
	var parts []string
	if f.Polls > 0 {
		parts = append(parts, phrase.Count(f.Polls, "poll"))
	}
	if f.Exchanges > 1 {
		parts = append(parts, strconv.Itoa(f.Exchanges)+" exchanges")
	}
	return strings.Join(parts, ", ")
}

// Hidden is how many logins in flight are not listed.
func (d nowData) Hidden() int { return max(0, d.Waiting-len(d.InFlight)) }

// NotOK is how many checks of readiness fail.
func (d nowData) NotOK() int {
	n := 0
	for _, c := range d.Checks {
		if !c.OK {
			n++
		}
	}
	return n
}

// Last is the last whole minute.
func (d nowData) Last() view.Minute {
	if len(d.Minutes) < 2 {
		return view.Minute{}
	}
	return d.Minutes[len(d.Minutes)-2]
}

// Quiet says that nothing ended within the hour.
func (d nowData) Quiet() bool {
	return !slices.ContainsFunc(d.Minutes, func(m view.Minute) bool { return m.Accepted+m.Rejected+m.Challenged+m.Pushes > 0 })
}

// bucket is one bar of the histogram.
type bucket struct {
	Label string
	Count uint64
}

// Buckets are the bars of the time from push to approval.
func (d nowData) Buckets() []bucket {
	var list []bucket
	low := int64(0)
	for i, n := range d.Approval.Counts {
		label := "over " + seconds(low) + " s"
		if i < len(d.Approval.BoundsMS) {
			label = seconds(low) + "–" + seconds(d.Approval.BoundsMS[i]) + " s"
			low = d.Approval.BoundsMS[i]
		}
		list = append(list, bucket{Label: label, Count: n})
	}
	return list
}

// seconds writes milliseconds as seconds, without a needless fraction.
func seconds(ms int64) string { return strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64) }

// Approvals is how many there were.
func (d nowData) Approvals() uint64 {
	n := uint64(0)
	for _, c := range d.Approval.Counts {
		n += c
	}
	return n
}

// Within is the bound below which so many hundredths of the approvals came, in words; "over 30 s" where the last bar has it.
func (d nowData) Within(hundredths uint64) string {
	seen, all := uint64(0), d.Approvals()
	for i, c := range d.Approval.Counts {
		if seen += c; seen*100 < all*hundredths {
			continue
		}
		if i < len(d.Approval.BoundsMS) {
			return "within " + seconds(d.Approval.BoundsMS[i]) + " s"
		}
	}
	if n := len(d.Approval.BoundsMS); n > 0 {
		return "in over " + seconds(d.Approval.BoundsMS[n-1]) + " s"
	}
	return "in a time that is not known"
}

// Mean is the mean time to an approval, in milliseconds.
func (d nowData) Mean() int64 {
	if n := d.Approvals(); n > 0 {
		return int64(d.Approval.Sum / float64(n))
	}
	return 0
}

// Pausing says that iVALT asked for a pause which is not over.
func (d nowData) Pausing() bool { return d.Budget.Held.After(d.At) }

// Low are the values below which a gauge of so many looks bad, and less than good.
func (d nowData) Low(limit int) [2]float64 {
	return [2]float64{float64(limit) * 0.1, float64(limit) * 0.3}
}

// High are the values above which a gauge of so many looks less than good, and bad.
func (d nowData) High(limit int) [2]float64 {
	return [2]float64{float64(limit) * 0.6, float64(limit) * 0.85}
}

// Up is how long the server has run.
func (d nowData) Up() string { return span(max(0, d.At.Sub(d.Started)).Truncate(time.Second)) }
