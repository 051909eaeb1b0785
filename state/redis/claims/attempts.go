package claims

import (
	"context"
	"crypto/hmac"
	"strings"
	"time"

	"ivalt-radius/state/cluster"
)

func (c *Claims) attemptKey(d cluster.Digest) string {
	key, _ := c.core.Key("a", c.core.Digest("attempt", string(d[:])))
	return key
}

// answerOf is the place that an attempt's answer is sealed for.
func answerOf(key, id string) string { return key + ":answer:" + id }

// bound is an attempt's ID as it is kept: with proof that it belongs to the attempt's key. Whoever can write to Redis could have a login go on with
// the claim of another one else, and get its approval.
func (c *Claims) bound(key, id string) string { return id + "." + c.core.Name("id", key+"\x00"+id) }

// idOf is an attempt's ID in an answer about its key.
func (c *Claims) idOf(a *answer, i int, key string) string {
	text := a.text(i)
	id := text[:max(0, strings.LastIndexByte(text, '.'))]
	a.bad = a.bad || !named(id) || !hmac.Equal([]byte(text), []byte(c.bound(key, id)))
	return id
}

// Enter implements cluster.Attempts.
func (c *Claims) Enter(ctx context.Context, e cluster.Entry) (cluster.Place, error) {
	if err := e.Valid(); err != nil {
		return cluster.Place{}, err
	}
	key, life := c.attemptKey(e.Key), e.Life
	if life > 0 {
		life += cluster.Grace
	}
	a, err := answered(c.core.Run(ctx, c.scripts.enter, []string{key}, c.withDead(
		ms(c.ahead()), c.self, c.bound(key, e.ID), c.channels(), c.core.Name("exchange", string(e.Exchange[:])), ms(life), cluster.MostExchanges, ms(cluster.Grace),
	)...))
	if err != nil {
		return cluster.Place{}, err
	}
	place, _, err := c.place(&a, key)
	return place, err
}

// place reads what a node is to an attempt, and who leads it where that is another one.
func (c *Claims) place(a *answer, key string) (p cluster.Place, leader string, err error) {
	switch a.text(0) {
	case "leads":
		p = cluster.Place{Role: cluster.Leads, ID: c.idOf(a, 1, key), Taken: a.number(2) == 1}
		if a.text(3) != "" {
			p.Renews = c.idOf(a, 3, key)
		}
	case "follows":
		p = cluster.Place{Role: cluster.Follows, ID: c.idOf(a, 1, key)}
		leader = a.text(2)
	case "over":
		p = cluster.Place{Role: cluster.Over, ID: c.idOf(a, 1, key)}
		p.Answer = c.opened(a, 2, answerOf(key, p.ID))
	case "lost":
		return p, "", cluster.ErrLost
	default:
		a.bad = true
	}
	if a.bad {
		return cluster.Place{}, "", unusable(errAnswer)
	}
	return p, leader, nil
}

// Leave implements cluster.Attempts.
func (c *Claims) Leave(ctx context.Context, d cluster.Digest, id string, to cluster.Leaving) error {
	key := c.attemptKey(d)
	a, err := answered(c.core.Run(ctx, c.scripts.leave, []string{key}, ms(c.ahead()), c.self, c.bound(key, id), c.channels(), flag(to == cluster.ToFollowers)))
	if err != nil {
		return err
	}
	return a.plain()
}

// Conclude implements cluster.Attempts.
func (c *Claims) Conclude(ctx context.Context, d cluster.Digest, id string, e cluster.Conclusion) error {
	if err := e.Valid(); err != nil {
		return err
	}
	key := c.attemptKey(d)
	a, err := answered(c.core.Run(ctx, c.scripts.conclude, []string{key}, ms(c.ahead()), c.self, c.bound(key, id), c.channels(),
		c.core.Seal(answerOf(key, id), max(cluster.Told, e.Joinable, e.Repeated), e.Answer), ms(cluster.Told), ms(e.Joinable), ms(e.Repeated), ms(e.Renewed)))
	if err != nil {
		return err
	}
	return a.plain()
}

// Await implements cluster.Attempts.
func (c *Claims) Await(ctx context.Context, d cluster.Digest, id string) (cluster.Place, error) {
	key := c.attemptKey(d)
	w := c.watch(key, c.bound(key, id))
	defer c.unwatch(w)
	for {
		p, leader, err := c.ask(ctx, w)
		switch {
		case ctx.Err() != nil:
			return cluster.Place{}, ctx.Err()
		case err == nil && p.Role != cluster.Follows:
			return p, nil
		case err == nil:
			w.reached(leader)
		case !unreachable(err) || w.away() >= c.patience:
			return cluster.Place{}, err
		}
		timer := time.NewTimer(max(c.look, c.patience-w.away()))
		select {
		case <-w.changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return cluster.Place{}, ctx.Err()
		}
		timer.Stop()
	}
}

// ask asks for the node's place in an attempt that it follows.
func (c *Claims) ask(ctx context.Context, w *watch) (cluster.Place, string, error) {
	a, err := answered(c.core.Run(ctx, c.scripts.await, []string{w.key}, c.withDead(ms(c.ahead()), c.self, w.id, c.channels())...))
	if err != nil {
		return cluster.Place{}, "", err
	}
	return c.place(&a, w.key)
}
