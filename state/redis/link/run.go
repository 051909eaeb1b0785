package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state/cluster"
)

// acknowledge bounds how long replicas are waited for.
const acknowledge = 100 * time.Millisecond

// Run runs a script on the keys of one slot. Whatever goes wrong is cluster.ErrUnreachable, and then whether it ran is not known; nothing
// is tried twice but what the server said it did not run.
func (c *Link) Run(ctx context.Context, s *goredis.Script, keys []string, args ...any) (any, error) {
	return c.RunOn(ctx, c.Client, s, keys, args...)
}

// RunOn is run over another client.
func (c *Link) RunOn(ctx context.Context, client goredis.UniversalClient, s *goredis.Script, keys []string, args ...any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	node, err := master(ctx, client, keys[0])
	if err != nil {
		return nil, c.Failed(ctx, client, err)
	}
	answer, err := s.Run(ctx, node, keys, args...).Result()
	if moved(err) {
		answer, err = s.Run(ctx, client, keys, args...).Result()
	}
	if err != nil && !errors.Is(err, goredis.Nil) {
		return nil, c.Failed(ctx, client, err)
	}
	return answer, nil
}

// RunAcknowledged is run, and waits behind it until replicas have what it wrote: MinReplicas, without which it is ErrUnreachable, or one, if
// there is one that has it within 100 ms.
func (c *Link) RunAcknowledged(ctx context.Context, s *goredis.Script, keys []string, args ...any) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	node, err := master(ctx, c.Client, keys[0])
	if err != nil {
		return nil, c.Failed(ctx, c.Client, err)
	}
	if c.MinReplicas == 0 && c.replicasOf(node) == 0 {
		return c.Run(ctx, s, keys, args...)
	}
	var answer *goredis.Cmd
	var had *goredis.Cmd
	acknowledged := func(how func(goredis.Scripter) *goredis.Cmd) error {
		_, err := node.Pipelined(ctx, func(p goredis.Pipeliner) error {
			answer, had = how(p), p.Do(ctx, "WAIT", max(1, c.MinReplicas), acknowledge.Milliseconds())
			return nil
		})
		if answer.Err() == nil || errors.Is(answer.Err(), goredis.Nil) {
			return had.Err()
		}
		return err
	}
	err = acknowledged(func(p goredis.Scripter) *goredis.Cmd { return s.EvalSha(ctx, p, keys, args...) })
	if goredis.HasErrorPrefix(err, "NOSCRIPT") {
		err = acknowledged(func(p goredis.Scripter) *goredis.Cmd { return s.Eval(ctx, p, keys, args...) })
	}
	switch {
	case moved(err) && c.MinReplicas == 0:
		return c.Run(ctx, s, keys, args...)
	case err != nil:
		return nil, c.Failed(ctx, c.Client, err)
	}
	if n, err := had.Int(); err != nil || n < c.MinReplicas {
		return nil, fmt.Errorf("%w: %d of its replicas had the change within %v, and state.redis.min_replicas is %d", cluster.ErrUnreachable,
			n, acknowledge, c.MinReplicas)
	}
	return answer.Val(), nil
}

// master is the server that has a key.
func master(ctx context.Context, client goredis.UniversalClient, key string) (*goredis.Client, error) {
	switch c := client.(type) {
	case *goredis.ClusterClient:
		return c.MasterForKey(ctx, key)
	case *goredis.Client:
		return c, nil
	}
	return nil, fmt.Errorf("a client of type %T", client)
}

// SetReplicas says how many replicas a master has, by its address: then there is something to wait for.
func (c *Link) SetReplicas(master string, replicas int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.replicas[master] = replicas
}

func (c *Link) replicasOf(node *goredis.Client) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.replicas[node.Options().Addr]
}

// Called are the commands that scripts have Redis do, in small letters; one may come twice.
func Called(sources ...string) (all []string) {
	for _, source := range sources {
		for _, m := range regexp.MustCompile(`redis\.call\('([A-Z]+)'`).FindAllStringSubmatch(source, -1) {
			all = append(all, strings.ToLower(m[1]))
		}
	}
	return all
}

// moved reports that another server of the cluster has the key, and that nothing was run.
func moved(err error) bool {
	return goredis.HasErrorPrefix(err, "MOVED") || goredis.HasErrorPrefix(err, "ASK")
}

// Failed is the error for an operation that failed. A cluster may have got another master: it is asked who is.
func (c *Link) Failed(ctx context.Context, client goredis.UniversalClient, err error) error {
	if whole, ok := client.(*goredis.ClusterClient); ok {
		whole.ReloadState(ctx)
	}
	return fmt.Errorf("%w: %s%w", cluster.ErrUnreachable, c.Advice(err), err)
}

// refusals are the answers of Redis that an operator can do something about, by their first word.
func refusals() map[string]string {
	return map[string]string{ //nolint:gosec // G101: it tells of passwords, and has none
		"OOM":         "Redis is out of memory: raise its maxmemory",
		"READONLY":    "this server is a replica: the master has changed, or the address is not the master's",
		"LOADING":     "Redis loads its data from disk: wait",
		"MASTERDOWN":  "the replica has lost its master: see to the master",
		"CLUSTERDOWN": "the cluster is not whole: see CLUSTER INFO",
		"TRYAGAIN":    "the cluster moves this slot: wait",
		"MOVED":       "the server belongs to a cluster: set state.redis.mode to cluster, or wait while it moves slots",
		"NOPERM":      "the user lacks a permission: give it the ACL of the documentation",
		"NOAUTH":      "Redis wants a password: set state.redis.username and state.redis.password",
		"WRONGPASS":   "Redis refuses the password: see to state.redis.username and state.redis.password",
		"MISCONF":     "Redis cannot save to its disk and refuses to write: see its log",
		"NOREPLICAS":  "Redis has too few replicas in step (min-replicas-to-write): see to them",
		"BUSY":        "Redis is busy with a script",
	}
}

// Advice is what to do about an error, with a colon behind it; empty where that is not known.
func (c *Link) Advice(err error) string {
	var refused goredis.Error
	var network net.Error
	switch {
	case errors.As(err, &refused):
		word, _, _ := strings.Cut(strings.TrimPrefix(refused.Error(), "ERR "), " ")
		if advice, ok := refusals()[word]; ok {
			return advice + ": "
		}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return fmt.Sprintf("it has not answered within %v (state.redis.timeout): ", c.Timeout)
	case strings.Contains(err.Error(), "x509:"):
		return "its certificate is not trusted: see to state.redis.ca_file and state.redis.server_name: "
	}
	return ""
}
