package compliance

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/compliance"
	"ivalt-radius/audit/query"
)

// readTrail counts what the records show.
func readTrail(ctx context.Context, trail query.Trail, since time.Time) (compliance.Trail, error) {
	c := counter{since: since}
	if _, err := trail.Read(ctx, query.Filter{}, c.record); err != nil {
		return compliance.Trail{}, err
	}
	c.trail.Read = true
	return c.trail, nil
}

// counter counts records.
type counter struct {
	trail compliance.Trail
	since time.Time
	last  time.Time // of the record before
}

// backwards is how much older than the one before a record may be: several processors' clocks differ by less.
const backwards = time.Second

func (c *counter) record(r *query.Record) error {
	t := &c.trail
	if t.Records == 0 {
		t.First, t.Oldest = r.Seq, r.Time
	}
	t.Records++
	switch r.Type {
	case chain.SystemEvent.String():
		c.system(r)
	case chain.ConfigurationChange.String():
		if r.Digest != "" && r.Event != "reload_refused" {
			t.Digest, t.DigestAt = r.Digest, r.Time
		}
	case chain.DataAccess.String():
		if r.Action == "backup" {
			t.Backup = r.Time
		}
	}
	if !r.Time.Before(c.since) {
		c.inPeriod(r)
	}
	c.last = r.Time
	return nil
}

func (c *counter) system(r *query.Record) {
	switch r.Event {
	case "started":
		c.trail.Starts++
	case "stopped":
		c.trail.Stops++
	}
}

func (c *counter) inPeriod(r *query.Record) {
	p := &c.trail.InPeriod
	if !c.last.IsZero() && r.Time.Before(c.last.Add(-backwards)) {
		p.Backwards++
	}
	if digits(r.Mobile) > shownDigits {
		p.Unmasked++
	}
	switch r.Type {
	case chain.AuthenticationAttempt.String():
		p.Attempts++
		if r.Reason != "bad_request" && slices.Contains([]string{r.User, r.Client, r.Verdict, r.Reason}, "") {
			p.Incomplete++
		}
	case chain.DataAccess.String():
		p.Reads++
	case chain.ConfigurationChange.String():
		if r.Event != "in_force" { // which says that nothing changed
			p.Changes++
		}
	case chain.UserAction.String():
		if r.Action == audit.ForgetAction {
			p.Forgotten++
		}
	case chain.SystemEvent.String(), chain.SecurityEvent.String():
		c.trouble(r.Event)
	}
}

// shownDigits is what a masked mobile shows.
const shownDigits = 2

func digits(text string) (n int) {
	for _, r := range text {
		if unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

func (c *counter) trouble(event string) {
	switch {
	case slices.Contains([]string{"records_lost", "recovered", "trail_broken", "trail_truncated", "trail_head_unreadable", chain.ReplacedEvent}, event):
		c.trail.InPeriod.Lost++
	case strings.HasPrefix(event, "clock_"):
		c.trail.InPeriod.Clock++
	}
}
