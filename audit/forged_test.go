package audit

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"ivalt-radius/audit/chain"
	"ivalt-radius/audit/checkpoint"
	"ivalt-radius/audit/segment"
)

// forged is a trail that somebody wrote anew who has no key: sound as a chain, with no checkpoint in it.
func forged(t *testing.T, first, last uint64, hash chain.Digest) string {
	t.Helper()
	var lines []byte
	for seq := first; seq <= last; seq++ {
		lines, hash = chain.AppendLine(lines, time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), seq, chain.SystemEvent, System{Event: "forged"}.AppendFields(nil), hash)
	}
	return string(lines)
}

// TestNoTrailIsSignedThatWasWrittenAnew: the server would vouch for whatever lies there when it starts, so it looks whether its last
// checkpoint does.
func TestNoTrailIsSignedThatWasWrittenAnew(t *testing.T) {
	const told = "trail_truncated"
	for name, c := range map[string]struct {
		forge func(r crashRig)
		told  int
	}{
		"as it was":                         {func(crashRig) {}, 0},
		"as it was, the segment compressed": {func(r crashRig) { fail(r.t, segment.Compress(r.t.Context(), r.second)) }, 0},
		"as it was, one file": {func(r crashRig) {
			write(r.t, r.path, read(r.t, r.first)+read(r.t, r.second)+read(r.t, r.path))
			fail(r.t, errors.Join(os.Remove(r.first), os.Remove(r.second)))
		}, 0},
		"all in one file": {func(r crashRig) {
			fail(r.t, errors.Join(os.Remove(r.first), os.Remove(r.second)))
			write(r.t, r.path, forged(r.t, 1, 9, chain.Genesis()))
		}, 1},
		"the live file and its segment": {func(r crashRig) {
			write(r.t, r.second, forged(r.t, 3, 5, chain.Genesis()))
			write(r.t, r.path, forged(r.t, 6, 9, chain.Genesis()))
		}, 1},
		"the checkpoint's line keeps its hash alone": {func(r crashRig) {
			fail(r.t, errors.Join(os.Remove(r.first), os.Remove(r.second)))
			lines := strings.SplitAfter(forged(r.t, 1, 9, chain.Genesis()), "\n")
			lines[4] = strings.Replace(lines[4], hashIn(lines[4]), readHead(r.t, r.state).Hash, 1)
			write(r.t, r.path, strings.Join(lines, ""))
		}, 1},
		"it begins later": {func(r crashRig) {
			fail(r.t, errors.Join(os.Remove(r.first), os.Remove(r.second)))
			write(r.t, r.path, forged(r.t, 20, 29, chain.Genesis()))
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newCrashRig(t)
			c.forge(r)
			mustClose(t, mustOpen(t, r.path, r.options()))
			if n := strings.Count(read(t, r.path), told); n != c.told {
				t.Errorf("told %d times, want %d", n, c.told)
			}
			mustClose(t, mustOpen(t, r.path, r.options()))
			if n := strings.Count(read(t, r.path), told); n != c.told {
				t.Errorf("at the next start told %d times, want %d", n, c.told)
			}
		})
	}
}

// hashIn is the hash that stands in a line.
func hashIn(line string) string {
	_, rest, _ := strings.Cut(line, `"hash":"`)
	hash, _, _ := strings.Cut(rest, `"`)
	return hash
}

// TestAHeadThatIsMissingIsTold where the key has signed before.
func TestAHeadThatIsMissingIsTold(t *testing.T) {
	for expected, want := range map[bool]int{true: 1, false: 0} {
		t.Run(fmt.Sprint(expected), func(t *testing.T) {
			r := newCrashRig(t)
			fail(t, os.Remove(r.state+"/"+checkpoint.HeadFile))
			opt := r.options()
			opt.HeadExpected = expected
			mustClose(t, mustOpen(t, r.path, opt))
			if n := strings.Count(read(t, r.path), "trail_head_unreadable"); n != want {
				t.Errorf("told %d times, want %d", n, want)
			}
		})
	}
}
