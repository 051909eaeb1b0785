package claims

import (
	"context"
	"time"

	"ivalt-radius/state/shared"
)

func (c *Claims) attemptKey(d shared.Digest) string {
	key, _ := c.core.Key("a", c.core.Digest("attempt", string(d[:])))
	return key
}

// answerOf is the place that an attempt's answer is sealed for.
func answerOf(key, id string) string { return key + ":answer:" + id }

// Enter implements shared.Attempts.
func (c *Claims) Enter(ctx context.Context, e shared.Entry) (shared.Place, error) {
	if err := e.Valid(); err != nil {
		return shared.Place{}, err
	}
	key := c.attemptKey(e.Key)
	a, err := answered(c.core.Run(ctx, c.scripts.enter, []string{key}, c.withDead(
		ms(c.ahead()), c.self, e.ID, c.channels(), c.core.Name("exchange", string(e.Exchange[:])), ms(e.Life+shared.Grace), shared.MostExchanges,
	)...))
	if err != nil {
		return shared.Place{}, err
	}
	place, _, err := c.place(&a, key)
	return place, err
}

// place reads what a node is to an attempt, and who leads it where that is another one.
func (c *Claims) place(a *answer, key string) (p shared.Place, leader string, err error) {
	switch a.text(0) {
	case "leads":
		p = shared.Place{Role: shared.Leads, ID: a.id(1), Taken: a.number(2) == 1, Renews: a.text(3)}
		if p.Renews != "" {
			a.id(3)
		}
	case "follows":
		p = shared.Place{Role: shared.Follows, ID: a.id(1)}
		leader = a.text(2)
	case "over":
		p = shared.Place{Role: shared.Over, ID: a.id(1)}
		p.Answer = c.opened(a, 2, answerOf(key, p.ID))
	case "lost":
		return p, "", shared.ErrLost
	default:
		a.bad = true
	}
	if a.bad {
		return shared.Place{}, "", unusable(errAnswer)
	}
	return p, leader, nil
}

// Leave implements shared.Attempts.
func (c *Claims) Leave(ctx context.Context, d shared.Digest, id string) error {
	a, err := answered(c.core.Run(ctx, c.scripts.leave, []string{c.attemptKey(d)}, ms(c.ahead()), c.self, id, c.channels()))
	if err != nil {
		return err
	}
	return a.plain()
}

// Conclude implements shared.Attempts.
func (c *Claims) Conclude(ctx context.Context, d shared.Digest, id string, e shared.Conclusion) error {
	if err := e.Valid(); err != nil {
		return err
	}
	key := c.attemptKey(d)
	a, err := answered(c.core.Run(ctx, c.scripts.conclude, []string{key}, ms(c.ahead()), c.self, id, c.channels(),
		c.core.Seal(answerOf(key, id), e.Answer), ms(shared.Told), ms(e.Joinable), ms(e.Repeated), ms(e.Renewed)))
	if err != nil {
		return err
	}
	return a.plain()
}

// Await implements shared.Attempts.
func (c *Claims) Await(ctx context.Context, d shared.Digest, id string) (shared.Place, error) {
	w := c.watch(c.attemptKey(d), id)
	defer c.unwatch(w)
	for {
		p, leader, err := c.ask(ctx, w)
		switch {
		case ctx.Err() != nil:
			return shared.Place{}, ctx.Err()
		case err == nil && p.Role != shared.Follows:
			return p, nil
		case err == nil:
			w.reached(leader)
		case !unreachable(err) || w.away() >= c.patience:
			return shared.Place{}, err
		}
		timer := time.NewTimer(max(c.look, c.patience-w.away()))
		select {
		case <-w.changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return shared.Place{}, ctx.Err()
		}
		timer.Stop()
	}
}

// ask asks for the node's place in an attempt that it follows.
func (c *Claims) ask(ctx context.Context, w *watch) (shared.Place, string, error) {
	a, err := answered(c.core.Run(ctx, c.scripts.await, []string{w.key}, c.withDead(ms(c.ahead()), c.self, w.id, c.channels())...))
	if err != nil {
		return shared.Place{}, "", err
	}
	return c.place(&a, w.key)
}
