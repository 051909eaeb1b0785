package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing/fstest"
	"time"

	"github.com/sirupsen/logrus"

	"ivalt-radius/audit"
	"ivalt-radius/cmd/ivalt-radius/watching"
	"ivalt-radius/config"
	"ivalt-radius/guard"
	"ivalt-radius/guard/watch"
	"ivalt-radius/test/bench/detect"
)

// The load of the fifth table.
const (
	watchedEvents = 2_000_000
	watchedRuns   = 3
	loginsWatched = 200_000
	flood         = 100_000 // events a second beside them
)

const watchedHead = `
## The watch

%d events of a hundred thousand people and addresses, with a forged packet for each ten, through all detectors at their defaults; time is what the process had of one core; median of %d runs. *See* is what an event costs where it
happens: on a login's way. The last two columns are the time to hand an event over (p50 / p99 of %d, one each 20 µs) while nothing else happens, and beside %d further events a second.

| events a second, one core | against %d | See | missed | See alone | See beside the flood |
|---|---|---|---|---|---|
`

// watched runs the fifth table.
func watched(ctx context.Context, o options) (string, error) {
	if o.storms == 0 {
		return "", nil
	}
	settings, err := defaults()
	if err != nil {
		return "", err
	}
	runs := make([]detect.Result, watchedRuns)
	for i := range runs {
		runs[i] = detect.Measure(ctx, settings, watchedEvents)
	}
	slices.SortFunc(runs, func(a, b detect.Result) int { return int(a.PerSecond - b.PerSecond) })
	r := runs[watchedRuns/2]
	alone, beside := handing(ctx, settings, 0), handing(ctx, settings, flood)
	pair := func(d []time.Duration) string {
		return fmt.Sprintf("%.1f / %.1f µs", float64(quantile(d, 0.5).Nanoseconds())/1000, float64(quantile(d, 0.99).Nanoseconds())/1000)
	}
	var b strings.Builder
	fmt.Fprintf(&b, watchedHead, watchedEvents, watchedRuns, loginsWatched, flood, detect.Wanted)
	fmt.Fprintf(&b, "| %.0f | %.1f × | %s | %d | %s | %s |\n", r.PerSecond, r.Ratio(), r.See, r.Missed, pair(alone), pair(beside))
	fmt.Print(b.String())
	return b.String(), nil
}

// handing measures how long logins take to hand over an event each, beside a flood of so many a second.
func handing(ctx context.Context, s watch.Settings, others int) []time.Duration {
	log := logrus.New()
	log.SetOutput(io.Discard)
	w := watch.New(s, watch.Deps{Alert: func(guard.Alert) {}, Note: func(audit.Event) {}, Now: time.Now, Log: log})
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go w.Run(ctx)
	if others > 0 {
		names := make([]string, mostLogins)
		for i := range names {
			names[i] = userName(i)
		}
		go func() {
			const batch = 100
			tick := time.NewTicker(time.Second * batch / time.Duration(others))
			defer tick.Stop()
			for n := 0; ctx.Err() == nil; n++ {
				<-tick.C
				for i := range batch {
					w.See(audit.Attempt{Attempt: "b", Client: "office", User: names[(n*batch+i)%len(names)], CallingStation: "198.18.0.1", Verdict: "reject", Reason: "bad_password"})
				}
			}
		}()
	}
	took := make([]time.Duration, loginsWatched)
	a := audit.Attempt{Attempt: "a", Client: "office", User: "bob", CallingStation: "203.0.113.9", Verdict: "accept", Reason: "approved", Decision: "require_push"}
	for i := range took {
		from := time.Now()
		w.See(a)
		took[i] = time.Since(from)
		for time.Since(from) < 20*time.Microsecond { //nolint:revive // the next login comes then
		}
	}
	slices.Sort(took)
	return took
}

// defaults are the settings that nobody changed.
func defaults() (watch.Settings, error) {
	text := "clients: [{name: a, networks: [192.0.2.1], secrets: [" + sharedSecret + "]}]\nivalt: {api_key: " + apiKey + "}\n"
	s, faults := config.Load("c.yaml", config.Options{Open: func(string) (fs.File, error) {
		return fstest.MapFS{"c.yaml": {Data: []byte(text), Mode: 0o600}}.Open("c.yaml")
	}})
	if err := faults.Err(); err != nil {
		return watch.Settings{}, fmt.Errorf("the defaults: %w", err)
	}
	return watching.Settings(s), nil
}
