package metrics

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
)

// Bounds of labels.
const (
	mostClients = 200  // that are told apart, in the order of the settings; the others are Other
	mostRows    = 1000 // of one metric that is read at the scrape; the others are left out
	mostLabel   = 128  // octets of a label's value
)

// Other stands for what is in no list.
const Other = "other"

// client is what one client's logins are counted with.
type client struct {
	label                     string
	duration, approval, added prometheus.Observer
	joined, insecure          prometheus.Counter
}

// client makes the label set of one client, at zero.
func (m *Metrics) client(label string) *client {
	return &client{
		label:    label,
		duration: m.duration.WithLabelValues(label), approval: m.approval.WithLabelValues(label), added: m.added.WithLabelValues(label),
		joined: m.joined.WithLabelValues(label), insecure: m.insecure.WithLabelValues(label),
	}
}

// of is the client of a name; Other where the settings have none.
func (m *Metrics) of(name string) *client {
	if c := (*m.clients.Load())[clean(name)]; c != nil {
		return c
	}
	return m.other
}

// Adopt takes the names of the clients of settings that are in force from now on. Logins of clients that were there before may still end, so
// those stay as long as there is room; then their figures go.
func (m *Metrics) Adopt(names []string) {
	if m == nil {
		return
	}
	m.adopting.Lock()
	defer m.adopting.Unlock()
	wanted := map[string]bool{}
	for _, name := range names {
		if label := clean(name); label != Other && len(wanted) < mostClients {
			wanted[label] = true
		}
	}
	all := maps.Clone(*m.clients.Load())
	gone := slices.Sorted(maps.Keys(all))
	gone = slices.DeleteFunc(gone, func(label string) bool { return wanted[label] })
	gone = gone[:max(0, min(len(wanted)+len(gone)-mostClients, len(gone)))]
	for _, label := range gone {
		delete(all, label)
	}
	for label := range wanted {
		if all[label] == nil {
			all[label] = m.client(label)
		}
	}
	m.clients.Store(&all)
	for _, label := range gone { // nobody finds them any more
		m.drop(label)
	}
}

// drop takes a client's figures away.
func (m *Metrics) drop(label string) {
	for _, of := range []*prometheus.MetricVec{m.duration.MetricVec, m.approval.MetricVec, m.added.MetricVec, m.joined.MetricVec, m.insecure.MetricVec} {
		of.DeleteLabelValues(label)
	}
	for _, verdict := range append(verdicts(), Other) {
		for _, why := range append(reasons(), Other) {
			m.attempts.DeleteLabelValues(label, verdict, why)
		}
	}
}

// clean is a text as a label's value: printable, not too long, and never empty. It allocates nothing where there is nothing to change.
func clean(text string) string {
	switch {
	case text == "":
		return Other
	case plain(text):
		return text
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != utf8.RuneError {
			return r
		}
		return '?'
	}, text)
	if len(text) > mostLabel {
		text = strings.ToValidUTF8(text[:mostLabel], "")
	}
	return text
}

// plain reports a short text of printable ASCII.
func plain(text string) bool {
	if len(text) > mostLabel {
		return false
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] >= utf8.RuneSelf || text[i] == 0x7f {
			return false
		}
	}
	return true
}
