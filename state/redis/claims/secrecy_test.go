package claims

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state/cluster"
)

// counter counts what a node sends.
type counter struct {
	mu   sync.Mutex
	sent []string
}

func (c *counter) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (c *counter) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		if cmd.Name() != "hello" { // of a connection that is opened beside it
			c.mu.Lock()
			c.sent = append(c.sent, cmd.Name())
			c.mu.Unlock()
		}
		return next(ctx, cmd)
	}
}

func (c *counter) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return next
}

func (c *counter) took() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	sent := c.sent
	c.sent = nil
	return sent
}

// story is a login that lapses and is renewed, over two nodes, as the operations that it takes.
func story(ctx context.Context, a, b *Claims) []struct {
	name string
	do   func() error
} {
	var was, is cluster.Token
	bids := func(n *Claims, bid cluster.Bid, token *cluster.Token) error {
		c, err := n.Claim(ctx, bid)
		*token = c.Token
		return err
	}
	state := []byte("state of " + testMobile)
	return []struct {
		name string
		do   func() error
	}{
		{"Enter, leads", func() error { _, err := a.Enter(ctx, testEntry()); return err }},
		{"Enter, follows", func() error { _, err := b.Enter(ctx, testEntry()); return err }},
		{"Claim", func() error { return bids(a, testBid(), &was) }},
		{"Record, rings", func() error { return a.Record(ctx, was, cluster.Progress{State: state, Rang: true}) }},
		{"Polled", func() error { return a.Polled(ctx, was, cluster.Young) }},
		{"End, lapsed", func() error {
			return a.End(ctx, was, cluster.Ending{Kind: cluster.Lapsed, Answer: []byte("timed out " + testMobile), Taint: cluster.Young, Late: time.Minute})
		}},
		{"Conclude", func() error {
			return a.Conclude(ctx, testKey(), "A", cluster.Conclusion{Answer: []byte("no, " + testMobile), Repeated: time.Minute, Renewed: time.Minute})
		}},
		{"Await, over", func() error { _, err := b.Await(ctx, testKey(), "A"); return err }},
		{"Claim, renews", func() error {
			return bids(b, cluster.Bid{Phone: testMobile, Attempt: "B", Renews: "A", Life: time.Minute}, &is)
		}},
		{"End, found", func() error {
			return a.End(ctx, was, cluster.Ending{Kind: cluster.Found, Answer: []byte("yes, " + testMobile), Late: time.Minute})
		}},
		{"Claim, taken", func() error {
			_, err := a.Claim(ctx, cluster.Bid{Phone: testMobile, Attempt: "C", Life: time.Minute})
			return err
		}},
		{"End, left", func() error { _ = b.End(ctx, is, cluster.Ending{Kind: cluster.Left}); return nil }},
	}
}

// TestEachIsOneRoundTrip: every operation is one command, once the scripts are known.
func TestEachIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	s, m := newStand(t)
	a, b := s.node("a", nil), s.node("b", nil)
	for range 2 { // the first time the scripts are told
		m.FlushAll()
		count := &counter{}
		a.core.Client.AddHook(count)
		b.core.Client.AddHook(count)
		for _, step := range story(t.Context(), a, b) {
			count.took()
			if err := step.do(); err != nil {
				t.Fatal(step.name, err)
			}
			if sent := count.took(); len(sent) > 2 {
				t.Errorf("%s sends %v", step.name, sent)
			}
		}
	}
	count := &counter{}
	a.core.Client.AddHook(count)
	b.core.Client.AddHook(count)
	m.FlushAll()
	for _, step := range story(t.Context(), a, b) {
		if err := step.do(); err != nil {
			t.Fatal(step.name, err)
		}
		if sent := count.took(); !slices.Equal(sent, []string{"evalsha"}) {
			t.Errorf("%s sends %v", step.name, sent)
		}
	}
}

// TestNothingOfAPersonIsInTheClear: neither what is kept nor what is told has the mobile in it.
func TestNothingOfAPersonIsInTheClear(t *testing.T) {
	t.Parallel()
	s, m := newStand(t)
	notices := make(chan cluster.Notice, 16)
	a, b := s.node("a", nil), s.node("b", func(x cluster.Notice) { notices <- x })
	c := goredis.NewClient(&goredis.Options{Addr: m.Addr(), DisableIdentity: true})
	t.Cleanup(func() { _ = c.Close() })
	told := c.PSubscribe(t.Context(), "*")
	t.Cleanup(func() { _ = told.Close() })
	if _, err := told.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	var dump strings.Builder
	for _, step := range story(t.Context(), a, b) {
		if err := step.do(); err != nil {
			t.Fatal(step.name, err)
		}
		for _, key := range m.Keys() {
			fields, _ := m.HKeys(key) // an epoch has none
			for _, f := range fields {
				dump.WriteString(key + " " + f + " " + m.HGet(key, f) + "\n")
			}
		}
	}
	for n := <-notices; n.Kind != cluster.Approved; {
		n = <-notices
	}
	c.Publish(t.Context(), "last", "last")
	for {
		x, err := told.ReceiveMessage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if x.Channel == "last" {
			break
		}
		dump.WriteString(x.Channel + x.Payload + "\n")
	}
	if !strings.Contains(dump.String(), "approved\nB\nA\n") || !strings.Contains(dump.String(), "{test:") {
		t.Fatal("nothing was seen")
	}
	for _, secret := range []string{testMobile, testMobile[1:], "5550100001", "timed out", "state of"} {
		if strings.Contains(dump.String(), secret) {
			t.Errorf("%q is in the clear", secret)
		}
	}
}
