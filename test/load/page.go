package load

import (
	"fmt"
	"strings"
)

// row is a scene and what became of it with each client.
type row struct {
	scene scene
	by    []outcome
}

const intro = `# Polling under load, simulated

<!-- Written by ` + "`make simulate-load`" + `; do not edit. -->

The real scheduler on a virtual clock against the rehearsed iVALT with the documented limits (20 a second, 100 a minute, 1,000 an hour), beside clients that poll at
fixed intervals. Nothing here was measured at the live service. Assumed: people approve after a log-normal time, median %.0f s, sigma %.1f, %.0f in a hundred
never (slow people: %.0f s, %.1f, %.0f in a hundred; the scheduler begins with the former and learns); 300 ms there and back; a NAS that waits 60 s; every mobile known and clean; a late credit of 30 s, whose polls are counted. Arrivals are Poisson's, ten minutes out of an idle hour unless the name of a row says otherwise; each
cell has about %d logins or more, and all clients meet the same people.

*Two modes* is our scheduler with the rule that others suggest: one schedule, and a leaner one once half of the hour is used. A fixed interval polls at once, then at its
interval, has no budget, and loses a login whose push is refused.

`

// page is docs/ivalt-load.md.
func page(rows []row) string {
	var b strings.Builder
	q, z := assumed(), slow()
	fmt.Fprintf(&b, intro, q.median, q.sigma, 100*q.silent, z.median, z.sigma, 100*z.silent, logins)
	table(&b, "Let in, of those who approve in time (%)", rows, func(o *outcome) string { return fmt.Sprintf("%.1f", 100*o.success()) })
	table(&b, "Requests a login / polls among them, sentinel included", rows, func(o *outcome) string {
		return fmt.Sprintf("%.2f / %.2f", o.perLogin(o.requests), o.perLogin(o.polls))
	})
	table(&b, "Added delay, from the approval to the answer: mean / p95 (s)", rows, func(o *outcome) string {
		return fmt.Sprintf("%.2f / %.2f", o.mean().Seconds(), o.p95().Seconds())
	})
	table(&b, "Calls refused by iVALT (429)", rows, func(o *outcome) string { return fmt.Sprint(o.throttled) })
	b.WriteString("![Logins let in and added delay, by logins a minute](ivalt-load.svg)\n")
	return b.String()
}

func table(b *strings.Builder, title string, rows []row, cell func(*outcome) string) {
	fmt.Fprintf(b, "## %s\n\n| logins |", title)
	for _, c := range clients() {
		fmt.Fprintf(b, " %s |", c.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(clients())) + "\n")
	for _, r := range rows {
		fmt.Fprintf(b, "| %s |", r.scene.name)
		for i := range r.by {
			fmt.Fprintf(b, " %s |", cell(&r.by[i]))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}
