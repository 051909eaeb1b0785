package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

const clock = "15:04:05.000"

// event is a line of a person's history.
type event struct {
	at   time.Time
	text string
}

// tell adds what was sent and what came back.
func (e *Exchange) tell(add func(at time.Time, format string, args ...any)) {
	for _, at := range e.Sent {
		add(at, "packet %d from %s, password %d -> %s", e.Packet, e.Login.Station, e.Login.Password, e.Node)
	}
	for _, a := range e.Answers {
		add(a.At, "%s -> %s %q %s to packet %d", e.Node, a.Verdict, a.Message, a.Wrong, e.Packet)
	}
}

// events are what a person, their phone and the nodes did for their logins, in no order.
func (h *History) events(user string) (all []event) {
	add := func(at time.Time, format string, args ...any) {
		all = append(all, event{at, fmt.Sprintf(format, args...)})
	}
	for _, e := range h.Exchanges {
		if e.Login.User == user {
			e.tell(add)
		}
	}
	for _, p := range h.Pushes {
		if p.User == user {
			add(p.At, "push for %s by %s", p.Station, p.Node)
		}
	}
	for _, s := range h.Approvals {
		if s.User == user {
			add(s.At, "approves")
		}
	}
	for _, r := range h.Records {
		if r.User == user {
			add(r.At, "%s records %s, %s, for %s", r.Node, r.Verdict, r.Reason, r.Station)
		}
	}
	return all
}

// Of is one person's whole history, a line an event in the order of time, with all that happened to nodes and memory meanwhile.
func (h *History) Of(user string) string {
	all := h.events(user)
	for _, s := range slices.Concat(h.Downs, h.Losses) {
		who := cmp.Or(s.Node, "the memory")
		all = append(all, event{s.From, fmt.Sprintf("== %s: %s begins", who, s.Why)}, event{s.To, fmt.Sprintf("== %s: %s ends", who, s.Why)})
	}
	slices.SortStableFunc(all, func(a, b event) int { return a.at.Compare(b.at) })
	var text strings.Builder
	for _, e := range all {
		fmt.Fprintf(&text, "%s %s\n", e.at.Format(clock), e.text)
	}
	return text.String()
}
