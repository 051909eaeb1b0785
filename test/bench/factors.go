package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ivalt-radius/directory/password"
	"ivalt-radius/secret"
)

// beside is a row of the third table.
type beside struct {
	name string
	crowd
}

// factorRows are the third table's: the first three take turns, the last has a first factor of its own.
func factorRows() (storms []beside, own beside) {
	hash := password.Make(secret.New(rightPassword)).Text().Reveal()
	alone := crowd{logins: 2000, within: 2 * time.Second, retransmit: true, hash: hash}
	some, many := alone, alone
	some.beside, many.beside = 100, 4000 // the queue holds 128 a core, all cores but one
	storms = []beside{{"alone", alone}, {"beside 100 wrong passwords in flight: the queue holds them", some}, {"beside 4,000 in flight: it sheds", many}}
	return storms, beside{"the crowd's own: a derivation a login", crowd{logins: 200, within: 20 * time.Second, hash: hash, factor: "file"}}
}

// factors runs the third table.
func factors(ctx context.Context, o options) (string, error) {
	if o.storms == 0 {
		return "", nil
	}
	rows, own := factorRows()
	results := make([][]crowdResult, len(rows)+1)
	for range o.storms {
		for i, row := range rows {
			r, err := wait(ctx, o, row.crowd)
			if err != nil {
				return "", fmt.Errorf("%s: %w", row.name, err)
			}
			fmt.Print(factorRow(row, []crowdResult{r}))
			results[i] = append(results[i], r)
		}
	}
	r, err := wait(ctx, o, own.crowd)
	if err != nil {
		return "", fmt.Errorf("%s: %w", own.name, err)
	}
	results[len(rows)] = []crowdResult{r}
	var b strings.Builder
	fmt.Fprintf(&b, factorsHead, o.storms)
	for i, row := range append(rows, own) {
		b.WriteString(factorRow(row, results[i]))
	}
	return b.String(), nil
}

const factorsHead = `
## First factors beside waiting logins

2,000 logins with ` + "`primary: none`" + ` arrive within two seconds and wait for their phones, as above, retransmissions included; meanwhile another client's logins, with ` + "`primary: file`" + ` and wrong
passwords, arrive as fast as they are answered. One and the same binary and settings, %d interleaved rounds, medians; pushes and losses are sums. The last row, once, is 200 logins within 20 s that have
a first factor themselves. *Shed* are those that were answered as ` + "`busy`" + `, without a derivation.

| waiting logins | accepted | second pushes | added p50 / max | own p50 / p99 | CPU a login | storm: answers/s | wrong password | shed | lost |
|---|---|---|---|---|---|---|---|---|---|
`

func factorRow(row beside, rounds []crowdResult) string {
	var accepted, again int
	var lost int64
	for _, r := range rounds {
		accepted, again, lost = accepted+r.accepted, again+r.secondPushes, lost+r.storm.lost
	}
	middle := func(figure func(crowdResult) float64) float64 {
		values := make([]float64, len(rounds))
		for i, r := range rounds {
			values[i] = figure(r)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	seconds := func(q float64) float64 {
		return middle(func(r crowdResult) float64 { return quantile(r.added, q).Seconds() })
	}
	own := func(q float64) float64 {
		return middle(func(r crowdResult) float64 { return millis(quantile(r.own, q)) })
	}
	storm := "– | – | – | –"
	if row.beside > 0 {
		storm = fmt.Sprintf("%.0f | %.1f %% | %.1f %% | %d",
			middle(func(r crowdResult) float64 { return float64(r.storm.answers()) / r.storm.took.Seconds() }),
			100*middle(func(r crowdResult) float64 { return r.storm.share(r.storm.wrongPassword) }),
			100*middle(func(r crowdResult) float64 { return r.storm.share(r.storm.busy) }), lost)
	}
	return fmt.Sprintf("| %s | %d of %d | %d | %.2f / %.2f s | %.1f / %.1f ms | %.0f µs | %s |\n", row.name,
		accepted, row.logins*len(rounds), again, seconds(0.5), seconds(1), own(0.5), own(0.99),
		middle(func(r crowdResult) float64 { return float64(r.cpu.Microseconds()) }), storm)
}

// share of all answers.
func (r *stormResult) share(n int64) float64 { return float64(n) / float64(max(1, r.answers())) }
