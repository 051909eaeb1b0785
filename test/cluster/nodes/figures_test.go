//go:build interop

package nodes_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/test/blackbox"
	"ivalt-radius/test/cluster/servers"
)

// figures is set by `make bench-cluster`: the page that the figures go to, and the word to measure for long enough.
var figures = flag.String("figures", "", "measure for long enough, and write the tables, in Markdown, to this file") //nolint:gochecknoglobals // a flag of the test binary

// measure is how much is measured.
type measure struct {
	rounds, crowd int           // of logins whose delay is compared
	nodes         []int         // of the rates
	load          int           // logins at once, of the rates
	length        time.Duration // of each rate
	kills         int
}

// thorough is what `make bench-cluster` takes; brief is enough to see that the measuring works.
func thorough() measure {
	return measure{rounds: 5, crowd: 100, nodes: []int{1, 2, 4}, load: 1500, length: 20 * time.Second, kills: 10}
}

func brief() measure {
	return measure{rounds: 1, crowd: 10, nodes: []int{1, 2}, load: 20, length: 6 * time.Second, kills: 1}
}

// unlimited are settings without a budget, so that nothing but nodes and memory is measured.
func unlimited(n *node) {
	n.Settings.IVALT = "limits: {per_second: 0, per_minute: 0, per_hour: 0}"
}

// embedded is a node by itself.
func embedded(*node) string { return "" }

// quantile is a share of sorted durations; 0 of none.
func quantile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// delays are how long logins took to their push, and in all, sorted.
type delays struct{ push, whole []time.Duration }

// timed has a crowd log in at the nodes in turn, each packet being sent to so many of them.
func timed(t *testing.T, h *house, m measure, copies int) delays {
	t.Helper()
	var d delays
	var mu sync.Mutex
	for round := range m.rounds {
		var all sync.WaitGroup
		for i := range m.crowd {
			user := fmt.Sprintf("u%d-%d-%d", round, i, copies)
			h.enrol(user, ivalttest.Approve, 500*time.Millisecond)
			g, r := gate(t), request(login(user), byte(i))
			first := h.nodes[i%len(h.nodes)]
			all.Go(func() {
				began := time.Now()
				for n := range copies {
					g.send(h.nodes[(i+n)%len(h.nodes)], r)
				}
				reply, err := g.receive(first, r, blackbox.Patience)
				took := time.Since(began)
				if err != nil || reply.Code != blackbox.AccessAccept {
					t.Errorf("%s: code %d, %v", user, reply.Code, err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				d.whole = append(d.whole, took)
				for _, p := range h.cloud.PushLog(1024) {
					if p.Mobile == mobile(user) {
						d.push = append(d.push, p.Sent.Sub(began))
					}
				}
			})
		}
		all.Wait()
	}
	slices.Sort(d.push)
	slices.Sort(d.whole)
	return d
}

// work is what a Redis has done: its operations by name, and octets.
type work struct {
	calls   map[string]int
	in, out int
	at      time.Time
}

var commandLine = regexp.MustCompile(`(?m)^cmdstat_([^:]+):calls=(\d+)`)

func worked(t *testing.T, r *servers.Server) work {
	t.Helper()
	w := work{calls: map[string]int{}, at: time.Now()}
	for _, m := range commandLine.FindAllStringSubmatch(r.Ask("INFO", "commandstats"), -1) {
		w.calls[m[1]], _ = strconv.Atoi(m[2])
	}
	stats := r.Ask("INFO", "stats")
	w.in, _ = strconv.Atoi(servers.Field(stats, "total_net_input_bytes"))
	w.out, _ = strconv.Atoi(servers.Field(stats, "total_net_output_bytes"))
	return w
}

// costs are what n logins cost a Redis between two looks, without what it does while nobody logs in: operations that nodes send (what scripts do
// inside counts apart), octets, and the operations by name.
func costs(idle, idler, before, after work, n int) string {
	share := after.at.Sub(before.at).Seconds() / idler.at.Sub(idle.at).Seconds()
	each := func(more, less, still int) float64 { return (float64(more-less) - share*float64(still)) / float64(n) }
	var names []string
	for name := range after.calls {
		names = append(names, name)
	}
	slices.Sort(names)
	var by []string
	sum := 0.0
	for _, name := range names {
		c := each(after.calls[name], before.calls[name], idler.calls[name]-idle.calls[name])
		sum += c
		if c > 0.05 {
			by = append(by, fmt.Sprintf("%s %.1f", name, c))
		}
	}
	return fmt.Sprintf("| %.1f | %.0f | %.0f | %s |", sum,
		each(after.in, before.in, idler.in-idle.in), each(after.out, before.out, idler.out-idle.out), strings.Join(by, ", "))
}

// rate is how many logins a second nodes let in, so many being open at once.
func rate(t *testing.T, h *house, m measure) float64 {
	t.Helper()
	var let atomic.Int64
	stop := make(chan struct{})
	var all sync.WaitGroup
	for i := range m.load {
		user := fmt.Sprint("l", i)
		h.enrol(user, ivalttest.Approve, 500*time.Millisecond)
		g := gate(t)
		all.Go(func() {
			for n := 0; ; n++ {
				l := login(user)
				l.CallingStation = fmt.Sprintf("198.18.%d.%d", n>>8&255, n&255)
				r := request(l, byte(n))
				at := h.nodes[(i+n)%len(h.nodes)]
				g.send(at, r)
				reply, err := g.receive(at, r, blackbox.Patience)
				select {
				case <-stop:
					return
				default:
				}
				if err != nil {
					t.Errorf("%s: %v", user, err)
					return
				}
				if reply.Code == blackbox.AccessAccept {
					let.Add(1)
				}
			}
		})
	}
	passes(8 * time.Second) // longer than a login: until it is even
	from := let.Load()
	passes(m.length)
	got := float64(let.Load()-from) / m.length.Seconds()
	close(stop)
	all.Wait()
	return got
}

// takenOver are how long it took from a kill -9 of the leading node to the first poll of the node that follows, sorted.
func takenOver(t *testing.T, m measure) (took []time.Duration) {
	t.Helper()
	h := open(t, plan{settings: unlimited})
	for i := range m.kills {
		user := fmt.Sprint("k", i)
		h.enrol(user, ivalttest.Manual, 0)
		g := gate(t)
		first, second := request(login(user), 1), request(login(user), 2)
		g.send(h.a(), first)
		h.rings(t, user)
		h.polled(t, user, time.Now())
		g.send(h.b(), second)
		passes(500 * time.Millisecond)
		killed := time.Now()
		h.a().Server.Kill()
		took = append(took, h.polled(t, user, killed).Sub(killed))
		h.cloud.Approve(mobile(user))
		accepted(t, g.answer(t, h.b(), second))
		h.rang(t, user, 1)
		h.a().Start(t)
	}
	slices.Sort(took)
	return took
}

// page is a text that grows.
type page struct{ strings.Builder }

func (p *page) line(form string, args ...any) { fmt.Fprintf(p, form+"\n", args...) }

// TestFigures measures what the shared memory costs. Without -figures it does so briefly, to see that it can.
func TestFigures(t *testing.T) {
	m := brief()
	if *figures != "" {
		m = thorough()
	}
	var p page
	p.delays(t, m)
	p.rates(t, m)
	took := takenOver(t, m)
	p.line("\nFrom kill -9 of the leading node to the following node's first poll, %d times: p50 %s, longest %s.", len(took), round(quantile(took, 0.5)), round(quantile(took, 1)))
	t.Logf("\n%s", p.String())
	if *figures != "" {
		if err := os.WriteFile(*figures, []byte(p.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func round(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// delays compares an embedded node with two on one Redis, and counts what Redis has to do.
func (p *page) delays(t *testing.T, m measure) {
	t.Helper()
	alone := open(t, plan{nodes: 1, memory: embedded, settings: unlimited})
	base := timed(t, alone, m, 1)
	alone.a().Server.Kill()
	h := open(t, plan{settings: unlimited})
	idle := worked(t, h.redis)
	passes(3 * time.Second)
	idler := worked(t, h.redis)
	p.line("%d logins, %d at once, the person approving 0.5 s behind the push.\n", m.rounds*m.crowd, m.crowd)
	p.line("| | to the push: p50 | p99 | in all: p50 | p99 |\n|---|---|---|---|---|")
	row := func(name string, d delays) {
		p.line("| %s | %s | %s | %s | %s |", name, round(quantile(d.push, 0.5)), round(quantile(d.push, 0.99)), round(quantile(d.whole, 0.5)), round(quantile(d.whole, 0.99)))
	}
	row("one node, embedded", base)
	var spent []string
	for _, c := range []struct {
		name   string
		copies int
	}{{"two nodes, one Redis", 1}, {"the same, and each packet to both", 2}} {
		before := worked(t, h.redis)
		d := timed(t, h, m, c.copies)
		row(c.name, d)
		spent = append(spent, "| "+c.name+" "+costs(idle, idler, before, worked(t, h.redis), m.rounds*m.crowd))
		p.line("| added | %s | %s | %s | %s |", round(quantile(d.push, 0.5)-quantile(base.push, 0.5)), round(quantile(d.push, 0.99)-quantile(base.push, 0.99)),
			round(quantile(d.whole, 0.5)-quantile(base.whole, 0.5)), round(quantile(d.whole, 0.99)-quantile(base.whole, 0.99)))
	}
	calls := 0
	for name, n := range idler.calls {
		calls += n - idle.calls[name]
	}
	p.line("\nRedis, a login, without the %.1f operations a second while nobody logs in (those inside of scripts are counted as well):\n", float64(calls)/idler.at.Sub(idle.at).Seconds())
	p.line("| | operations | octets in | octets out | which |\n|---|---|---|---|---|\n%s", strings.Join(spent, "\n"))
	for _, n := range h.nodes {
		n.Server.Kill()
	}
}

// rates tells how many logins a second some nodes let in, with simulator, gateways and Redis on the same machine.
func (p *page) rates(t *testing.T, m measure) {
	t.Helper()
	p.line("\n%d logins open at all times, for %s:\n\n| nodes | logins a second | operations of Redis a second |\n|---|---|---|", m.load, m.length)
	for _, n := range m.nodes {
		h := open(t, plan{nodes: n, settings: unlimited})
		before := worked(t, h.redis)
		got := rate(t, h, m)
		after := worked(t, h.redis)
		calls := 0
		for name, n := range after.calls {
			calls += n - before.calls[name]
		}
		p.line("| %d | %.0f | %.0f |", n, got, float64(calls)/after.at.Sub(before.at).Seconds())
		for _, n := range h.nodes {
			n.Server.Kill()
		}
		h.redis.Kill()
		if got == 0 {
			t.Errorf("%d nodes let nobody in", n)
		}
	}
}
