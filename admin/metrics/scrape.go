package metrics

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Bounds of scrapes.
const (
	mostScrapes  = 4 // at once
	scrapeWithin = 8 * time.Second
)

// Handler answers a scrape, in OpenMetrics where it is asked for. It asks nobody who they are. Too many at once, and one that takes too long, are
// answered with 503. A source that gives what cannot be shown costs its own metric alone (promhttp_metric_handler_errors_total).
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		Registry: m.registry, ErrorHandling: promhttp.ContinueOnError, EnableOpenMetrics: true, MaxRequestsInFlight: mostScrapes, Timeout: scrapeWithin,
	})
}

// scraper is the metrics that others keep, as a prometheus.Collector.
type scraper struct{ *Metrics }

// Describe implements prometheus.Collector.
func (s scraper) Describe(out chan<- *prometheus.Desc) {
	for _, d := range s.descs {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (s scraper) Collect(out chan<- prometheus.Metric) {
	from := s.sources.Load()
	to := sink{out: out, m: s.Metrics, seen: map[string]bool{}, rows: map[string]int{}}
	to.logins(from)
	to.ivalt(from)
	to.packets(from)
	to.sessions(from)
	to.trail(from)
	to.guard(from)
	to.nodes(from)
	to.server(from)
}

// sink takes the figures of one scrape.
type sink struct {
	out  chan<- prometheus.Metric
	m    *Metrics
	seen map[string]bool // label sets; a second one of the same labels would spoil the scrape
	rows map[string]int
}

// put tells one figure. Of figures with the same labels the first one counts, and of one metric the first mostRows.
func (s *sink) put(name string, value float64, labels ...string) {
	name = Prefix + name
	for i := range labels {
		labels[i] = clean(labels[i])
	}
	key := name + "\x00" + strings.Join(labels, "\x00")
	if s.seen[key] || s.rows[name] >= mostRows {
		return
	}
	s.seen[key] = true
	s.rows[name]++
	kind := prometheus.GaugeValue
	if s.m.kinds[name] == Counter {
		kind = prometheus.CounterValue
	}
	s.out <- prometheus.MustNewConstMetric(s.m.descs[name], kind, value, labels...)
}

// read tells one figure without labels, where there is a source of it.
func read[T int | uint64](s *sink, name string, from func() T) {
	if from != nil {
		s.put(name, float64(from()))
	}
}

// all is what a source lists; nothing where there is no source.
func all[T any](from func() []T) []T {
	if from == nil {
		return nil
	}
	return from()
}

// truth is 1 for what is so. It is no parameter of anything: a flag is a figure here.
func truth(is bool) float64 { //nolint:revive // flag-parameter: it is the value
	if is {
		return 1
	}
	return 0
}

func (s *sink) logins(from *Sources) {
	read(s, "logins_in_flight", from.Waiting)
	read(s, "max_attempts", from.MaxAttempts)
	read(s, "exchanges_in_flight", from.Exchanges)
	if from.Oldest != nil {
		s.put("login_oldest_seconds", max(0, from.Oldest()).Seconds())
	}
}

func (s *sink) ivalt(from *Sources) {
	if from.Budget != nil {
		b := from.Budget()
		for _, w := range b.Windows {
			s.put("ivalt_budget_limit_requests", float64(w.Limit), w.Per)
			s.put("ivalt_budget_left_requests", float64(w.Left), w.Per)
		}
		s.put("ivalt_budget_held_seconds", max(0, b.Held).Seconds())
	}
	states := []string{BreakerClosed, BreakerFailing, BreakerRefused}
	for _, b := range all(from.Breakers) {
		if !slices.Contains(states, b.State) {
			b.State = BreakerFailing
		}
		for _, state := range states {
			s.put("ivalt_breaker_state", truth(state == b.State), b.Endpoint, state)
		}
	}
}

// packets sorts radius's counters by what they mean. One that is new counts as a drop.
func (s *sink) packets(from *Sources) {
	if from.Packets == nil {
		return
	}
	counters := from.Packets()
	for _, word := range slices.Sorted(maps.Keys(counters)) {
		n := float64(counters[word])
		switch word {
		case "received":
			s.put("packets_received_total", n)
		case "accepted":
			s.put("replies_total", n, "accept")
		case "rejected":
			s.put("replies_total", n, "reject")
		case "challenged":
			s.put("replies_total", n, "challenge")
		case "status_answered":
			s.put("replies_total", n, "status")
		case "accounting_answered":
			s.put("replies_total", n, "accounting")
		case "duplicate_answered":
			s.put("duplicates_total", n, "answered")
		case "duplicate_dropped":
			s.put("duplicates_total", n, "dropped")
		case "reply_unfit", "delay_full":
			s.put("reply_faults_total", n, word)
		default:
			s.put("drops_total", n, word)
		}
	}
}

func (s *sink) sessions(from *Sources) {
	for _, o := range all(from.Online) {
		s.put("sessions", float64(o.Accounted), o.Client, "on")
		s.put("sessions", float64(o.Logins), o.Client, "login")
		s.put("session_octets_total", float64(o.In), o.Client, "in")
		s.put("session_octets_total", float64(o.Out), o.Client, "out")
		s.put("session_overruns_total", float64(o.Overruns), o.Client)
	}
}

func (s *sink) trail(from *Sources) {
	if from.Trail != nil {
		t := from.Trail()
		s.put("trail_records_total", float64(t.Records))
		s.put("trail_lag_records", float64(t.Lag))
		s.put("trail_lost_records_total", float64(t.Lost))
		s.put("trail_failing", truth(t.Failing))
	}
	for _, r := range all(from.Shipping) {
		s.put("shipping_lag_records", float64(r.Records), r.Name)
		s.put("shipping_lag_seconds", max(0, r.Behind).Seconds(), r.Name)
		s.put("shipping_skipped_records_total", float64(r.Skipped), r.Name)
		s.put("shipping_failing", truth(r.Failing), r.Name)
	}
}

func (s *sink) guard(from *Sources) {
	read(s, "watch_missed_events_total", from.Missed)
	read(s, "blocks", from.Blocks)
	read(s, "lockouts", from.Lockouts)
	for _, i := range all(from.Incidents) {
		s.put("incidents_open", float64(i.Count), i.Rule, i.Severity, i.State)
	}
	for _, one := range all(from.Secrets) {
		s.put("secret_age_seconds", max(0, one.Age).Seconds(), one.Key)
	}
	for _, c := range all(from.Certificates) {
		s.put("certificate_expiry_timestamp_seconds", float64(c.Until.Unix()), c.Use)
	}
}

func (s *sink) nodes(from *Sources) {
	if from.Nodes == nil {
		return
	}
	n, shared := from.Nodes()
	if !shared {
		return
	}
	s.put("nodes", float64(n.Alive), "alive")
	s.put("nodes", float64(n.Left), "left")
	s.put("nodes", float64(n.Dead), "dead")
	s.put("nodes_differing", float64(n.Differing))
	s.put("memory_reachable", truth(n.Reachable))
	s.put("node_alone", truth(n.Alone))
}

func (s *sink) server(from *Sources) {
	read(s, "window_sessions", from.Sessions)
	if from.SignIns != nil {
		for result, n := range from.SignIns() {
			s.put("window_sign_ins_total", float64(n), result)
		}
	}
	for _, c := range all(from.Checks) {
		s.put("ready", truth(c.OK), c.Name)
	}
	if from.Settings != nil {
		is := from.Settings()
		s.put("settings_info", 1, is.Version, is.Digest)
	}
}
