package metrics

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"ivalt-radius/audit"
	"ivalt-radius/audit/vocabulary"
	"ivalt-radius/auth/reason"
)

// Metrics counts, and tells Prometheus. A nil one counts nothing. All methods are safe for concurrent use, and none of those that a login
// calls waits.
type Metrics struct {
	registry *prometheus.Registry
	descs    map[string]*prometheus.Desc // of what is read at the scrape
	kinds    map[string]Kind
	sources  atomic.Pointer[Sources]

	attempts                  *prometheus.CounterVec
	duration, approval, added *prometheus.HistogramVec
	joined, insecure          *prometheus.CounterVec
	calls                     *prometheus.CounterVec
	took                      map[string]prometheus.Observer // by call
	events                    map[string]prometheus.Counter  // by word
	reloads                   map[string]prometheus.Counter  // by result
	words                     words

	adopting sync.Mutex
	clients  atomic.Pointer[map[string]*client] // never changed, only replaced
	other    *client
}

// words are the closed lists of labels.
type words struct{ verdicts, reasons, classes map[string]bool }

// Calls are what iVALT is asked, in the words of the trail.
func Calls() []string {
	return []string{"look-up", "drain", "push", "sentinel", "second look", "poll", "probe"}
}

// Classes are what an answer of iVALT is taken for, in the words of the trail.
func Classes() []string {
	return []string{
		"failed", "unsent", "refused", "throttled", "bad key or path", "bad request", "geofence", "timezone", "denied", "expired", "unknown",
		"pending", "accepted", "found", "shape drift", "approved",
	}
}

// Results of a reload.
const (
	reloadTaken   = "taken"
	reloadRefused = "refused"
)

// Buckets in seconds. People answer within seconds, gateways wait for one to two minutes; the server itself takes milliseconds.
func attemptBuckets() []float64 {
	return []float64{.005, .025, .1, .5, 1, 2.5, 5, 10, 15, 20, 30, 45, 60, 90, 120}
}

func approvalBuckets() []float64 { return []float64{1, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 45, 60, 90} }

func addedBuckets() []float64 {
	return []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5}
}
func callBuckets() []float64 { return []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20} }

// New makes metrics with a registry of their own, which has the Go runtime's and the process's beside ours. They know no client before Adopt, and
// no source before Read.
func New() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), descs: map[string]*prometheus.Desc{}, kinds: map[string]Kind{}}
	table := map[string]Metric{}
	for _, one := range Table() {
		table[one.Name] = one
	}
	counter := func(name string) *prometheus.CounterVec {
		one := take(table, name)
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: one.Name, Help: one.Meaning}, one.Labels)
		m.registry.MustRegister(v)
		return v
	}
	histogram := func(name string, buckets []float64) *prometheus.HistogramVec {
		one := take(table, name)
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: one.Name, Help: one.Meaning, Buckets: buckets}, one.Labels)
		m.registry.MustRegister(v)
		return v
	}
	m.attempts, m.joined, m.insecure = counter("attempts_total"), counter("exchanges_joined_total"), counter("insecure_accepts_total")
	m.duration, m.approval = histogram("attempt_duration_seconds", attemptBuckets()), histogram("approval_seconds", approvalBuckets())
	m.added = histogram("added_delay_seconds", addedBuckets())
	m.calls = counter("ivalt_calls_total")
	m.took = each(histogram("ivalt_call_duration_seconds", callBuckets()).WithLabelValues, Calls())
	m.events = each(counter("security_events_total").WithLabelValues, securityWords())
	m.reloads = each(counter("reloads_total").WithLabelValues, []string{reloadTaken, reloadRefused})
	m.words = words{verdicts: set(verdicts()), reasons: set(reasons()), classes: set(Classes())}
	m.other = m.client(Other)
	m.clients.Store(&map[string]*client{})
	for _, one := range table { // the rest is read at the scrape
		m.descs[one.Name] = prometheus.NewDesc(one.Name, one.Meaning, one.Labels, nil)
		m.kinds[one.Name] = one.Kind
	}
	m.sources.Store(&Sources{})
	m.registry.MustRegister(scraper{m}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// take takes a metric out of the table. One that is not there is a fault of this package.
func take(table map[string]Metric, name string) Metric {
	one, ok := table[Prefix+name]
	if !ok {
		panic("metrics: " + name + " is not in the table")
	}
	delete(table, one.Name)
	return one
}

// each makes the figures of a closed list of words, at zero, and of Other.
func each[T any](of func(...string) T, list []string) map[string]T {
	out := map[string]T{Other: of(Other)}
	for _, word := range list {
		out[word] = of(word)
	}
	return out
}

// in is the figure of a word; that of Other where it is in no list.
func in[T any](figures map[string]T, word string) T {
	if f, ok := figures[word]; ok {
		return f
	}
	return figures[Other]
}

func set(list []string) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, word := range list {
		out[word] = true
	}
	return out
}

// listed is a word of a list; Other where it is none.
func listed(list map[string]bool, word string) string {
	if list[word] {
		return word
	}
	return Other
}

func verdicts() []string {
	return []string{reason.Accept.String(), reason.Reject.String(), reason.Challenge.String()}
}

func reasons() (list []string) {
	reason.All(func(word, _, _ string) { list = append(list, word) })
	return list
}

func securityWords() (list []string) {
	for _, w := range vocabulary.Words() {
		if w.Type == audit.SecurityEvent {
			list = append(list, w.Word)
		}
	}
	return slices.Compact(list)
}

// Read has the sources asked from the next scrape on.
func (m *Metrics) Read(s Sources) {
	if m != nil {
		m.sources.Store(&s)
	}
}

// Concluded counts a login's end. It is to be told of each one once, when its verdict is final.
func (m *Metrics) Concluded(a audit.Attempt) {
	if m == nil {
		return
	}
	c := m.of(a.Client)
	m.attempts.WithLabelValues(c.label, listed(m.words.verdicts, a.Verdict), listed(m.words.reasons, a.Reason)).Inc()
	c.duration.Observe(max(0, a.Duration).Seconds())
	if a.Exchanges > 1 {
		c.joined.Add(float64(a.Exchanges - 1))
	}
	// A login that needs a push is exempt by nothing else than fail.mode insecure_allow.
	if a.Verdict == reason.Accept.String() && a.Reason == reason.Exempt.String() && a.Decision == "require_push" {
		c.insecure.Inc()
	}
}

// See counts an event of the recorder. A login's end is none: an Accept whose record came too late for its answer has two, so Concluded counts those.
func (m *Metrics) See(e audit.Event) {
	if m == nil {
		return
	}
	switch e := e.(type) {
	case *audit.APICall:
		m.call(e)
	case audit.APICall:
		m.call(&e)
	case audit.Security:
		in(m.events, e.Event).Inc()
	case *audit.Security:
		in(m.events, e.Event).Inc()
	case audit.System:
		switch e.Event {
		case "reloaded":
			m.reloads[reloadTaken].Inc()
		case "reload_refused":
			m.reloads[reloadRefused].Inc()
		}
	}
}

func (m *Metrics) call(e *audit.APICall) {
	call := e.Call
	took, ok := m.took[call]
	if !ok {
		call, took = Other, m.took[Other]
	}
	m.calls.WithLabelValues(call, listed(m.words.classes, e.Class)).Inc()
	took.Observe(max(0, e.Duration).Seconds())
}

// Approved counts how long a person took to approve, from the push on.
func (m *Metrics) Approved(client string, took time.Duration) {
	if m != nil {
		m.of(client).approval.Observe(max(0, took).Seconds())
	}
}

// Added counts the server's own delay, from the poll that learned of an approval to the answer leaving.
func (m *Metrics) Added(client string, took time.Duration) {
	if m != nil {
		m.of(client).added.Observe(max(0, took).Seconds())
	}
}
