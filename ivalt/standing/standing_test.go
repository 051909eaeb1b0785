package standing

import (
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/ivalt/breaker"
	"ivalt-radius/ivalt/course"
	"ivalt-radius/ivalt/gateway"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		name          string
		course        course.Course
		ended, queued bool
		stage         Stage
		word          string
	}{
		{"asks for the phone", course.Course{}, false, false, LookingUp, "looking_up"},
		{"is looked up", course.Course{Out: course.LookUp}, false, false, LookingUp, "looking_up"},
		{"waits for the budget", course.Course{}, false, true, Queued, "queued"},
		{"the push is under way", course.Course{Out: course.Push, Delivery: course.Doubtful}, false, false, Pushing, "pushing"},
		{"nobody knows whether it rings", course.Course{Delivery: course.Doubtful}, false, false, Ringing, "ringing"},
		{"rings, and a poll waits", course.Course{Delivery: course.Pushed, Polls: 3}, false, true, Ringing, "ringing"},
		{"is answered", course.Course{Delivery: course.Pushed}, true, false, Answering, "answering"},
	} {
		if got := Of(&c.course, c.ended, c.queued); got.Stage != c.stage || got.Stage.String() != c.word || got.Polls != int(c.course.Polls) {
			t.Errorf("%s: %+v (%s)", c.name, got, got.Stage)
		}
	}
	if Unknown.String() != "unknown" || Stage(99).String() != "answering" {
		t.Error("a stage without a word")
	}
}

func TestOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, why := breaker.New(), [gateway.Endpoints]gateway.Why{gateway.Results: gateway.ServerError}
		if got := Outages(b, &why); got != nil {
			t.Errorf("all is well, and %+v", got)
		}
		<-time.After(time.Minute)
		for range 3 {
			b.Saw(gateway.Results, gateway.Result{Class: gateway.Failed, Why: gateway.ServerError})
		}
		first := time.Now()
		<-time.After(time.Second)
		b.Saw(gateway.Pushes, gateway.Result{Class: gateway.BadKey})
		got := Outages(b, &why)
		if len(got) != 2 || got[0].Endpoint != gateway.Pushes || !got[0].Refused || got[1] != (Shut{Endpoint: gateway.Results, Since: first, Why: "iVALT: server error"}) {
			t.Errorf("%+v", got)
		}
		<-time.After(time.Until(b.Wake()))
		e, _ := b.Probe(time.Now())
		b.Probed(e, gateway.Result{Class: gateway.Failed, Why: gateway.Late})
		if got := Outages(b, &why); len(got) != 2 || !got[1].Since.Equal(first) {
			t.Errorf("behind a probe that failed: %+v", got)
		}
		if !b.Since(gateway.LookUps).IsZero() {
			t.Error("an endpoint that works is closed off")
		}
	})
}
