package probe

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ivalt-radius/ivalt/gateway"
)

// The words of Settings.Result.
const (
	Unknown  = "unknown"
	Sticky   = "sticky"
	Consumed = "consumed"
)

// Settings are what the configuration should say. An empty text, or no Pending at all, is what the walk could not find out.
type Settings struct {
	Dialect  string
	Endpoint string
	Result   string // Unknown, Sticky or Consumed
	Pending  []int  // statuses
	Waits    bool   // "not yet" was seen: with no Pending it is a 200, of which no setting speaks

	Remarks []string // what no setting says, for a reader
}

// Complete reports that everything is there that the server has to know.
func (s Settings) Complete() bool {
	return s.Dialect != "" && s.Endpoint != "" && s.Waits && (s.Result == Sticky || s.Result == Consumed)
}

// YAML is the part of a configuration file.
func (s Settings) YAML() string {
	var b strings.Builder
	for _, remark := range s.Remarks {
		b.WriteString("# " + remark + "\n")
	}
	b.WriteString("ivalt:\n")
	for _, line := range []struct{ key, value string }{{"dialect", s.Dialect}, {"endpoint", s.Endpoint}, {"result", s.Result}} {
		if line.value == "" {
			b.WriteString("  # " + line.key + ": not answered\n")
			continue
		}
		b.WriteString("  " + line.key + ": " + line.value + "\n")
	}
	if len(s.Pending) == 0 {
		b.WriteString("  # pending: leave it out\n")
		return b.String()
	}
	statuses := make([]string, len(s.Pending))
	for i, status := range s.Pending {
		statuses[i] = fmt.Sprintf("%q", fmt.Sprint(status))
	}
	b.WriteString("  pending: [" + strings.Join(statuses, ", ") + "]\n")
	return b.String()
}

// settings are the findings that the server has settings for.
func (w *walk) settings() Settings {
	s := Settings{Dialect: w.dialect(), Result: Unknown}
	at := w.endpoint()
	switch at {
	case geofence:
		s.Endpoint = gateway.EndpointGeofence
	case plain:
		s.Endpoint = gateway.EndpointPlain
	case lookUps, pushes, nowhere:
	}
	s.Result, _ = w.kept()
	for _, c := range w.calls {
		if c.place != at || c.result.Class != gateway.Pending || !slices.Contains([]purpose{forIdle, forPending, forApproval}, c.purpose) {
			continue
		}
		s.Waits = s.Waits || c.purpose != forIdle
		if c.result.Status != http.StatusOK && !slices.Contains(s.Pending, c.result.Status) {
			s.Pending = append(s.Pending, c.result.Status)
		}
	}
	if !s.Waits {
		s.Pending = nil // a phone that was asked nothing is no phone that waits
	}
	slices.Sort(s.Pending)
	s.Remarks = w.remarks()
	return s
}

// dialect is the one whose result endpoints answer; empty where none does.
func (w *walk) dialect() string {
	set := w.Gateway.Dialect
	if set == "" {
		set = gateway.DialectGateway
	}
	if w.main != "" {
		return set
	}
	for _, c := range w.of(forOtherDialect) {
		if !w.absent(c) {
			return otherThan(set)
		}
	}
	return ""
}

// endpoint is the one to use, which is the one with policy where it can be; no place where there is none.
func (w *walk) endpoint() place {
	for _, at := range []place{geofence, plain} {
		for _, c := range slices.Concat(w.of(forIdle), w.of(forOtherDialect)) {
			if c.place == at && !w.absent(c) {
				return at
			}
		}
	}
	return nowhere
}

// kept says what a read does to a result, or why that is not known.
func (w *walk) kept() (result, why string) {
	again := w.of(forReread)
	if len(again) == 0 {
		return Unknown, "no approval was read"
	}
	readables, gone := 0, 0
	for _, c := range again {
		if readable(c) {
			readables++
		}
		if c.result.Class == gateway.Pending {
			gone++
		}
	}
	across := slices.ContainsFunc(w.of(forCross), readable)
	switch {
	case len(again) < 2:
		return Unknown, "it was not read often enough"
	case readables == len(again):
		return Sticky, ""
	case gone == len(again) && across:
		return Unknown, "it is gone at the endpoint that read it, and still there at the other one"
	case gone == len(again):
		return Consumed, ""
	}
	return Unknown, "the reads after the first disagree, or were not answered"
}

// remarks are warnings beside the settings.
func (w *walk) remarks() (remarks []string) {
	said, ok := w.approval()
	if ok && said.result.Class == gateway.Approved && said.echo != gateway.Approved {
		remarks = append(remarks, "WARNING: the approval does not name the mobile. Every approval would be refused; ivalt.allow_missing_details",
			"would take them, and then nothing proves whose they are. Ask iVALT first.")
	}
	known := !w.mobile.Empty() // otherwise the right key was refused too
	if c, found := w.one(forWrongKey); found && known && c.result.Class != gateway.BadKey {
		remarks = append(remarks, "WARNING: a wrong key is not recognised as one: its answer is taken for "+called(c.result)+".")
	}
	if c, found := w.one(forNobody); found && known && c.result.Class != gateway.Unknown {
		remarks = append(remarks, "WARNING: an unknown person is not recognised: the answer is taken for "+called(c.result)+".")
	}
	limits, _, _ := w.limits()
	for _, limit := range limits {
		remarks = append(remarks, fmt.Sprintf("X-RateLimit-Limit was %d: compare ivalt.limits.", limit))
	}
	return remarks
}
