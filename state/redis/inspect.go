package redis

import (
	"context"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// server is what INFO says of one.
type server struct {
	version  string
	policy   string // what it does when its memory is full
	replicas int
}

// inspect looks at the masters: how many replicas each has, and whether they are fit for this.
func (e *Engine) inspect(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, e.link.Timeout)
	defer cancel()
	look := func(ctx context.Context, node *goredis.Client) error {
		text, err := node.Info(ctx).Result()
		if err != nil {
			return err
		}
		s := parseInfo(text)
		e.link.SetReplicas(node.Options().Addr, s.replicas)
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
func (e *Engine) judge(s server) {
	e.mu.Lock()
	was := e.judged
	e.judged = s
	e.mu.Unlock()
	if s.policy != was.policy && s.policy != "" && s.policy != "noeviction" {
		e.tell(Event{Kind: Evicts, Detail: s.policy})
	}
	if s.version != was.version && older(s.version, 6, 2) {
		e.tell(Event{Kind: Old, Detail: s.version})
	}
}

// parseInfo reads the answer of INFO.
func parseInfo(text string) (s server) {
	for line := range strings.SplitSeq(text, "\n") {
		field, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch field {
		case "redis_version":
			s.version = short(value)
		case "maxmemory_policy":
			s.policy = short(value)
		case "connected_slaves":
			s.replicas, _ = strconv.Atoi(value)
		}
	}
	return s
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
