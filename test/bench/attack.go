package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// The attack of the fourth table: guesses from many addresses through the gateway that honest people use as well.
const (
	attackStations = 10_000
	attackWindow   = 1000 // guesses in flight
	honestLogins   = 60
	honestWithin   = 20 * time.Second
)

// siege is a row of the fourth table.
type siege struct {
	name   string
	attack bool
	guard  string // settings of the gate; empty: the defaults
	places places
}

// places says where honest people log in.
type places uint8

const (
	usual places = iota // where they were let in a moment before
	fresh               // somewhere else
)

// sieges are the rows: the same honest people each time.
func sieges() []siege {
	return []siege{
		{"nobody attacks", false, "", usual},
		{"attack, the gate wide open", true, wideOpen, usual},
		{"attack, people at their usual places", true, "", usual},
		{"attack, people at new places", true, "", fresh},
	}
}

// siegeResult is what became of one row.
type siegeResult struct {
	accepted, rejected, unanswered int
	added                          []time.Duration // answer after the approval, sorted
	guesses                        stormResult
}

const attackHead = `
## The gate under an attack

%d people with ` + "`primary: file`" + ` log in within %s, from an address each, and approve %s after their push, retransmissions included. Meanwhile guesses from %d calling stations come through the same gateway, %d in flight,
each answered by the next at once, for the names of those people and of others. The gate has its defaults but for the row that says otherwise. *Added* is from the approval to the answer.

| | accepted | rejected | no answer | added p50 / max | guesses/s | wrong password | refused by the gate or as busy |
|---|---|---|---|---|---|---|---|
`

// attacked runs the fourth table.
func attacked(ctx context.Context, o options) (string, error) {
	if o.storms == 0 {
		return "", nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, attackHead, honestLogins, honestWithin, approveAfter, attackStations, attackWindow)
	for _, s := range sieges() {
		r, err := s.run(ctx, o)
		if err != nil {
			return "", fmt.Errorf("%s: %w", s.name, err)
		}
		guesses := "– | – | –"
		if s.attack {
			guesses = fmt.Sprintf("%.0f | %.1f %% | %.1f %%", float64(r.guesses.answers())/r.guesses.took.Seconds(),
				100*r.guesses.share(r.guesses.wrongPassword), 100*r.guesses.share(r.guesses.busy))
		}
		row := fmt.Sprintf("| %s | %d of %d | %d | %d | %.2f / %.2f s | %s |\n", s.name, r.accepted, honestLogins, r.rejected, r.unanswered,
			quantile(r.added, 0.5).Seconds(), quantile(r.added, 1).Seconds(), guesses)
		fmt.Print(row)
		b.WriteString(row)
	}
	return b.String(), nil
}

// run plays one row against a server of its own.
func (s siege) run(ctx context.Context, o options) (r siegeResult, err error) {
	rows, own := factorRows()
	watch, c := newObserver(), own.crowd
	cloud := httptest.NewServer(watch)
	defer cloud.Close()
	p, err := ours(ctx, o, product{name: "crowd", policy: "require_push", cloud: cloud.URL, hash: rows[0].hash, factor: "file", guard: or(s.guard, " {}")})
	if p != nil {
		defer p.stop()
	}
	if err != nil {
		return r, err
	}
	c.logins, c.within, c.station = honestLogins, honestWithin, station
	var first crowdResult
	if _, err := c.play(ctx, p.address, &first); err != nil { // everybody is let in once
		return r, err
	}
	watch.forget()
	if s.places == fresh {
		c.station = func(n int) string { return station(n + honestLogins) }
	}
	storming, calm := context.WithCancel(ctx)
	defer calm()
	var all sync.WaitGroup
	begin := time.Now()
	if s.attack {
		for i := range attackWindow / stormWindow {
			l := guesser(i, &r.guesses)
			all.Go(func() { _ = l.run(storming, p.address) })
		}
	}
	var second crowdResult
	second.crowd = c
	answers, err := c.play(ctx, p.address, &second)
	calm()
	r.guesses.took = time.Since(begin)
	all.Wait()
	watch.judge(answers, &second)
	r.accepted, r.rejected, r.unanswered, r.added = second.accepted, second.rejected, second.unanswered, second.added
	slices.Sort(r.added)
	return r, err
}

// guesser is one socket's share of the attack.
func guesser(n int, r *stormResult) *stormLine {
	l := &stormLine{gateway: newGateway(2000 + n), number: n, window: stormWindow, result: r, source: "127.0.0.1"}
	l.gateway.pass = padded(wrongPassword)
	l.victim = func(count int) (user, from string) {
		k := n*7919 + count
		who := userName(mostLogins - 1 - k%(mostLogins/2))
		if k%4 == 0 {
			who = userName(k / 4 % honestLogins)
		}
		return who, fmt.Sprintf("198.18.%d.%d", k%attackStations/250, 1+k%attackStations%250)
	}
	return l
}

// station is where an honest person sits.
func station(n int) string {
	const each = 250
	return fmt.Sprintf("%s.%d", [...]string{"203.0.113", "198.51.100"}[n/each], 1+n%each)
}

// wideOpen are settings under which the gate counts, and refuses nobody.
const wideOpen = `
  attempts: {window: 1s, per_user: 10000000, per_calling_station: 10000000, per_client: 10000000, in_all: 10000000}
  wrong_passwords: {window: 1s, per_user: 10000000, per_calling_station: 10000000, per_client: 10000000, in_all: 10000000}
  pushes: {window: 1s, per_user: 10000000, per_calling_station: 10000000, per_client: 10000000, in_all: 10000000}
  lockout: {after: 0}
  unanswered: {after: 0}
  denied: {for: 0s}`

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
