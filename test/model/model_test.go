package model

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// rounds is how often rapid's number of worlds is drawn: what is rare here needs more than a hundred. What has not happened by then may
// take more of them.
const (
	rounds     = 5
	mostRounds = 25
)

// TestModel: whatever people, attackers, networks and operators do, nobody is let in without an approval on their phone after their
// push, no approval counts twice, no phone rings twice, and iVALT is never asked too often.
func TestModel(t *testing.T) {
	var all tally
	worlds := 0
	for round := 0; round < rounds || round < mostRounds && all.least() == 0; round++ {
		rapid.Check(t, func(rt *rapid.T) {
			w := drawWorld(rt)
			sum, complaints := play(t, &w)
			if len(complaints) > 0 {
				rt.Fatalf("%s\n%s", strings.Join(complaints, "\n"), w.story())
			}
			all.add(sum)
			worlds++
		})
	}
	t.Logf("%d worlds: %+v", worlds, all)
	if worlds >= 400 && all.least() == 0 {
		t.Errorf("nothing happens in these worlds: %+v", all)
	}
}

// story tells a world, for whoever must find out what went wrong in it.
func (w *world) story() string {
	var b strings.Builder
	for _, line := range w.lines() {
		b.WriteString(line + "\n")
	}
	return b.String()
}
