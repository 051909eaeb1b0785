package clustertest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ivalt-radius/state/cluster"
)

// Walk plays random operations of three nodes, dead ones among them, on one phone, and compares what the memory answers with what a
// reader of package cluster expects: nobody else gets a phone that is held, only its holder rings and ends, and an approval counts once.
// There are at most so many walks.
func Walk(t *testing.T, most int, one func(t *testing.T) World) {
	t.Helper()
	world, n, failed := one(t), 0, false
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > most && !failed {
			return
		}
		defer func() { failed = failed || rt.Failed() }()
		w := &walk{T: rt, world: world, phone: fmt.Sprintf("%s%d", mobile, n), dead: map[string]bool{}, rang: map[string]bool{}, ended: map[string]string{}, late: map[string]string{}}
		for i := range 3 {
			name := fmt.Sprintf("n%d-%d", n, i)
			w.names = append(w.names, name)
			w.nodes = append(w.nodes, world.Join(name, nil))
		}
		rt.Repeat(map[string]func(*rapid.T){
			"bid": w.bid, "bid again": w.bid, "record": w.record, "end": w.end, "end again": w.end, "poll": w.poll, "die": w.die, "pass": w.pass,
		})
	})
}

// walk is one random walk, and what is expected of the phone.
type walk struct {
	*rapid.T
	world World
	phone string
	names []string
	nodes []Member
	now   time.Duration
	dead  map[string]bool

	tokens []cluster.Token // all that were ever granted
	holder cluster.Token   // the last of them; zero: it has ended
	node   string          // whose that is
	until  time.Duration
	left   bool
	denied bool // it has collided

	lapsed  cluster.Token // whose push is looked after
	heir    bool          // the holder renews it
	lateFor time.Duration

	rang    map[string]bool   // attempts that rang and have not ended
	ended   map[string]string // what attempts ended with
	late    map[string]string // what was found of lapsed ones
	answers int
}

func (w *walk) free() bool {
	return w.holder == cluster.Token{} || w.left || w.dead[w.node] || w.now >= w.until
}

func (w *walk) bid(rt *rapid.T) {
	i := rapid.IntRange(0, len(w.nodes)-1).Draw(rt, "node")
	b := w.anyBid(rt)
	c, err := w.nodes[i].Claim(w.Context(), b)
	if err != nil {
		rt.Fatal(err)
	}
	switch c.Kind {
	case cluster.Granted:
		w.granted(rt, b, c, w.names[i])
	case cluster.Taken:
		w.taken(rt, b, c)
	case cluster.Concluded:
		if w.ended[b.Attempt] == "" || w.ended[b.Attempt] != string(c.Answer) {
			rt.Fatalf("attempt %s ended with %q, it is told %q", b.Attempt, w.ended[b.Attempt], c.Answer)
		}
	case cluster.Late:
		if w.late[b.Renews] == "" || w.late[b.Renews] != string(c.Answer) {
			rt.Fatalf("of attempt %s was found %q, told is %q", b.Renews, w.late[b.Renews], c.Answer)
		}
		w.vacate()
		w.void()
	case cluster.Held:
		w.vacate()
		if w.lapsed.Attempt != b.Renews || b.Renews == "" || w.now >= w.lateFor {
			w.lapsed = cluster.Token{}
		}
		clear(w.late)
	case cluster.Unclaimed:
		rt.Fatal("it is not said what came of a bid")
	}
}

// anyBid draws one.
func (w *walk) anyBid(rt *rapid.T) cluster.Bid {
	all := []string{"A", "B", "C", "D"}
	attempt, renews := rapid.SampledFrom(all).Draw(rt, "attempt"), rapid.SampledFrom(append(all, "")).Draw(rt, "renews")
	b := cluster.Bid{Phone: w.phone, Attempt: w.phone + attempt, Life: life}
	if renews != "" && renews != attempt {
		b.Renews = w.phone + renews
	}
	b.Collision = rapid.SampledFrom([]cluster.Collision{cluster.DenyBoth, cluster.KeepFirst}).Draw(rt, "collision")
	return b
}

// taken compares a collision with what is expected: with the holder, or the attempt's own of a moment ago.
func (w *walk) taken(rt *rapid.T, b cluster.Bid, c cluster.Claim) {
	if c.Other == b.Attempt {
		return
	}
	if w.free() || c.Other != w.holder.Attempt {
		rt.Fatalf("attempt %s collides with %s, holder is %+v", b.Attempt, c.Other, w.holder)
	}
	w.denied = w.denied || b.Collision == cluster.DenyBoth
}

// granted compares a claim with what is expected.
func (w *walk) granted(rt *rapid.T, b cluster.Bid, c cluster.Claim, node string) {
	own := w.holder.Attempt == b.Attempt
	if !own && !w.free() {
		rt.Fatalf("attempt %s got the phone that %+v holds", b.Attempt, w.holder)
	}
	if own && w.denied {
		rt.Fatalf("attempt %s has collided and got the phone", b.Attempt)
	}
	for attempt := range w.rang {
		if attempt != b.Attempt && w.now < w.until && c.History != cluster.Dirty {
			rt.Fatalf("attempt %s may still ring, the phone is %d", attempt, c.History)
		}
	}
	if !own {
		w.vacate()
		w.heir = b.Renews != "" && w.lapsed.Attempt == b.Renews && w.now < w.lateFor
		if w.heir != (c.Of == b.Renews && c.Of != "") {
			rt.Fatalf("attempt %s renews: %v, granted %+v", b.Attempt, w.heir, c)
		}
		if !w.heir {
			w.lapsed = cluster.Token{}
		}
		clear(w.late)
	}
	w.tokens = append(w.tokens, c.Token)
	w.holder, w.node, w.until, w.left, w.denied = c.Token, node, w.now+life+cluster.Grace, false, false
}

// vacate is what a stranger's bid does to a claim that is free.
func (w *walk) vacate() {
	w.holder, w.left, w.denied = cluster.Token{}, false, false
	clear(w.rang)
	if w.heir {
		w.heir, w.lapsed = false, cluster.Token{}
	}
}

func (w *walk) void() {
	w.lapsed = cluster.Token{}
	clear(w.late)
}

// anyToken draws one that was granted at any time; false: none was.
func (w *walk) anyToken(rt *rapid.T) (cluster.Token, Member, bool) {
	if len(w.tokens) == 0 {
		return cluster.Token{}, nil, false
	}
	newest := len(w.tokens) - 1
	i := rapid.OneOf(rapid.Just(newest), rapid.IntRange(0, newest)).Draw(rt, "token")
	return w.tokens[i], w.nodes[rapid.IntRange(0, len(w.nodes)-1).Draw(rt, "node")], true
}

func (w *walk) record(rt *rapid.T) {
	t, by, ok := w.anyToken(rt)
	if !ok {
		return
	}
	err := by.Record(w.Context(), t, cluster.Progress{State: []byte(t.Attempt), Rang: true})
	if want := w.held(t); !errors.Is(err, want) || want == nil && err != nil {
		rt.Fatalf("record of %+v: %v, want %v", t, err, want)
	}
	if err != nil {
		return
	}
	for attempt := range w.rang {
		if attempt != t.Attempt {
			rt.Fatalf("attempt %s rings, and so does %s", attempt, t.Attempt)
		}
	}
	w.rang[t.Attempt] = true
}

// held is what the holder's operations give.
func (w *walk) held(t cluster.Token) error {
	switch {
	case t != w.holder || w.left:
		return cluster.ErrLost
	case w.denied:
		return cluster.ErrCollided
	}
	return nil
}

func (w *walk) end(rt *rapid.T) {
	t, by, ok := w.anyToken(rt)
	if !ok {
		return
	}
	w.answers++
	e := cluster.Ending{Answer: fmt.Append(nil, w.answers), Late: 30 * time.Second}
	e.Kind = rapid.SampledFrom([]cluster.EndKind{cluster.Ended, cluster.Left, cluster.Lapsed, cluster.Lapsed, cluster.Found}).Draw(rt, "kind")
	if rapid.Bool().Draw(rt, "holds") {
		e.Hold = time.Second
	}
	err := by.End(w.Context(), t, e)
	want := w.wants(t, e)
	if !errors.Is(err, want) || want == nil && err != nil {
		rt.Fatalf("end of %+v with %+v: %v, want %v", t, e, err, want)
	}
}

// wants is what an end gives, and what it changes.
func (w *walk) wants(t cluster.Token, e cluster.Ending) error {
	looked := t == w.lapsed && w.now < w.lateFor
	switch {
	case looked && !w.heir && (e.Kind == cluster.Found || e.Kind == cluster.Ended):
		w.lapsed = cluster.Token{}
		if e.Kind == cluster.Found {
			clear(w.late)
			w.late[t.Attempt] = string(e.Answer)
		}
		return nil
	case e.Kind == cluster.Found:
		if looked && w.heir && !w.free() && !w.denied {
			return nil
		}
		return cluster.ErrLost
	}
	err := w.held(t)
	if errors.Is(err, cluster.ErrLost) {
		return err
	}
	if e.Kind == cluster.Left {
		w.left = true
		return err
	}
	w.holder = cluster.Token{}
	delete(w.rang, t.Attempt)
	if w.heir {
		w.heir, w.lapsed = false, cluster.Token{}
	}
	if err == nil {
		w.ended[t.Attempt] = string(e.Answer)
		if e.Kind == cluster.Lapsed {
			w.lapsed, w.lateFor = t, w.now+e.Late
		}
	}
	return err
}

func (w *walk) poll(rt *rapid.T) {
	t, by, ok := w.anyToken(rt)
	if !ok {
		return
	}
	if err := by.Polled(w.Context(), t, cluster.Young); err != nil && !errors.Is(err, cluster.ErrLost) {
		rt.Fatal(err)
	}
}

func (w *walk) die(rt *rapid.T) {
	name := rapid.SampledFrom(w.names).Draw(rt, "node")
	w.world.Die(name)
	w.dead[name] = true
}

func (w *walk) pass(rt *rapid.T) {
	d := time.Duration(rapid.SampledFrom([]int{1, 1, 1, 20, 20, 121, 300}).Draw(rt, "seconds")) * time.Second
	w.world.Pass(d)
	w.now += d
	if w.now >= w.until+cluster.Young {
		w.vacate()
	}
}
