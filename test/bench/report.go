package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// starting is a contender that is not running yet; nil where it cannot be had here.
type starting struct {
	name  string
	seal  seal
	start func(ctx context.Context, o options) (*process, error)
}

// field is everybody in the first table.
func field() []starting {
	bareServer := func(kind string) func(context.Context, options) (*process, error) {
		return func(ctx context.Context, o options) (*process, error) {
			return start(ctx, o.dir, "ready on", nil, os.Args[0], "-baseline", kind)
		}
	}
	reject := func(name string) func(context.Context, options) (*process, error) {
		return func(ctx context.Context, o options) (*process, error) {
			return ours(ctx, o, product{name: name, policy: "deny", cloud: "http://127.0.0.1:1"})
		}
	}
	return []starting{
		{"raw UDP echo", unsealed, bareServer("echo")},
		{"layeh `PacketServer`, no Message-Authenticator", bare, bareServer("layeh")},
		{"layeh, Message-Authenticator verified and signed", signed, bareServer("layeh-signed")},
		{"ivalt-radius, log and trail on", signed, reject("log and trail on")},
		{"ivalt-radius, trail on, log quiet", signed, reject("trail on, log quiet")},
		{"FreeRADIUS `files`, Reject", bare, freeradius},
	}
}

// immediate runs the first table.
func immediate(ctx context.Context, o options) (string, error) {
	var all []contender
	for _, c := range field() {
		if o.only != "" && c.seal != unsealed && !strings.Contains(c.name, o.only) {
			continue
		}
		p, err := c.start(ctx, o)
		if p != nil {
			defer p.stop()
		}
		if err != nil {
			return "", err
		}
		if p != nil {
			all = append(all, contender{name: c.name, seal: c.seal, address: p.address, cpu: p.cpu})
		}
	}
	results, err := duel(ctx, all, o.rounds, o.length)
	if err != nil {
		return "", err
	}
	return immediateTable(all, results, o), nil
}

func immediateTable(all []contender, results [][]round, o options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## Immediate answers\n\n%d requests in flight over %d sockets, every answer verified; medians of %d interleaved rounds of %s.\n\n",
		inFlight, sockets, o.rounds, o.length)
	b.WriteString("| server | answers/s | against the echo | against layeh, signed | CPU µs an answer | wrong | lost |\n|---|---|---|---|---|---|---|\n")
	for i, c := range all {
		rate := median(results[i], round.rate)
		var wrong, lost int64
		for _, r := range results[i] {
			wrong, lost = wrong+r.wrong, lost+r.lost
		}
		fmt.Fprintf(&b, "| %s | %.0fk | %.2f | %.2f | %.1f | %d | %d |\n", c.name, rate/1000,
			ratio(results[i], results[0]), ratio(results[i], results[reference(all)]),
			float64(median(results[i], round.perAnswer).Nanoseconds())/1000, wrong, lost)
	}
	if len(all) < len(field()) && o.only == "" {
		b.WriteString("\nFreeRADIUS is not installed here: no row.\n")
	}
	return b.String() + "\n"
}

// reference is the contender that the others are measured against: layeh with signatures.
func reference(all []contender) int {
	return max(0, slices.IndexFunc(all, func(c contender) bool { return strings.HasPrefix(c.name, "layeh, Message") }))
}

// ratio is the median of the ratios round by round, so that a machine that drifts does not matter.
func ratio(a, b []round) float64 {
	pairs := make([]round, len(a))
	for i := range a {
		pairs[i] = round{answers: int64(1e6 * a[i].rate() / b[i].rate()), took: time.Second}
	}
	return median(pairs, round.rate) / 1e6
}

// waiting runs the second table.
func waiting(ctx context.Context, o options) (string, []crowdResult, error) {
	if o.crowds == "" {
		return "", nil, nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "## Logins that wait for a phone\n\nThe phone approves %s after its push; simulator, generator and server share the machine. "+
		"*Added* is from the approval to the answer (polling decides it), *own* from the poll that learned of it to the answer.\n\n", approveAfter)
	b.WriteString("| logins | arriving within | retransmits | accepted | no answer | pushes | second pushes | added p50 / max | own p50 / p99 | CPU a login | calls a login | memory a login |\n" +
		"|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	var crowds []crowd
	if o.rounds > 0 {
		crowds = append(crowds, crowd{logins: 10000, within: time.Second}) // a burst: nothing may be lost, nothing is sent again
	}
	for _, text := range strings.FieldsFunc(o.crowds, func(r rune) bool { return r == ',' }) {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return "", nil, fmt.Errorf("-crowds: %w", err)
		}
		crowds = append(crowds, crowd{logins: n, within: time.Duration(max(1, n/10000)) * time.Second, retransmit: true})
	}
	var results []crowdResult
	for _, c := range crowds {
		r, err := wait(ctx, o, c)
		if err != nil {
			return "", nil, fmt.Errorf("%d logins: %w", c.logins, err)
		}
		again := "none"
		if c.retransmit {
			again = fmt.Sprintf("every %s: %d packets", retransmitEvery, r.packets)
			results = append(results, r)
		}
		row := fmt.Sprintf("| %d | %s | %s | %d | %d | %d | %d | %.2f / %.2f s | %.1f / %.1f ms | %d µs | %.1f | %.1f KiB |\n",
			c.logins, c.within, again, r.accepted, r.unanswered, r.pushes, r.secondPushes,
			quantile(r.added, 0.5).Seconds(), quantile(r.added, 1).Seconds(),
			millis(quantile(r.own, 0.5)), millis(quantile(r.own, 0.99)), r.cpu.Microseconds(), r.calls, float64(r.perLogin)/1024)
		fmt.Print(row)
		b.WriteString(row)
	}
	return b.String(), results, nil
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// aims are what the figures are to be read against.
const aims = `
## What the figures are to be read against

Aims: immediate Rejects with log and trail at 1.0 × layeh with signatures and 2 × FreeRADIUS; 20,000 logins in flight, all answered, no second push; a burst of 10,000 in a second without a loss
(the first row); 25 ms own delay (p99) at 10,000; 400 µs of processor time a login of seven calls; 4 KiB of memory a waiting login. A waiting login's own records and stack are about 5 KiB; the
rest of the resident memory is the garbage collector's room (GOGC, by default as much again as is in use).
`

// report prints everything and writes the page and the plot where asked.
func report(o options, tables string, results []crowdResult) error {
	page := fmt.Sprintf("# Performance\n\n<!-- Written by `make bench`; do not edit. -->\n\nMeasured with %s on %d shared cores (%s/%s), loopback. "+
		"Only ratios travel: machines are shared and noisy.\n\n", runtime.Version(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH) + tables + aims
	fmt.Print("\n", page)
	if o.plot != "" {
		page += "\nCost a login as the crowd grows:\n\n![CPU and memory a login, by logins in flight](performance.svg)\n"
		if err := os.WriteFile(o.plot, []byte(plot(results)), 0o644); err != nil {
			return fmt.Errorf("writing the plot: %w", err)
		}
	}
	if o.out != "" {
		if err := os.WriteFile(o.out, []byte(page), 0o644); err != nil {
			return fmt.Errorf("writing the page: %w", err)
		}
	}
	return nil
}
