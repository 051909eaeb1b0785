//go:build interop

package claims

import (
	"strconv"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"ivalt-radius/state/redis/link"
)

// TestFiguresOfClaims counts what each operation costs a real server: commands from outside, octets to and from it, and its time. The
// documents' figures come from the log.
func TestFiguresOfClaims(t *testing.T) {
	t.Parallel()
	s := standAt(t, link.Settings{Addresses: []string{startOwnRedis(t)}}, nil)
	a, b := s.node("a", nil), s.node("b", nil)
	watcher := link.Connect(s.options)
	t.Cleanup(func() { _ = watcher.Close() })
	for range 2 { // the first time the scripts are told
		flush(t, watcher)
		for _, step := range story(t.Context(), a, b) {
			before := readFigures(t, watcher)
			if err := step.do(); err != nil {
				t.Fatal(step.name, err)
			}
			after, idle := readFigures(t, watcher), readFigures(t, watcher)
			// What the reading itself costs is what it costs when nothing else happens.
			in := after.in - before.in - (idle.in - after.in)
			out := after.out - before.out - (idle.out - after.out)
			t.Logf("%-16s %d script, %4d octets to Redis, %3d back, %4d us", step.name, after.scripts-before.scripts, in, out, after.micros-before.micros)
			if n := after.scripts - before.scripts; n < 1 || n > 2 {
				t.Errorf("%s runs %d scripts", step.name, n)
			}
		}
	}
}

// serverFigures are what a server counts.
type serverFigures struct{ in, out, scripts, micros int }

func readFigures(t *testing.T, c goredis.UniversalClient) (f serverFigures) {
	t.Helper()
	info, err := c.Info(t.Context(), "stats", "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "total_net_input_bytes":
			f.in = whole(t, value)
		case "total_net_output_bytes":
			f.out = whole(t, value)
		case "cmdstat_evalsha", "cmdstat_eval":
			fields := strings.Split(value, ",")
			f.scripts += whole(t, strings.TrimPrefix(fields[0], "calls="))
			f.micros += whole(t, strings.TrimPrefix(fields[1], "usec="))
		}
	}
	return f
}

func whole(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
