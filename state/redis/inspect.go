package redis

import (
	"context"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// inspect looks at the masters: how many replicas each has, and whether they are fit for this.
func (e *Engine) inspect(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, e.link.Timeout)
	defer cancel()
	look := func(ctx context.Context, node *goredis.Client) error {
		s, err := infoOf(ctx, node)
		if err != nil {
			return err
		}
		e.link.SetReplicas(node.Options().Addr, s.Replicas)
		e.judge(s)
		return nil
	}
	switch c := e.aside.(type) {
	case *goredis.ClusterClient:
		_ = c.ForEachMaster(ctx, look)
	case *goredis.Client:
		_ = look(ctx, c)
	}
}

// judge tells what is wrong with a server, once until it changes.
func (e *Engine) judge(s Servers) {
	e.mu.Lock()
	was := e.judged
	e.judged = s
	e.mu.Unlock()
	if s.Eviction != was.Eviction && s.Eviction != "" && s.Drops() {
		e.tell(Event{Kind: Evicts, Detail: s.Eviction})
	}
	if s.Version != was.Version && older(s.Version, 6, 2) {
		e.tell(Event{Kind: Old, Detail: s.Version})
	}
}

// older reports that a version is below major.minor; one that cannot be read is not.
func older(version string, major, minor int) bool {
	a, rest, _ := strings.Cut(version, ".")
	b, _, _ := strings.Cut(rest, ".")
	x, err := strconv.Atoi(a)
	if err != nil {
		return false
	}
	y, _ := strconv.Atoi(b)
	return x < major || x == major && y < minor
}
