package claims

import (
	"context"
	"crypto/rand"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state/cluster"
)

// phoneKeys are where a phone is kept, and its bucket's epoch.
func (c *Claims) phoneKeys(mobile string) (key, epoch string) {
	return c.core.Key("p", c.core.Digest("phone", mobile))
}

// endKey is where it is kept how an attempt's claim of a phone ended: in the phone's slot.
func (c *Claims) endKey(phone, attempt string) string {
	return phone + ":" + c.core.Name("end", attempt)
}

// The places that texts are sealed for.
func progressOf(phone, attempt string) string { return phone + ":progress:" + attempt }
func foundAt(phone, attempt string) string    { return phone + ":found:" + attempt }
func endedAt(phone, attempt string) string    { return phone + ":ended:" + attempt }

// progressLasts is how long what is known of a push may be of use: a claim lives no longer than Longest and Grace, and is forgotten Young later.
const progressLasts = cluster.Longest + cluster.Grace + cluster.Young

// token is a claim's as the scripts know it.
func token(t cluster.Token) string {
	return strconv.FormatUint(t.Fence, 10) + ":" + t.Nonce + ":" + t.Attempt
}

// Claim implements cluster.Phones.
func (c *Claims) Claim(ctx context.Context, b cluster.Bid) (cluster.Claim, error) {
	if err := b.Valid(); err != nil {
		return cluster.Claim{}, err
	}
	nonce := rand.Text()
	key, epoch := c.phoneKeys(b.Phone)
	a, err := answered(c.core.Run(ctx, c.scripts.claim, []string{key, epoch, c.endKey(key, b.Attempt)}, c.withDead(
		ms(c.ahead()), ms(cluster.Young), c.self, b.Attempt, b.Renews, flag(b.Collision == cluster.DenyBoth), ms(b.Life+cluster.Grace), nonce, c.channels(),
	)...))
	if err != nil {
		return cluster.Claim{}, err
	}
	var claim cluster.Claim
	switch a.text(0) {
	case "granted":
		claim = c.granted(&a, key, b, nonce)
	case "held":
		claim = cluster.Claim{Kind: cluster.Held, Wait: duration(a.number(1))}
	case "taken":
		claim = cluster.Claim{Kind: cluster.Taken, Other: a.id(1)}
	case "concluded":
		claim = cluster.Claim{Kind: cluster.Concluded, Answer: c.opened(&a, 1, endedAt(key, b.Attempt))}
	case "late":
		claim = cluster.Claim{Kind: cluster.Late, Answer: c.opened(&a, 1, foundAt(key, b.Renews))}
	default:
		a.bad = true
	}
	if a.bad {
		return cluster.Claim{}, unusable(errAnswer)
	}
	return claim, nil
}

// granted reads the claim of a phone that is this attempt's.
func (c *Claims) granted(a *answer, key string, b cluster.Bid, nonce string) cluster.Claim {
	history := a.number(2)
	claim := cluster.Claim{
		Kind: cluster.Granted, Token: cluster.Token{Phone: b.Phone, Attempt: b.Attempt, Fence: uint64(a.number(1)), Nonce: nonce}, //nolint:gosec // G115: not negative
		History: cluster.History(history & 3), Rang: a.number(3) == 1, Of: a.text(4), LateFor: duration(a.number(5)),
	}
	if claim.Of != "" {
		a.id(4)
		if a.text(6) != "" {
			claim.Progress = c.opened(a, 6, progressOf(key, claim.Of))
		}
	}
	a.bad = a.bad || history > int64(cluster.Clean)
	return claim
}

// opened is a field that was sealed for a place. One that cannot be opened makes the answer unusable: what it said is not known.
func (c *Claims) opened(a *answer, i int, place string) []byte {
	plain, err := c.core.Open(place, a.text(i))
	a.bad = a.bad || err != nil
	return plain
}

// duration is that of a number of milliseconds of an answer, which is not to be believed beyond the longest one.
func duration(n int64) time.Duration {
	return time.Duration(min(n, ms(cluster.Longest))) * time.Millisecond
}

// Record implements cluster.Phones.
func (c *Claims) Record(ctx context.Context, t cluster.Token, p cluster.Progress) error {
	if err := p.Valid(); err != nil {
		return err
	}
	run := c.core.Run
	if p.Rang {
		run = c.acknowledged
	}
	key, _ := c.phoneKeys(t.Phone)
	return c.change(ctx, run, c.scripts.record, []string{key}, t, t.Attempt, c.core.Seal(progressOf(key, t.Attempt), progressLasts, p.State), flag(p.Rang))
}

// Polled implements cluster.Phones.
func (c *Claims) Polled(ctx context.Context, t cluster.Token, most time.Duration) error {
	if err := (cluster.Ending{Hold: most}).Valid(); err != nil {
		return err
	}
	key, _ := c.phoneKeys(t.Phone)
	return c.change(ctx, c.core.Run, c.scripts.polled, []string{key}, t, ms(most))
}

// End implements cluster.Phones.
func (c *Claims) End(ctx context.Context, t cluster.Token, e cluster.Ending) error {
	if err := e.Valid(); err != nil {
		return err
	}
	key, _ := c.phoneKeys(t.Phone)
	kind, place, lasts := "ended", endedAt(key, t.Attempt), cluster.EndKept
	switch e.Kind {
	case cluster.Left:
		kind = "left"
	case cluster.Lapsed:
		kind = "lapsed"
	case cluster.Found:
		kind, place, lasts = "found", foundAt(key, t.Attempt), max(e.Late, time.Millisecond)
	case cluster.Ended:
	}
	return c.change(ctx, c.core.Run, c.scripts.end, []string{key, c.endKey(key, t.Attempt)}, t, c.withDead(
		t.Attempt, kind, c.core.Seal(place, lasts, e.Answer), c.core.Name("said", token(t)+"\x00"+kind+"\x00"+string(e.Answer)), ms(cluster.EndKept),
		ms(e.Hold), ms(e.Taint), flag(e.Clears), ms(e.Spent), flag(e.Known), ms(e.Late), c.channels(),
	)...)
}

// change runs a script on a phone that was claimed.
func (c *Claims) change(ctx context.Context, run runs, s *goredis.Script, keys []string, t cluster.Token, args ...any) error {
	if t.Nonce == "" {
		return cluster.ErrLost
	}
	a, err := answered(run(ctx, s, keys, append([]any{ms(c.ahead()), ms(cluster.Young), token(t)}, args...)...))
	if err != nil {
		return err
	}
	return a.plain()
}
