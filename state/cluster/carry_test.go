package cluster_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"ivalt-radius/state/cluster"
	"ivalt-radius/state/statetest"
)

const carriedPhone = "+491701111111"

// before is a memory with one node, whose place another one takes.
type before struct {
	*cluster.Member
	t      *testing.T
	clock  *statetest.Clock
	memory *cluster.Memory
}

func newBefore(t *testing.T) *before {
	t.Helper()
	c := statetest.NewClock(time.Unix(1_800_000_000, 0))
	m := cluster.NewMemory(c.Now)
	c.Pass(time.Hour) // it knows its phones
	return &before{Member: m.Join("a", nil), t: t, clock: c, memory: m}
}

func (b *before) claim(n *cluster.Member, attempt, renews string) cluster.Claim {
	b.t.Helper()
	c, err := n.Claim(b.t.Context(), cluster.Bid{Phone: carriedPhone, Attempt: attempt, Renews: renews, Life: time.Minute})
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// rings has the push of attempt a1 leave.
func (b *before) rings() cluster.Token {
	b.t.Helper()
	c := b.claim(b.Member, "a1", "")
	if err := b.Record(b.t.Context(), c.Token, cluster.Progress{State: []byte("rang"), Rang: true}); err != nil {
		b.t.Fatal(err)
	}
	return c.Token
}

func (b *before) ends(token cluster.Token, e cluster.Ending) {
	b.t.Helper()
	if err := b.End(b.t.Context(), token, e); err != nil {
		b.t.Fatal(err)
	}
}

// next is a node of the memory that takes the place of this one, so long after it.
func (b *before) next(later time.Duration) *cluster.Member {
	b.t.Helper()
	left := b.memory.Carry()
	text, err := json.Marshal(left)
	if err != nil {
		b.t.Fatal(err)
	}
	var read cluster.Carried
	if err := json.Unmarshal(text, &read); err != nil {
		b.t.Fatal(err)
	}
	b.clock.Pass(later)
	m, err := cluster.Restored(read, b.clock.Now)
	if err != nil {
		b.t.Fatal(err)
	}
	again := m.Carry()
	if later == 0 && !reflect.DeepEqual(again.Phones, read.Phones) {
		b.t.Errorf("carried %+v, carried on %+v", read.Phones, again.Phones)
	}
	return m.Join("b", nil)
}

// TestCarriedPhones: what is known of a phone holds in the next process, for as long as it would have.
func TestCarriedPhones(t *testing.T) {
	for name, c := range map[string]func(t *testing.T, b *before){
		"a push that rings is taken over": func(t *testing.T, b *before) {
			t.Helper()
			was := b.rings()
			n := b.next(time.Second)
			if got := b.claim(n, "a1", ""); got.Kind != cluster.Granted || !got.Rang || string(got.Progress) != "rang" || got.Of != "a1" || got.Token.Fence <= was.Fence {
				t.Errorf("%+v; it was %+v", got, was)
			}
		},
		"another login is told that an approval may come": func(t *testing.T, b *before) {
			t.Helper()
			b.rings()
			if got := b.claim(b.next(time.Second), "a2", ""); got.Kind != cluster.Granted || got.History != cluster.Dirty || got.Rang {
				t.Errorf("%+v", got)
			}
		},
		"another login is taken to collide once it goes on": func(t *testing.T, b *before) {
			t.Helper()
			b.rings()
			n := b.next(time.Second)
			b.claim(n, "a1", "")
			if got := b.claim(n, "a2", ""); got.Kind != cluster.Taken || got.Other != "a1" {
				t.Errorf("%+v", got)
			}
		},
		"a claim that has not rung is taken over": func(t *testing.T, b *before) {
			t.Helper()
			b.claim(b.Member, "a1", "")
			if got := b.claim(b.next(time.Second), "a1", ""); got.Kind != cluster.Granted || got.Rang {
				t.Errorf("%+v", got)
			}
		},
		"an answer is told": func(t *testing.T, b *before) {
			t.Helper()
			b.ends(b.rings(), cluster.Ending{Answer: []byte("yes")})
			if got := b.claim(b.next(time.Second), "a1", ""); got.Kind != cluster.Concluded || string(got.Answer) != "yes" {
				t.Errorf("%+v", got)
			}
		},
		"and not for longer": func(t *testing.T, b *before) {
			t.Helper()
			b.ends(b.rings(), cluster.Ending{Answer: []byte("yes")})
			n := b.next(time.Second)
			b.clock.Pass(cluster.EndKept)
			if got := b.claim(n, "a1", ""); got.Kind != cluster.Granted || got.Rang {
				t.Errorf("%+v", got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { c(t, newBefore(t)) })
	}
}

// TestCarriedMarks: so do its marks.
func TestCarriedMarks(t *testing.T) {
	for name, c := range map[string]func(t *testing.T, b *before){
		"a hold": func(t *testing.T, b *before) {
			t.Helper()
			b.ends(b.rings(), cluster.Ending{Hold: 10 * time.Second})
			n := b.next(4 * time.Second)
			if got := b.claim(n, "a2", ""); got.Kind != cluster.Held || got.Wait != 6*time.Second {
				t.Errorf("%+v", got)
			}
			b.clock.Pass(6 * time.Second)
			if got := b.claim(n, "a2", ""); got.Kind != cluster.Granted {
				t.Errorf("behind it: %+v", got)
			}
		},
		"a taint": func(t *testing.T, b *before) {
			t.Helper()
			b.ends(b.rings(), cluster.Ending{Taint: 10 * time.Second, Known: true})
			if got := b.claim(b.next(9*time.Second), "a2", ""); got.History != cluster.Dirty {
				t.Errorf("%+v", got)
			}
		},
		"a clean one": func(t *testing.T, b *before) {
			t.Helper()
			b.ends(b.rings(), cluster.Ending{Taint: 10 * time.Second, Known: true})
			if got := b.claim(b.next(10*time.Second), "a2", ""); got.History != cluster.Clean {
				t.Errorf("%+v", got)
			}
		},
		"an approval that was counted": func(t *testing.T, b *before) {
			t.Helper()
			b.ends(b.rings(), cluster.Ending{Spent: 10 * time.Second, Known: true})
			if got := b.claim(b.next(time.Second), "a2", ""); got.History != cluster.Spent {
				t.Errorf("%+v", got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { c(t, newBefore(t)) })
	}
}

// TestCarriedLapses: so does what may still come of a push that lapsed.
func TestCarriedLapses(t *testing.T) {
	for name, c := range map[string]func(t *testing.T, b *before){
		"a push that lapsed is renewed": func(t *testing.T, b *before) {
			t.Helper()
			b.ends(b.rings(), cluster.Ending{Kind: cluster.Lapsed, Late: 20 * time.Second})
			n := b.next(5 * time.Second)
			got := b.claim(n, "a2", "a1")
			if got.Kind != cluster.Granted || got.Of != "a1" || string(got.Progress) != "rang" || got.LateFor != 15*time.Second {
				t.Errorf("%+v", got)
			}
		},
		"one that was renewed is taken over": func(t *testing.T, b *before) {
			t.Helper()
			b.ends(b.rings(), cluster.Ending{Kind: cluster.Lapsed, Late: 20 * time.Second})
			b.claim(b.Member, "a2", "a1")
			if got := b.claim(b.next(time.Second), "a2", ""); got.Kind != cluster.Granted || got.Of != "a1" || string(got.Progress) != "rang" {
				t.Errorf("%+v", got)
			}
		},
		"a late approval counts": func(t *testing.T, b *before) {
			t.Helper()
			token := b.rings()
			b.ends(token, cluster.Ending{Kind: cluster.Lapsed, Late: 20 * time.Second})
			b.ends(token, cluster.Ending{Kind: cluster.Found, Late: 20 * time.Second, Answer: []byte("yes")})
			if got := b.claim(b.next(time.Second), "a2", "a1"); got.Kind != cluster.Late || string(got.Answer) != "yes" {
				t.Errorf("%+v", got)
			}
		},
		"a collision stays one": func(t *testing.T, b *before) {
			t.Helper()
			token := b.rings()
			b.claim(b.Member, "a2", "")
			if err := b.End(t.Context(), token, cluster.Ending{}); err == nil {
				t.Error("it did not collide")
			}
			if got := b.claim(b.next(time.Second), "a1", ""); got.Kind == cluster.Granted {
				t.Errorf("%+v", got)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { c(t, newBefore(t)) })
	}
}

// TestCarriedClock: an odd clock between both makes nothing older than a minute, nor younger than it was.
func TestCarriedClock(t *testing.T) {
	for odd, wait := range map[time.Duration]time.Duration{-time.Hour: 2 * time.Minute, 30 * time.Second: 90 * time.Second, time.Hour: time.Minute} {
		b := newBefore(t)
		b.ends(b.rings(), cluster.Ending{Hold: 2 * time.Minute})
		if got := b.claim(b.next(odd), "a2", ""); got.Kind != cluster.Held || got.Wait != wait {
			t.Errorf("%v: %+v, want %v", odd, got, wait)
		}
	}
}

// TestHostilePhones: what no memory can have had is refused, whole.
func TestHostilePhones(t *testing.T) {
	long, large := strings.Repeat("a", cluster.MostID+1), make([]byte, cluster.MostSize+1)
	for name, spoil := range map[string]func(c *cluster.Carried, p *cluster.CarriedPhone){
		"no time":          func(c *cluster.Carried, _ *cluster.CarriedPhone) { c.Now = 0 },
		"negative time":    func(c *cluster.Carried, _ *cluster.CarriedPhone) { c.Now = math.MinInt64 },
		"all time":         func(c *cluster.Carried, _ *cluster.CarriedPhone) { c.Now = math.MaxInt64 },
		"born never":       func(c *cluster.Carried, _ *cluster.CarriedPhone) { c.Born = -1 },
		"born later":       func(c *cluster.Carried, _ *cluster.CarriedPhone) { c.Born = c.Now + 1 },
		"no mobile":        func(_ *cluster.Carried, p *cluster.CarriedPhone) { p.Mobile = "" },
		"a long mobile":    func(_ *cluster.Carried, p *cluster.CarriedPhone) { p.Mobile = long },
		"many ends":        func(_ *cluster.Carried, p *cluster.CarriedPhone) { p.Ended = make([]cluster.CarriedEnd, 1<<10+1) },
		"an end of nobody": func(_ *cluster.Carried, p *cluster.CarriedPhone) { p.Ended = []cluster.CarriedEnd{{}} },
		"an end of no kind": func(_ *cluster.Carried, p *cluster.CarriedPhone) {
			p.Ended = []cluster.CarriedEnd{{Attempt: "a1", Kind: 99}}
		},
		"a large answer": func(_ *cluster.Carried, p *cluster.CarriedPhone) {
			p.Ended = []cluster.CarriedEnd{{Attempt: "a1", Answer: large}}
		},
		"a large word": func(_ *cluster.Carried, p *cluster.CarriedPhone) {
			p.Ended = []cluster.CarriedEnd{{Attempt: "a1", Said: large}}
		},
		"a lapsed of nobody": func(_ *cluster.Carried, p *cluster.CarriedPhone) { p.Lapsed = &cluster.CarriedPast{} },
		"a large late one": func(_ *cluster.Carried, p *cluster.CarriedPhone) {
			p.Late = &cluster.CarriedPast{Attempt: "a1", Text: large}
		},
		"a claim of nobody": func(_ *cluster.Carried, p *cluster.CarriedPhone) { p.Claim = &cluster.CarriedClaim{} },
		"a long attempt":    func(_ *cluster.Carried, p *cluster.CarriedPhone) { p.Claim = &cluster.CarriedClaim{Attempt: long} },
		"a large push": func(_ *cluster.Carried, p *cluster.CarriedPhone) {
			p.Claim = &cluster.CarriedClaim{Attempt: "a1", State: large}
		},
		"the heir of nobody": func(_ *cluster.Carried, p *cluster.CarriedPhone) {
			p.Claim = &cluster.CarriedClaim{Attempt: "a1", HeirOf: &cluster.CarriedPast{}}
		},
		"the heir of too much": func(_ *cluster.Carried, p *cluster.CarriedPhone) {
			p.Claim = &cluster.CarriedClaim{Attempt: "a1", HeirOf: &cluster.CarriedPast{Attempt: "a0", Text: large}}
		},
	} {
		b := newBefore(t)
		b.rings()
		c := b.memory.Carry()
		spoil(&c, &c.Phones[0])
		if m, err := cluster.Restored(c, b.clock.Now); err == nil || m != nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// TestAnEndWasLost: by its words, and by words that nobody knows, an end counts for nobody.
func TestAnEndWasLost(t *testing.T) {
	for _, words := range []string{cluster.ErrCollided.Error(), cluster.ErrLost.Error(), "words that nobody knows"} {
		b := newBefore(t)
		token := b.rings()
		b.ends(token, cluster.Ending{Answer: []byte("yes")})
		c := b.memory.Carry()
		c.Phones[0].Ended[0].Lost = words
		m, err := cluster.Restored(c, b.clock.Now)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Join("b", nil).End(t.Context(), token, cluster.Ending{Answer: []byte("yes")}); err == nil {
			t.Errorf("%s: it counts", words)
		}
	}
}
