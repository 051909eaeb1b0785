package claims

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state/cluster"
)

const testMobile = "+15550100001"

func testKey() cluster.Digest { return cluster.Digest{1, 2, 3} }

func testEntry() cluster.Entry {
	return cluster.Entry{Key: testKey(), ID: "A", Exchange: cluster.Digest{4}, Life: time.Minute}
}

func testBid() cluster.Bid {
	return cluster.Bid{Phone: testMobile, Attempt: "A", Renews: "Z", Life: time.Minute}
}

// TestHostileAnswers: an answer that no script gives is none, and nothing of it is believed.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	s, _ := newStand(t)
	n := s.node("a", nil)
	for name, returns := range map[string]string{
		"nothing":                   `return nil`,
		"a text":                    `return 'granted'`,
		"a number":                  `return 1`,
		"no fields":                 `return {}`,
		"too many fields":           `return {'done', 1, 2, 3, 4, 5, 6, 7, 8}`,
		"an error":                  `return redis.error_reply('OOM command not allowed')`,
		"an unknown word":           `return {'approved'}`,
		"a number for a word":       `return {1, 'A'}`,
		"a list for a word":         `return {{'granted'}, 1}`,
		"a grant and no more":       `return {'granted'}`,
		"a fence below zero":        `return {'granted', -1, 3, 0, '', 0, ''}`,
		"a text for a fence":        `return {'granted', '1', 3, 0, '', 0, ''}`,
		"an unknown history":        `return {'granted', 1, 4, 0, '', 0, ''}`,
		"a huge history":            `return {'granted', 1, 259, 0, '', 0, ''}`,
		"progress that is not ours": `return {'granted', 1, 3, 1, 'A', 0, 'progress of somebody'}`,
		"progress of nobody":        `return {'granted', 1, 3, 1, 'A B', 0, ''}`,
		"a conclusion in the clear": `return {'concluded', '{"outcome":"approved"}'}`,
		"an empty conclusion":       `return {'concluded', ''}`,
		"a late one in the clear":   `return {'late', '{"outcome":"approved"}'}`,
		"held for a text":           `return {'held', 'long'}`,
		"held backwards":            `return {'held', -1}`,
		"taken by nobody":           `return {'taken', ''}`,
		"taken by two lines":        "return {'taken', 'A\\nB'}",
		"leads what is not ours":    `return {'leads', 'A', 0, ''}`,
		"follows what is not ours":  `return {'follows', 'A.00000000000000000000000000000000', 'b'}`,
		"leads without an ID":       `return {'leads', '', 1, ''}`,
		"leads and renews a list":   `return {'leads', 'A', 0, {}}`,
		"leads and renews two":      `return {'leads', 'A', 0, 'B C'}`,
		"follows nobody":            `return {'follows', 'A'}`,
		"over in the clear":         `return {'over', 'A', '{"outcome":"approved"}'}`,
	} {
		t.Run(name, func(t *testing.T) {
			lies := goredis.NewScript(returns)
			n.scripts = scripts{enter: lies, await: lies, leave: lies, conclude: lies, claim: lies, record: lies, polled: lies, end: lies}
			n.patience = 0
			for what, err := range everything(t.Context(), n) {
				if !errors.Is(err, cluster.ErrUnreachable) {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

// everything is what each operation gives.
func everything(ctx context.Context, n *Claims) map[string]error {
	token := cluster.Token{Phone: testMobile, Attempt: "A", Fence: 1, Nonce: "n"}
	errs := map[string]error{
		"leave": n.Leave(ctx, testKey(), "A", cluster.ToAnybody), "conclude": n.Conclude(ctx, testKey(), "A", cluster.Conclusion{}), "record": n.Record(ctx, token, cluster.Progress{}),
		"polled": n.Polled(ctx, token, 0), "end": n.End(ctx, token, cluster.Ending{}),
	}
	place, err := n.Enter(ctx, testEntry())
	errs["enter"] = err
	if place.Role != cluster.NoRole {
		errs["enter's place"] = errors.New("something was believed")
	}
	place, err = n.Await(ctx, testKey(), "A")
	errs["await"] = err
	if place.Role != cluster.NoRole {
		errs["await's place"] = errors.New("something was believed")
	}
	claim, err := n.Claim(ctx, testBid())
	errs["claim"] = err
	if claim.Kind != cluster.Unclaimed {
		errs["claim's kind"] = errors.New("something was believed")
	}
	return errs
}

// TestAHeldPhoneIsNotHeldForever: a wait is bounded, whatever the server says.
func TestAHeldPhoneIsNotHeldForever(t *testing.T) {
	t.Parallel()
	s, _ := newStand(t)
	n := s.node("a", nil)
	n.scripts.claim = goredis.NewScript(`return {'held', 9007199254740992}`)
	if c, err := n.Claim(t.Context(), testBid()); err != nil || c.Wait != cluster.Longest {
		t.Error(c, err)
	}
}

// TestSealsAreBoundToTheirPlace: whoever can write to Redis cannot give one attempt the approval of another.
func TestSealsAreBoundToTheirPlace(t *testing.T) {
	t.Parallel()
	s, m := newStand(t)
	a, b := s.node("a", nil), s.node("b", nil)
	claim, err := a.Claim(t.Context(), testBid())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.End(t.Context(), claim.Token, cluster.Ending{Answer: []byte("approved")}); err != nil {
		t.Fatal(err)
	}
	key, _ := a.phoneKeys(testMobile)
	for _, f := range []string{"v", "y", "u"} {
		m.HSet(a.endKey(key, "B"), f, m.HGet(a.endKey(key, "A"), f))
	}
	if c, err := b.Claim(t.Context(), cluster.Bid{Phone: testMobile, Attempt: "B", Life: time.Minute}); !errors.Is(err, cluster.ErrUnreachable) {
		t.Error("attempt B is told A's end:", c, err)
	}
	if c, err := b.Claim(t.Context(), testBid()); err != nil || string(c.Answer) != "approved" {
		t.Error("attempt A is not told its own end:", c, err)
	}
	m.HSet(key, "va", "A", "vu", "9999999999999", "vr", m.HGet(a.endKey(key, "A"), "y"))
	if c, err := b.Claim(t.Context(), cluster.Bid{Phone: testMobile, Attempt: "C", Renews: "A", Life: time.Minute}); !errors.Is(err, cluster.ErrUnreachable) {
		t.Error("an end is told as a late approval:", c, err)
	}
	stolenAnswer(t, s, a, b)
}

// TestWhatIsOverIsNotBroughtBack: whoever can write to Redis, and knows the password, does not come in by an approval of yesterday.
func TestWhatIsOverIsNotBroughtBack(t *testing.T) {
	t.Parallel()
	s, m := newStand(t)
	a, b := s.node("a", nil), s.node("b", nil)
	key, phone := a.attemptKey(testKey()), ""
	if _, err := a.Enter(t.Context(), testEntry()); err != nil {
		t.Fatal(err)
	}
	c, err := a.Claim(t.Context(), cluster.Bid{Phone: testMobile, Attempt: "A", Life: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	phone, _ = a.phoneKeys(testMobile)
	end := a.endKey(phone, "A")
	if err := a.End(t.Context(), c.Token, cluster.Ending{Answer: []byte("approved")}); err != nil {
		t.Fatal(err)
	}
	if err := a.Conclude(t.Context(), testKey(), "A", cluster.Conclusion{Answer: []byte("approved"), Joinable: 10 * time.Second}); err != nil {
		t.Fatal(err)
	}
	answer, ended := m.HGet(key, "y"), m.HGet(end, "y")
	found := a.core.Seal(foundAt(phone, "A"), 20*time.Second, []byte("approved"))
	s.passes(cluster.EndKept + 10*time.Second)

	m.HSet(key, "i", b.bound(key, "A"), "n", "", "v", "1", "y", answer, "j", "9999999999999")
	next := testEntry()
	next.ID, next.Exchange = "B", cluster.Digest{5}
	if p, err := b.Enter(t.Context(), next); !errors.Is(err, cluster.ErrUnreachable) {
		t.Error("the answer to an attempt:", p, err)
	}
	m.HSet(end, "v", "1", "y", ended, "u", "9999999999999")
	if c, err := b.Claim(t.Context(), cluster.Bid{Phone: testMobile, Attempt: "A", Life: time.Minute}); !errors.Is(err, cluster.ErrUnreachable) {
		t.Error("the end of a claim:", c, err)
	}
	m.HSet(phone, "va", "A", "vu", "9999999999999", "vr", found)
	if c, err := b.Claim(t.Context(), cluster.Bid{Phone: testMobile, Attempt: "B", Renews: "A", Life: time.Minute}); !errors.Is(err, cluster.ErrUnreachable) {
		t.Error("a late approval:", c, err)
	}
}

// TestNobodyElsesClaim: whoever can write to Redis cannot have a login go on with another one's claim, nor renew it: its approval is not theirs.
func TestNobodyElsesClaim(t *testing.T) {
	t.Parallel()
	s, m := newStand(t)
	n := s.node("a", nil)
	if _, err := n.Enter(t.Context(), testEntry()); err != nil {
		t.Fatal(err)
	}
	theirs := m.HGet(n.attemptKey(testKey()), "i")
	other := testEntry()
	other.ID, other.Key = "B", cluster.Digest{9}
	key := n.attemptKey(other.Key)
	for name, fields := range map[string][]string{
		"nobody leads it":  {"i", theirs, "n", "", "e", "9999999999999"},
		"another one does": {"i", theirs, "n", "b", "e", "9999999999999"},
		"it lapsed":        {"i", theirs, "v", "1", "w", "9999999999999"},
	} {
		m.Del(key)
		m.HSet(key, fields...)
		if p, err := n.Enter(t.Context(), other); !errors.Is(err, cluster.ErrUnreachable) || p.ID != "" || p.Renews != "" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

// stolenAnswer gives the attempt of one key the answer of another.
func stolenAnswer(t *testing.T, s *stand, a, b *Claims) {
	t.Helper()
	m := goredis.NewClient(&goredis.Options{Addr: s.options.Addresses[0], DisableIdentity: true})
	defer func() { _ = m.Close() }()
	other := testEntry()
	other.Key = cluster.Digest{9}
	for _, e := range []cluster.Entry{testEntry(), other} {
		if _, err := a.Enter(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Conclude(t.Context(), testKey(), "A", cluster.Conclusion{Answer: []byte("approved"), Joinable: time.Minute}); err != nil {
		t.Fatal(err)
	}
	sealed, err := m.HGet(t.Context(), a.attemptKey(testKey()), "y").Result()
	if err != nil {
		t.Fatal(err)
	}
	m.HSet(t.Context(), a.attemptKey(other.Key), "v", 1, "y", sealed, "j", "9999999999999")
	if p, err := b.Enter(t.Context(), other); !errors.Is(err, cluster.ErrUnreachable) {
		t.Error("one attempt is told another one's answer:", p, err)
	}
}

// TestForgedNotices: whoever can publish cannot approve.
func TestForgedNotices(t *testing.T) {
	t.Parallel()
	s, _ := newStand(t)
	heard := make(chan cluster.Notice, 16)
	n := s.node("a", func(x cluster.Notice) { heard <- x })
	key, _ := n.phoneKeys(testMobile)
	other, _ := n.phoneKeys("+15550100002")
	approval := []byte("approved")
	for _, forged := range []string{
		"", "approved", "approved\nA", "approved\nA\nZ\n" + key, "approved\nA\nZ\n" + key + "\napproved",
		"approved\nA\nZ\n" + key + "\n" + n.core.Seal(foundAt(other, "Z"), time.Minute, approval),  // of another phone
		"approved\nA\nZ\n" + key + "\n" + n.core.Seal(foundAt(key, "Y"), time.Minute, approval),    // of another attempt
		"approved\nA\nZ\n" + key + "\n" + n.core.Seal(endedAt(key, "Z"), time.Minute, approval),    // an end, not a find
		"approved\nA\nZ\n" + key + "\n" + n.core.Seal(progressOf(key, "Z"), time.Minute, approval), // a progress
		"collided\n", "collided\nA\nB", "unknown\nA",
		"collided\n" + strings.Repeat("A", mostHeard),
		"approved\nA\nZ\n" + key + "\n" + n.core.Seal(foundAt(key, "Z"), time.Minute, approval),
	} {
		if err := n.core.Client.Publish(t.Context(), n.channels()+"a", forged).Err(); err != nil {
			t.Fatal(err)
		}
	}
	first := <-heard
	if first.Kind != cluster.Approved || first.Attempt != "A" || first.Renews != "Z" || string(first.Answer) != "approved" {
		t.Errorf("the first that is believed is %+v", first)
	}
}

// TestAwaitNeedsNoMessage: a wake-up that was lost costs a look, and a dead leader sends none.
func TestAwaitNeedsNoMessage(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]func(s *stand, m *miniredis.Miniredis, key string){
		"left":  func(_ *stand, m *miniredis.Miniredis, key string) { m.HSet(key, "n", "") },
		"dead":  func(s *stand, _ *miniredis.Miniredis, _ string) { s.world().Die("a") },
		"gone":  func(_ *stand, m *miniredis.Miniredis, key string) { m.Del(key) },
		"other": func(_ *stand, m *miniredis.Miniredis, key string) { m.HSet(key, "i", "B") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, m := newStand(t)
			a, b := s.node("a", nil), s.node("b", nil)
			for _, n := range []*Claims{a, b} {
				if _, err := n.Enter(t.Context(), testEntry()); err != nil {
					t.Fatal(err)
				}
			}
			done := make(chan error, 1)
			go func() {
				p, err := b.Await(t.Context(), testKey(), "A")
				if err == nil && !p.Taken {
					err = fmt.Errorf("%+v", p)
				}
				done <- err
			}()
			for !b.follows("a") {
				runtime.Gosched()
			}
			ends(s, m, a.attemptKey(testKey()))
			err := <-done
			if lost := name == "gone" || name == "other"; lost != errors.Is(err, cluster.ErrLost) || !lost && err != nil {
				t.Error(err)
			}
		})
	}
}

// follows reports that an Await has been told who leads.
func (c *Claims) follows(leader string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, same := range c.watches {
		for w := range same {
			if w.still(leader) {
				return true
			}
		}
	}
	return false
}

// TestAwaitLosesPatience: a memory that cannot be asked for long ends an Await, and the end of its context one before.
func TestAwaitLosesPatience(t *testing.T) {
	t.Parallel()
	s, _ := newStand(t)
	a, b := s.node("a", nil), s.node("b", nil)
	for _, n := range []*Claims{a, b} {
		if _, err := n.Enter(t.Context(), testEntry()); err != nil {
			t.Fatal(err)
		}
	}
	s.cuts(true)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := b.Await(ctx, testKey(), "A"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	b.patience = 100 * time.Millisecond
	if _, err := b.Await(t.Context(), testKey(), "A"); !errors.Is(err, cluster.ErrUnreachable) {
		t.Error(err)
	}
	if len(b.watches) != 0 {
		t.Error("an Await that ended is looked after")
	}
}
