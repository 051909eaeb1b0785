package guarding

import (
	"testing"
	"time"

	"ivalt-radius/guard/block"
)

func TestStanding(t *testing.T) {
	h := newHouse(t, "  detect: {push_refused: {count: 2}}\n")
	if h.Blocked() != 0 || h.LockedOut() != 0 || h.Missed() != 0 || len(h.Incidents()) != 0 {
		t.Errorf("at first: %d blocks, %d lockouts, %d missed, %v", h.Blocked(), h.LockedOut(), h.Missed(), h.Incidents())
	}
	b, err := block.OfUser("bob")
	if err != nil {
		t.Fatal(err)
	}
	b.Until, b.Reason, b.By = time.Now().Add(time.Hour), "test", "test"
	if err := h.blocks.Place(b); err != nil || h.Blocked() != 1 {
		t.Errorf("%d blocks, %v", h.Blocked(), err)
	}
	h.See(refused())
	h.See(refused())
	await(t, "an incident", func() bool { return len(h.Incidents()) == 1 })
	if i := h.Incidents()[0]; i.Rule != "push_refused" || i.Evidence != nil {
		t.Errorf("%+v", i)
	}
}
