package main

import (
	"testing"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/cmd/ivalt-radius/control"
	"ivalt-radius/cmd/ivalt-radius/exit"
	"ivalt-radius/ivalt/ivalttest"
	"ivalt-radius/radius/radiustest"
)

// TestNow: a login is seen while it waits, and how it ended.
func TestNow(t *testing.T) {
	t.Parallel()
	s := pushing(t)
	mobile := s.enrol("carol", ivalttest.Manual, 0)
	r := s.start(t)
	var d view.Now
	look := func(ready func() bool) func() bool {
		return func() bool {
			d = view.Now{}
			if err := control.Call(t.Context(), s.state, view.PathNow, struct{}{}, &d); err != nil {
				t.Fatal(err)
			}
			return ready()
		}
	}
	answered := make(chan radiustest.Code, 1)
	go func() {
		result, _ := r.nas().Login(t.Context(), credentials("carol"))
		answered <- result.Code
	}()
	eventually(t, "a login whose phone rings", look(func() bool { return len(d.InFlight) == 1 && d.InFlight[0].Stage == view.StageRinging }))
	f := d.InFlight[0]
	if d.Waiting != 1 || f.User != "carol" || f.Client != "gateway" || f.CallingStation != "198.51.100.7" || f.LeftMS <= 0 || time.Since(f.Since) > time.Minute || d.Totals.Pushes != 1 {
		t.Errorf("%+v", d)
	}
	if d.Node == "" || d.Version != version || d.Digest == "" || d.MaxAttempts == 0 || len(d.IVALT.Open) != 0 {
		t.Errorf("%+v", d)
	}
	eventually(t, "an open push", func() bool { return s.cloud.Approve(mobile) })
	if code := <-answered; code != radiustest.AccessAccept {
		t.Error(code)
	}
	eventually(t, "its end", look(func() bool { return len(d.Recent) == 1 }))
	if e := d.Recent[0]; d.Waiting != 0 || len(d.InFlight) != 0 || e.Attempt != f.Attempt || e.Verdict != "accept" || d.Totals.Accepted != 1 || d.Totals.Polls == 0 {
		t.Errorf("%+v", d)
	}
	if d.Approval.Sum <= 0 {
		t.Errorf("how long the approval took is not known: %+v", d.Approval)
	}
	if code := r.stop(t); code != exit.OK {
		t.Errorf("exit %d", code)
	}
	if n := len(s.trailLines(t, `"type":"data_access"`)); n != 0 {
		t.Errorf("%d looks stand in the trail", n)
	}
}
