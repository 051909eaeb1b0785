package redis

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state/cluster"
	"ivalt-radius/state/redis/link"
)

// Servers is what the servers say of themselves. The texts are theirs: of letters, digits, dots, dashes and underscores, 32 octets at most.
type Servers struct {
	Version  string // of a Cluster with several versions: those, divided by commas
	Eviction string // maxmemory_policy; noeviction keeps claims, any other may drop them. Of a Cluster: the first that is not noeviction
	Replicas int    // connected ones; of a Cluster: of the master that has the fewest
}

// keepsAll is the policy under which a full server refuses what is new and drops nothing.
const keepsAll = "noeviction"

// Drops reports that a server which is full forgets claims.
func (l Servers) Drops() bool { return l.Eviction != keepsAll }

// Inspect asks the servers without joining the nodes. The error is cluster.ErrUnreachable, or that the options are none.
func Inspect(ctx context.Context, o Options) (Servers, error) {
	c, err := link.New(o.Settings)
	if err != nil {
		return Servers{}, err
	}
	defer func() { _ = c.Client.Close() }()
	return servers(ctx, c)
}

// Servers asks each master. The error is cluster.ErrUnreachable.
func (e *Engine) Servers(ctx context.Context) (Servers, error) { return servers(ctx, e.link) }

func servers(ctx context.Context, c *link.Link) (Servers, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	var mu sync.Mutex
	var all []Servers
	ask := func(ctx context.Context, node asked) error {
		s, err := infoOf(ctx, node)
		if err != nil {
			return fmt.Errorf("%w: %w", cluster.ErrUnreachable, err)
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, s)
		return nil
	}
	var err error
	if whole, ok := c.Client.(*goredis.ClusterClient); ok {
		err = whole.ForEachMaster(ctx, func(ctx context.Context, node *goredis.Client) error { return ask(ctx, node) })
	} else {
		err = ask(ctx, c.Client)
	}
	if err != nil || len(all) == 0 {
		return Servers{}, err
	}
	return together(all), nil
}

// asked is a server that says what it is.
type asked interface {
	Info(ctx context.Context, sections ...string) *goredis.StringCmd
}

// infoOf asks one server. It names no sections: Redis takes several from 7 on.
func infoOf(ctx context.Context, node asked) (Servers, error) {
	text, err := node.Info(ctx).Result()
	if err != nil {
		return Servers{}, err //nolint:wrapcheck // the caller says what it is about
	}
	return parseServers(text), nil
}

// together is what several servers say as one.
func together(all []Servers) Servers {
	out := all[0]
	for _, l := range all[1:] {
		if !strings.Contains(","+out.Version+",", ","+l.Version+",") {
			out.Version += "," + l.Version
		}
		if !out.Drops() {
			out.Eviction = l.Eviction
		}
		out.Replicas = min(out.Replicas, l.Replicas)
	}
	return out
}

// parseServers reads the answer to INFO: lines of name:value. Valkey says which version of Redis it is like, too.
func parseServers(text string) Servers {
	var l Servers
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "redis_version":
			if l.Version == "" {
				l.Version = word(value)
			}
		case "valkey_version":
			l.Version = word(value)
		case "maxmemory_policy":
			l.Eviction = word(value)
		case "connected_slaves":
			n, err := strconv.ParseUint(value, 10, 16)
			if err == nil {
				l.Replicas = int(n)
			}
		}
	}
	return l
}

// mostWord bounds a text of the server's.
const mostWord = 32

// word is a text of the server's that is safe in any output.
func word(text string) string {
	text = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '.' || r == '-' || r == '_' {
			return r
		}
		return -1
	}, text)
	return text[:min(len(text), mostWord)]
}
