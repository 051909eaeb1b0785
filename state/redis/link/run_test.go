package link

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/secret"
	"ivalt-radius/state/cluster"
)

// miniature is a miniredis.
func miniature(t *testing.T) *miniredis.Miniredis {
	t.Helper()
	return miniredis.RunT(t)
}

func linked(t *testing.T, addr string) *Link {
	t.Helper()
	l, err := New(Settings{Addresses: []string{addr}, Key: secret.New(strings.Repeat("k", 32)), Prefix: "p", Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Client.Close() })
	return l
}

func TestAdvice(t *testing.T) {
	m := miniature(t)
	e := linked(t, m.Addr())
	for _, refusal := range []string{
		"OOM command not allowed", "READONLY You can't write", "LOADING Redis is loading", "MASTERDOWN Link", "CLUSTERDOWN Hash slot", "NOPERM this user",
		"MISCONF Redis is configured", "NOREPLICAS Not enough", "NOAUTH Authentication required.", "WRONGPASS invalid", "BUSY Redis is busy",
		"ERR something else",
	} {
		m.SetError(refusal)
		_, err := e.Run(t.Context(), goredis.NewScript("return 1"), []string{"{p}:x"})
		word, _, _ := strings.Cut(refusal, " ")
		advice := refusals()[word]
		if !errors.Is(err, cluster.ErrUnreachable) || !strings.Contains(err.Error(), advice) || (advice == "") != (word == "ERR") {
			t.Errorf("%s: %v", refusal, err)
		}
	}
	m.SetError("")
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	if _, err := e.Run(ctx, goredis.NewScript("return 1"), []string{"{p}:x"}); !errors.Is(err, cluster.ErrUnreachable) || !strings.Contains(err.Error(), "state.redis.timeout") {
		t.Errorf("too late: %v", err)
	}
}

func TestRunAcknowledged(t *testing.T) {
	m := miniature(t)
	e := linked(t, m.Addr())
	put := goredis.NewScript(`redis.call('SET', KEYS[1], ARGV[1]) return 1`)
	if _, err := e.RunAcknowledged(t.Context(), put, []string{"{p}:x"}, "1"); err != nil {
		t.Fatal(err)
	}
	e.MinReplicas = 1
	fresh := goredis.NewScript(`redis.call('SET', KEYS[1], ARGV[1]) return 2`) // which the server has not seen
	if _, err := e.RunAcknowledged(t.Context(), fresh, []string{"{p}:x"}, "2"); !errors.Is(err, cluster.ErrUnreachable) ||
		!strings.Contains(err.Error(), "min_replicas") {
		t.Errorf("without a replica: %v", err)
	}
	if got, _ := m.Get("{p}:x"); got != "2" {
		t.Errorf("the script did not run: %q", got)
	}
	e.MinReplicas = 0
	e.SetReplicas(e.Client.(*goredis.Client).Options().Addr, 1)
	if got, err := e.RunAcknowledged(t.Context(), put, []string{"{p}:x"}, "3"); err != nil || got != int64(1) {
		t.Errorf("best effort: %v, %v", got, err)
	}
	m.SetError("OOM command not allowed")
	if _, err := e.RunAcknowledged(t.Context(), put, []string{"{p}:x"}, "4"); !errors.Is(err, cluster.ErrUnreachable) {
		t.Errorf("out of memory: %v", err)
	}
	m.SetError("")
}
