package render

import (
	"time"

	"ivalt-radius/audit/report"
)

// mostBins is how many bars a plot has at the most.
const mostBins = 120

// bins are the logins by the hour, or by longer spans where that would be too many, without gaps. Where even years are too many, the
// latest are shown.
func bins(r report.Report) (all []report.Hour, each string) {
	if len(r.LoginsPerHour) == 0 {
		return nil, "hour"
	}
	const hour, day = time.Hour, 24 * time.Hour
	from, to := bounds(r)
	width := time.Duration(0)
	for _, w := range []struct {
		name  string
		width time.Duration
	}{{"hour", hour}, {"day", day}, {"week", 7 * day}, {"30 days", 30 * day}, {"365 days", 365 * day}} {
		each, width = w.name, w.width
		if to.Sub(from.Truncate(width)) <= mostBins*width {
			break
		}
	}
	from = from.Truncate(width)
	if most := to.Add(-mostBins * width).Truncate(width); from.Before(most) {
		from = most
	}
	for at := from; at.Before(to) && len(all) <= mostBins; at = at.Add(width) {
		all = append(all, report.Hour{Hour: at})
	}
	for _, h := range r.LoginsPerHour {
		if i := int(h.Hour.Sub(from) / width); !h.Hour.Before(from) && i < len(all) {
			all[i].Accepted += h.Accepted
			all[i].Rejected += h.Rejected
		}
	}
	return all, each
}

// bounds are the period as asked for where all logins lie in it, else the logins' own.
func bounds(r report.Report) (from, to time.Time) {
	from, to = r.LoginsPerHour[0].Hour, r.LoginsPerHour[len(r.LoginsPerHour)-1].Hour.Add(time.Hour)
	if s := r.Period.Since; !s.IsZero() && s.Before(from) {
		from = s.UTC()
	}
	if u := r.Period.Until; !u.IsZero() && u.After(to) {
		to = u.UTC()
	}
	return from, to
}
