package page

import (
	"bytes"
	"context"
	"html/template"
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

// nowShown is one moment as all see it who look: nothing in it depends on who they are.
type nowShown struct {
	nowData

	status int
	parts  []live.Part // all of them
}

// Part is one part of the view. It is made by the templates, which have escaped what it is made of.
func (n nowShown) Part(name string) template.HTML {
	for _, p := range n.parts {
		if p.Name == name {
			return template.HTML(p.Body) //nolint:gosec // escaped, see above
		}
	}
	return ""
}

// nowParts are the parts of the view that live events bring, each by its template "now-…".
func nowParts() []string {
	return []string{"trouble", "summary", "numbers", "flight", "alerts", "upstream", "minutes", "approval", "recent", "checks"}
}

func (p *Pages) handleNow(mux *http.ServeMux) {
	mux.Handle("GET /now", p.Door.Page(access.Read, func(w http.ResponseWriter, r *http.Request, who access.Principal) {
		shown := p.shown()
		p.show(w, r, shown.status, sheet{View: "now", Who: who, Data: shown})
	}))
	mux.Handle("GET /events/now", p.Door.Page(access.Read, func(w http.ResponseWriter, r *http.Request, _ access.Principal) {
		p.stream.ServeHTTP(w, r)
	}))
}

// nowWithin bounds what the server does to say how it is.
const nowWithin = 5 * time.Second

// now asks the server how it is, for all who look, whoever of them may leave meanwhile.
func (p *Pages) now() nowShown {
	ctx, cancel := context.WithTimeout(context.Background(), nowWithin)
	defer cancel()
	data, status := nowData{}, http.StatusOK
	if err := p.Desk.Ask(ctx, watcher, view.PathNow, nil, &data.Now); err != nil {
		data = nowData{}
		status, data.Trouble = refused(err)
	}
	return p.render(data, status)
}

// render renders all parts of one moment.
func (p *Pages) render(data nowData, status int) nowShown {
	n := nowShown{nowData: data, status: status}
	for _, name := range nowParts() {
		var out bytes.Buffer
		if err := p.sets["now"].ExecuteTemplate(&out, "now-"+name, data); err == nil {
			n.parts = append(n.parts, live.Part{Name: name, Body: out.Bytes()})
		}
	}
	return n
}

// liveParts are the parts as they are now; where the server does not say how it is, that alone. No request is under way that a panic could be kept
// to: so it is kept here, and ends no login.
func (p *Pages) liveParts() (parts []live.Part) {
	defer func() {
		if recover() != nil {
			parts = p.render(nowData{Trouble: "this is a defect of ivalt-radius, please report it"}, 0).live()
		}
	}()
	return p.shown().live()
}

// live are the parts that have news.
func (n nowShown) live() []live.Part {
	if n.Trouble != "" {
		return slices.DeleteFunc(slices.Clone(n.parts), func(p live.Part) bool { return p.Name != "trouble" })
	}
	return n.parts
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
