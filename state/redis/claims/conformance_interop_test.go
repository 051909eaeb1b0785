//go:build interop

package claims

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state/cluster/clustertest"
	"ivalt-radius/state/redis/link"
)

// startOwnRedis starts a redis-server on a free port of loopback, and stops it by its process when the test is over.
func startOwnRedis(t *testing.T, settings ...string) (addr string) {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("install redis-server: ", err)
	}
	addr = freeAddress(t)
	_, port, _ := net.SplitHostPort(addr)
	folder := t.TempDir()
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, append([]string{"--bind", "127.0.0.1", "--port", port, "--dir", folder, "--save", ""}, settings...)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
	})
	c := goredis.NewClient(&goredis.Options{Addr: addr, DisableIdentity: true})
	defer func() { _ = c.Close() }()
	eventually(t, "redis-server answers", func() bool { return c.Ping(t.Context()).Err() == nil })
	return addr
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !is() {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatal("it never came true: ", what)
		}
	}
}

// startOwnCluster starts three masters that know each other.
func startOwnCluster(t *testing.T) (addrs []string) {
	t.Helper()
	args := []string{"--cluster", "create"}
	for range 3 {
		_, bus, _ := net.SplitHostPort(freeAddress(t))
		addrs = append(addrs, startOwnRedis(t, "--cluster-enabled", "yes", "--cluster-port", bus))
	}
	out, err := exec.CommandContext(t.Context(), "redis-cli", append(append(args, addrs...), "--cluster-yes")...).CombinedOutput()
	if err != nil {
		t.Fatalf("redis-cli: %v\n%s", err, out)
	}
	for _, addr := range addrs {
		c := goredis.NewClient(&goredis.Options{Addr: addr, DisableIdentity: true})
		eventually(t, "the cluster is whole", func() bool {
			info, err := c.ClusterInfo(t.Context()).Result()
			return err == nil && strings.Contains(info, "cluster_state:ok")
		})
		_ = c.Close()
	}
	return addrs
}

// realWorlds makes worlds on one server or cluster, each with a prefix of its own.
func realWorlds(t *testing.T, o link.Settings) func(t *testing.T) clustertest.World {
	t.Helper()
	n := 0
	return func(t *testing.T) clustertest.World {
		t.Helper()
		n++
		s := standAt(t, o, nil)
		s.options.Prefix += strconv.Itoa(n)
		client := link.Connect(s.options)
		t.Cleanup(func() { _ = client.Close() })
		s.empties = func() { flush(t, client) }
		return s.world()
	}
}

func flush(t *testing.T, client goredis.UniversalClient) {
	t.Helper()
	every := func(ctx context.Context, c *goredis.Client) error { return c.FlushAll(ctx).Err() }
	var err error
	switch c := client.(type) {
	case *goredis.ClusterClient:
		err = c.ForEachMaster(t.Context(), every)
	case *goredis.Client:
		err = every(t.Context(), c)
	default:
		err = fmt.Errorf("a client of type %T", client)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestClaimsConformOnARealServer(t *testing.T) {
	t.Parallel()
	worlds := realWorlds(t, link.Settings{Addresses: []string{startOwnRedis(t)}})
	clustertest.Run(t, worlds)
	clustertest.Walk(t, 100, worlds)
}

func TestClaimsConformOnACluster(t *testing.T) {
	t.Parallel()
	worlds := realWorlds(t, link.Settings{Mode: link.Cluster, Addresses: startOwnCluster(t)})
	clustertest.Run(t, worlds)
	clustertest.Walk(t, 100, worlds)
}
