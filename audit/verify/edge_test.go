package verify

import (
	"strings"
	"testing"

	"ivalt-radius/audit/checkpoint"
)

// TestTheLastCheckpointAloneIsMissed: nothing else stands behind it.
func TestTheLastCheckpointAloneIsMissed(t *testing.T) {
	w := newWorld(t)
	lines := strings.SplitAfter(w.read(w.live()), "\n")
	w.write(w.live(), strings.Join(lines[:len(lines)-2], ""))
	if said := text(w.verify()); !strings.Contains(said, "cut off: record 22 is missing at the end") {
		t.Error(said)
	}
}

// TestAHeadThatSaysLess: the signature is over what it covers, not over where it stands.
func TestAHeadThatSaysLess(t *testing.T) {
	w := newWorld(t)
	if said := text(w.verify(func(o *Options) { h := *o.Head; h.Seq -= 3; o.Head = &h })); !strings.Contains(said, "forged: "+checkpoint.HeadFile) {
		t.Error(said)
	}
}

func TestARemovalSpeaksOfItsOwnSegmentAlone(t *testing.T) {
	g := gap{removals: []removal{{by: 20, first: 1, last: 6}, {by: 30, first: 7, last: 18}}}
	for last, want := range map[uint64]uint64{6: 20, 18: 30, 5: 0, 12: 0, 19: 0} {
		if r, found := g.removal(last); r.by != want || found != (want > 0) {
			t.Errorf("%d: %+v %v", last, r, found)
		}
	}
}
