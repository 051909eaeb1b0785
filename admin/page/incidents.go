package page

import (
	"cmp"
	"net/http"
	"slices"

	"ivalt-radius/admin/access"
	"ivalt-radius/admin/page/deed"
	"ivalt-radius/admin/page/phrase"
	"ivalt-radius/admin/view"
	"ivalt-radius/guard"
	"ivalt-radius/guard/block"
	"ivalt-radius/guard/incident"
	"ivalt-radius/guard/watch/rule"
)

// mostIncidents is how many one page lists.
const mostIncidents = 200

func (p *Pages) handleIncidents(mux *http.ServeMux) {
	mux.Handle("GET /incidents", p.Door.Page(access.Read, p.incidents))
	mux.Handle("GET /incidents/{id}", p.Door.Page(access.Read, p.incident))
	p.handleDeed(mux, deed.Acknowledge(), nil)
	p.handleDeed(mux, deed.Close(), nil)
}

// troubles is the page of the incidents.
type troubles struct {
	All        bool
	Severity   guard.Severity // the least
	Severities []guard.Severity
	Incidents  []incident.Incident // the worst first
	LeftOut    int
}

func (p *Pages) incidents(w http.ResponseWriter, r *http.Request, who access.Principal) {
	s, status := sheet{View: "incidents", Who: who}, http.StatusOK
	data := troubles{All: r.URL.Query().Get("all") == "yes", Severities: []guard.Severity{guard.Low, guard.Medium, guard.High, guard.Critical}}
	data.Severity, _ = guard.ParseSeverity(r.URL.Query().Get("severity")) // no word: all of them
	err := p.Desk.Ask(r.Context(), who.Actor(), view.PathIncidents, struct {
		All      bool           `json:"all"`
		Severity guard.Severity `json:"severity"`
	}{data.All, data.Severity}, &data.Incidents)
	if err != nil {
		status = s.refuse(err)
	}
	slices.SortStableFunc(data.Incidents, func(a, b incident.Incident) int {
		return cmp.Or(cmp.Compare(a.State, b.State), cmp.Compare(b.Severity, a.Severity), b.Last.Compare(a.Last))
	})
	if over := len(data.Incidents) - mostIncidents; over > 0 {
		data.Incidents, data.LeftOut = data.Incidents[:mostIncidents], over
	}
	s.Data = data
	p.show(w, r, status, s)
}

// trouble is the page of one incident.
type trouble struct {
	incident.Incident

	Rule   rule.Description // zero: a rule that this version does not know
	Blocks []block.Block    // in force: those that follow from it, and those of its subject
	Sorry  string           // why they are not known
}

// Ack and Shut are the paths of what may be done.
func (t trouble) Ack() string { return phrase.At("/incidents/", t.ID, "/ack") }

// Shut is where it is closed.
func (t trouble) Shut() string { return phrase.At("/incidents/", t.ID, "/close") }

// Open reports that nobody has acknowledged or closed it.
func (t trouble) Open() bool { return t.State == incident.Opened }

// Ended reports that it is closed.
func (t trouble) Ended() bool { return t.State == incident.Closed }

func (p *Pages) incident(w http.ResponseWriter, r *http.Request, who access.Principal) {
	s, status := sheet{View: "incidents", Who: who}, http.StatusOK
	s.said(r.URL.Query())
	var data trouble
	err := p.Desk.Ask(r.Context(), who.Actor(), view.PathIncident, view.Named{ID: r.PathValue("id")}, &data.Incident)
	if err != nil {
		status = s.refuse(err)
	} else {
		if i := rule.IndexOf(data.Incident.Rule); i >= 0 {
			data.Rule = rule.Rules()[i]
		}
		var all []block.Block
		if err := p.Desk.Ask(r.Context(), who.Actor(), view.PathBlocks, nil, &all); err != nil {
			data.Sorry = phrase.Plain(err.Error())
		}
		data.Blocks = only(all, data.concerns)
	}
	s.Data = data
	p.showAs(w, r, status, "incident", s)
}

// concerns reports a block that follows from the incident, or is one of its subject.
func (t trouble) concerns(b block.Block) bool {
	return b.Incident == t.ID || b.User != "" && b.User == t.Subject.User || b.Prefix.IsValid() && b.Prefix.Contains(t.Subject.Address)
}
