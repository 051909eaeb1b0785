package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ivalt-radius/directory/password"
	"ivalt-radius/secret"
)

// The load of the sixth table.
const (
	watchers       = 50              // open pages
	windowedLogins = 5000            // that arrive within windowedWithin
	windowedWithin = 2 * time.Second // and wait for their phones together
	reloadEvery    = 5 * time.Second // each page is loaded anew so often, and its metrics are scraped
	windowPassword = "bench-opens-the-window"
)

const windowedHead = `
## The operator's window

%d logins within %s, which wait for their phones together and are sent again every %s, alone and with the window open %d times: each page follows the live events and is loaded anew every %s; the metrics are scraped as often. Pairs of rounds, one after the other, %d of them;
the ratio is the median of the pairs' own ratios. *Own* is from the poll that learned of an approval to the answer.

| | alone | with the window open | ratio |
|---|---|---|---|
`

// windowed runs the sixth table.
func windowed(ctx context.Context, o options) (string, error) {
	if o.windows == 0 {
		return "", nil
	}
	var alone, open []crowdResult
	var told int64
	for i := range o.windows {
		for j := range 2 {
			pages := watchers * ((i + j) % 2) // neither is always the first
			r, err := halfPair(ctx, o, pages)
			if err != nil {
				return "", err
			}
			if pages == 0 {
				alone = append(alone, r)
				continue
			}
			open = append(open, r)
			told += r.told
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, windowedHead, windowedLogins, windowedWithin, retransmitEvery, watchers, reloadEvery, o.windows)
	figure := func(name string, of func(crowdResult) time.Duration) {
		fmt.Fprintf(&b, "| %s | %s | %s | %.2f |\n", name, middle(alone, of).Round(10*time.Microsecond), middle(open, of).Round(10*time.Microsecond), pairs(open, alone, of))
	}
	figure("own, p50", func(r crowdResult) time.Duration { return quantile(r.own, 0.5) })
	figure("own, p99", func(r crowdResult) time.Duration { return quantile(r.own, 0.99) })
	figure("added, p50", func(r crowdResult) time.Duration { return quantile(r.added, 0.5) })
	figure("CPU of the server a login", func(r crowdResult) time.Duration { return r.cpu })
	fmt.Fprintf(&b, "\nThe pages heard %d events in all.\n", told)
	fmt.Print(b.String())
	return b.String(), nil
}

// halfPair is a round with so many pages open; it is void where not every login was let in by one push, or where the pages heard nothing.
func halfPair(ctx context.Context, o options, pages int) (crowdResult, error) {
	r, err := wait(ctx, o, crowd{logins: windowedLogins, within: windowedWithin, retransmit: true, pages: pages})
	if err == nil && (r.accepted != windowedLogins || r.secondPushes != 0 || pages > 0 && r.told == 0) {
		err = fmt.Errorf("with %d pages %d logins were let in, %d pushed twice, and the pages heard %d events", pages, r.accepted, r.secondPushes, r.told)
	}
	return r, err
}

func middle(rs []crowdResult, of func(crowdResult) time.Duration) time.Duration {
	var all []time.Duration
	for _, r := range rs {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// pairs is the median of the ratios, pair by pair.
func pairs(a, b []crowdResult, of func(crowdResult) time.Duration) float64 {
	var all []float64
	for i := range a {
		all = append(all, of(a[i]).Seconds()/of(b[i]).Seconds())
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// windowSettings are the keys of a server whose window is open.
func windowSettings() string {
	return fmt.Sprintf("admin: {accounts: [{name: bench, role: admin, password_hash: %q}]}\n", password.Make(secret.New(windowPassword)).Text().Reveal())
}

// watcher is who looks through the window.
type watcher struct {
	http.Client
	base, cookie string
	told         *int64
}

// look opens pages until ctx ends. The error says that one could not be had.
func look(ctx context.Context, base string, pages int, told *int64) (stop func() error, err error) {
	if pages == 0 {
		return func() error { return nil }, nil
	}
	w := watcher{base: base, told: told}
	w.Transport = &http.Transport{MaxIdleConnsPerHost: 2 * pages}
	w.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if err := w.signIn(ctx); err != nil {
		return nil, err
	}
	watching, cancel := context.WithCancel(ctx)
	errs := make([]error, 2*pages)
	var all sync.WaitGroup
	for i := range pages {
		all.Go(func() { errs[2*i] = w.follow(watching) })
		all.Go(func() { errs[2*i+1] = w.reload(watching, i) })
	}
	return func() error {
		cancel()
		all.Wait()
		w.CloseIdleConnections()
		return errors.Join(errs...)
	}, nil
}

func (w *watcher) signIn(ctx context.Context) error {
	form := url.Values{"name": {"bench"}, "password": {windowPassword}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+"/signin", strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := w.Do(req)
	if err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if len(resp.Cookies()) != 1 {
		return fmt.Errorf("signing in: %s, without a session", resp.Status)
	}
	w.cookie = resp.Cookies()[0].Name + "=" + resp.Cookies()[0].Value
	return nil
}

// get opens a path.
func (w *watcher) get(ctx context.Context, path string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base+path, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	req.Header.Set("Cookie", w.cookie)
	resp, err := w.Do(req)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("opening %s: %s", path, resp.Status)
	}
	return resp, nil
}

// follow reads the live events.
func (w *watcher) follow(ctx context.Context) error {
	resp, err := w.get(ctx, "/events/now")
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "event:") {
			atomic.AddInt64(w.told, 1)
		}
	}
	if ctx.Err() == nil {
		return fmt.Errorf("the live events ended: %w", lines.Err())
	}
	return nil
}

// reload loads the page and the metrics again and again.
func (w *watcher) reload(ctx context.Context, page int) error {
	again := time.NewTimer(reloadEvery * time.Duration(page) / watchers) // not all at once
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
		paths := []string{"/now"}
		if page == 0 {
			paths = append(paths, "/metrics")
		}
		for _, path := range paths {
			resp, err := w.get(ctx, path)
			if ctx.Err() != nil {
				return nil
			}
			if err != nil {
				return err
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		again.Reset(reloadEvery)
	}
}
