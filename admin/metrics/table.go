package metrics

import (
	"slices"
	"strings"
)

// Kind is what sort of metric it is. The zero Kind is a gauge.
type Kind uint8

// The kinds.
const (
	Gauge Kind = iota
	Counter
	Histogram
)

// String is Prometheus' word.
func (k Kind) String() string {
	switch k {
	case Counter:
		return "counter"
	case Histogram:
		return "histogram"
	case Gauge:
	}
	return "gauge"
}

// Prefix begins the name of every metric of ours.
const Prefix = "ivalt_radius_"

// Metric is one metric as the docs have it.
type Metric struct {
	Name    string // with Prefix
	Kind    Kind
	Labels  []string
	Unit    string
	Meaning string // its help text, and what to know
	Source  string // where the figures come from
}

// Table are all metrics of ours, in the order of the docs. Those of the Go runtime, of the process and of the scrapes themselves come beside them.
func Table() []Metric {
	return slices.Concat(ofLogins(), ofIVALT(), ofPackets(), ofSessions(), ofTrail(), ofGuard(), ofNodes(), ofServer())
}

func metric(kind Kind, name, labels, unit, source, meaning string) Metric {
	return Metric{Name: Prefix + name, Kind: kind, Labels: strings.Fields(labels), Unit: unit, Meaning: meaning, Source: source}
}

// Where figures come from.
const (
	ended   = "each login's end"
	event   = "each event"
	told    = "told by the way of a login"
	scraped = "read at the scrape"
	now     = "looked at now and then, a minute old at most"
)

func ofLogins() []Metric {
	return []Metric{
		metric(Counter, "attempts_total", "client verdict reason", "logins", ended, "Logins that ended, by how and why; the reasons are those of reasons.md."),
		metric(Histogram, "attempt_duration_seconds", "client", "seconds", ended, "From a login's first packet to its verdict."),
		metric(Histogram, "approval_seconds", "client", "seconds", told, "From the push to the person's approval."),
		metric(Histogram, "added_delay_seconds", "client", "seconds", told, "The server's own delay: from the poll that learned of the approval to the answer leaving."),
		metric(Counter, "exchanges_joined_total", "client", "exchanges", ended, "Requests that joined a login which was under way: retries of the gateway, without a second push."),
		metric(Counter, "insecure_accepts_total", "client", "logins", ended, "Logins let in without their phone by fail.mode insecure_allow, while iVALT could not be asked."),
		metric(Gauge, "logins_in_flight", "", "logins", scraped, "Logins without a verdict."),
		metric(Gauge, "login_oldest_seconds", "", "seconds", scraped, "Age of the login that waits longest; 0: none waits."),
		metric(Gauge, "max_attempts", "", "logins", scraped, "So many logins may wait; over it one is rejected as busy (max_attempts)."),
		metric(Gauge, "exchanges_in_flight", "", "exchanges", scraped, "Requests that wait for their reply."),
	}
}

func ofIVALT() []Metric {
	return []Metric{
		metric(Counter, "ivalt_calls_total", "call class", "calls", event, "Calls to iVALT by what was asked and what the answer was taken for: push, poll, sentinel, second look, look-up, drain, probe; the classes are those of ivalt.md."),
		metric(Histogram, "ivalt_call_duration_seconds", "call", "seconds", event, "How long a call to iVALT took."),
		metric(Gauge, "ivalt_budget_limit_requests", "window", "calls", scraped, "Calls that the API budget has for a window: second, minute, hour."),
		metric(Gauge, "ivalt_budget_left_requests", "window", "calls", scraped, "Calls that are left of it now."),
		metric(Gauge, "ivalt_budget_held_seconds", "", "seconds", scraped, "How long no call leaves, since iVALT asked for a pause; 0: calls leave."),
		metric(Gauge, "ivalt_breaker_state", "endpoint state", "1 or 0", scraped, "1 for the state that an endpoint is in: closed (calls go), failing (no usable answer), refused (the API key or the path is)."),
	}
}

func ofPackets() []Metric {
	return []Metric{
		metric(Counter, "packets_received_total", "", "packets", scraped, "Datagrams that came, from anybody."),
		metric(Counter, "replies_total", "kind", "packets", scraped, "Replies made: accept, reject, challenge, status, accounting. A retry that is answered again counts as a duplicate."),
		metric(Counter, "duplicates_total", "became", "packets", scraped, "Copies of a packet that was there already: answered (the same reply again) or dropped (its login still waits)."),
		metric(Counter, "drops_total", "cause", "packets", scraped, "Packets that got no reply, by cause: unknown_client and the like, see protocol.md; silenced is a verdict that asks for silence."),
		metric(Counter, "reply_faults_total", "cause", "packets", scraped, "What went wrong with a reply though one was sent: reply_unfit (an Access-Reject took its place), delay_full (a Reject left without its delay)."),
	}
}

func ofSessions() []Metric {
	return []Metric{
		metric(Gauge, "sessions", "client state", "sessions", scraped, "Sessions that are known: on (accounting tells of them), login (their login let them in, and nothing tells whether they are there)."),
		metric(Counter, "session_octets_total", "client direction", "octets", scraped, "Octets of sessions as their gateways count, that this node was told of: in (from the person), out (to the person)."),
		metric(Counter, "session_overruns_total", "client", "sessions", scraped, "Sessions that went on behind the end that their login was given: session_overrun in the trail."),
	}
}

func ofTrail() []Metric {
	return []Metric{
		metric(Counter, "trail_records_total", "", "records", scraped, "The number of the trail's last record that is on disk."),
		metric(Gauge, "trail_lag_records", "", "records", scraped, "Records that are not on disk yet."),
		metric(Counter, "trail_lost_records_total", "", "records", scraped, "Records lost since the start, to a failing disk or a full queue."),
		metric(Gauge, "trail_failing", "", "1 or 0", scraped, "1: the trail cannot be written, and nobody is let in."),
		metric(Gauge, "shipping_lag_records", "receiver", "records", scraped, "Records that a receiver of audit.ship is behind."),
		metric(Gauge, "shipping_lag_seconds", "receiver", "seconds", scraped, "Age of the oldest record that a receiver does not have."),
		metric(Counter, "shipping_skipped_records_total", "receiver", "records", scraped, "Records that a receiver will never get: it was further behind than its spool."),
		metric(Gauge, "shipping_failing", "receiver", "1 or 0", scraped, "1: a receiver takes nothing at present."),
	}
}

func ofGuard() []Metric {
	return []Metric{
		metric(Counter, "security_events_total", "event", "events", event, "Security events; the words are those of events.md."),
		metric(Counter, "watch_missed_events_total", "", "events", scraped, "Events that the watch had no room for: alerts may be missing."),
		metric(Gauge, "incidents_open", "rule severity state", "incidents", now, "Incidents that are not closed, open or acknowledged; the rules are those of operations.md."),
		metric(Gauge, "blocks", "", "blocks", now, "People and networks that are blocked."),
		metric(Gauge, "lockouts", "", "lockouts", now, "Lockouts in force."),
		metric(Gauge, "secret_age_seconds", "secret", "seconds", now, "How long ago a server first saw a secret of the settings, by its key."),
		metric(Gauge, "certificate_expiry_timestamp_seconds", "use", "Unix time", now, "When a certificate ends: that of the window, those shown to other servers, iVALT's own where it is known."),
	}
}

func ofNodes() []Metric {
	return []Metric{
		metric(Gauge, "nodes", "state", "nodes", scraped, "Nodes that share the memory, this one among them, as of the last look: alive, left (in order), dead."),
		metric(Gauge, "nodes_differing", "", "nodes", scraped, "Nodes with other settings than this one."),
		metric(Gauge, "memory_reachable", "", "1 or 0", scraped, "0: the memory that the nodes share cannot be asked."),
		metric(Gauge, "node_alone", "", "1 or 0", scraped, "1: this node decides without the others (on_failure insecure_alone)."),
	}
}

func ofServer() []Metric {
	return []Metric{
		metric(Gauge, "ready", "check", "1 or 0", scraped, "What /readyz looks at, check by check."),
		metric(Gauge, "settings_info", "version digest", "1", now, "The server's version and the digest of the settings in force."),
		metric(Counter, "reloads_total", "result", "reloads", event, "Reloads: taken, refused (the settings before stay in force)."),
		metric(Gauge, "window_sessions", "", "sessions", scraped, "People who are signed in to the operator's window."),
		metric(Counter, "window_sign_ins_total", "result", "sign-ins", scraped, "Sign-ins to the operator's window: succeeded, failed (wrong name or password), throttled (too many failed before), busy."),
	}
}
