package radius_test

import (
	"context"
	"testing"

	"ivalt-radius/auth"
	"ivalt-radius/radius"
)

// TestAccepted: an Access-Accept is told of once it has left, by its attempt; a Reject is not, nor a duplicate's repetition.
func TestAccepted(t *testing.T) {
	told := make(chan string, 8)
	st := start(t, func(_ context.Context, r auth.Request) auth.Verdict {
		v := accept()
		if r.Username == "mallory" {
			v = auth.Verdict{Reason: auth.PushDenied}
		}
		v.Attempt = "of " + r.Username
		return v
	}, settings(), func(d *radius.Deps) { d.Accepted = func(attempt string) { told <- attempt } })
	n := st.nas(st.auth)
	n.send(login(1, "mallory", "pw"))
	n.reply()
	request := login(2, "alice", "pw")
	n.send(request)
	n.reply()
	if got := <-told; got != "of alice" {
		t.Errorf("told of %q", got)
	}
	n.send(request)
	n.reply()
	if len(told) > 0 {
		t.Errorf("told of %q too", <-told)
	}
	if drops := st.Drops(); len(drops) == 0 || st.Counters()["accepted"] != 1 {
		t.Errorf("drops: %v", drops)
	}
	if _, counted := st.Drops()["unknown_client"]; !counted {
		t.Error("drops have no unknown_client")
	}
	if _, counted := st.Drops()["received"]; counted {
		t.Error("what was received counts as dropped")
	}
}
