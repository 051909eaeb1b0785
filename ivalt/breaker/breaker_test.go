package breaker

import (
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/ivalt/gateway"
)

func good() gateway.Result    { return gateway.Result{Class: gateway.Pending, Status: 404} }
func bad() gateway.Result     { return gateway.Result{Class: gateway.Failed, Why: gateway.Late} }
func refused() gateway.Result { return gateway.Result{Class: gateway.BadKey, Status: 403} }
func givenUp() gateway.Result { return gateway.Result{Class: gateway.Failed, Why: gateway.GivenUp} }

// probe is what a probe at this moment finds; false where none is due.
func (b *Breaker) probe(r gateway.Result) (e gateway.Endpoint, c Change, due bool) {
	e, due = b.Probe(time.Now())
	if due {
		c = b.Probed(e, r)
	}
	return e, c, due
}

func expect(t *testing.T, b *Breaker, e gateway.Endpoint, want State) {
	t.Helper()
	if got := b.State(e); got != want {
		t.Errorf("%s: state %d, want %d", e, got, want)
	}
}

func TestThreeFailuresInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		for _, r := range []gateway.Result{bad(), bad(), good(), bad(), givenUp(), bad()} {
			if c := b.Saw(gateway.Pushes, r); c != None {
				t.Fatalf("change %d", c)
			}
		}
		if c := b.Saw(gateway.Pushes, gateway.Result{Class: gateway.Unsent}); c != Opened {
			t.Errorf("change %d at the third failure in a row", c)
		}
		expect(t, b, gateway.Pushes, Failing)
		expect(t, b, gateway.Results, Closed)
		if c := b.Saw(gateway.Pushes, good()); c != None {
			t.Errorf("a late answer changes it: %d", c)
		}
		if _, _, due := b.probe(good()); due {
			t.Error("a probe at once")
		}
		<-time.After(time.Until(b.Wake()))
		if e, c, due := b.probe(bad()); e != gateway.Pushes || c != None || !due {
			t.Errorf("%v %d %v", e, c, due)
		}
		expect(t, b, gateway.Pushes, Failing)
		<-time.After(time.Until(b.Wake()))
		if _, c, _ := b.probe(good()); c != Mended {
			t.Errorf("change %d by a probe that is answered", c)
		}
		expect(t, b, gateway.Pushes, Closed)
		if !b.Wake().IsZero() {
			t.Error("something to do where nothing is closed off")
		}
	})
}

func TestARefusalClosesAtOnceAndIsProbedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		if c := b.Saw(gateway.Results, refused()); c != Refusal {
			t.Errorf("change %d", c)
		}
		expect(t, b, gateway.Results, Refused)
		began := time.Now()
		probes := 0
		for time.Since(began) < 10*time.Minute {
			<-time.After(time.Second)
			if _, _, due := b.probe(refused()); due {
				probes++
			}
		}
		if probes < 8 || probes > 10 {
			t.Errorf("%d probes in ten minutes", probes)
		}
		<-time.After(RefusedPause)
		if _, c, _ := b.probe(good()); c != Mended {
			t.Errorf("change %d by a key that is right again", c)
		}
	})
}

func TestAnOutageThatTurnsOutToBeARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		for range mostFailures {
			b.Saw(gateway.LookUps, bad())
		}
		<-time.After(time.Until(b.Wake()))
		if _, c, _ := b.probe(refused()); c != Refusal {
			t.Errorf("change %d", c)
		}
		<-time.After(time.Until(b.Wake()))
		if _, c, _ := b.probe(bad()); c != None {
			t.Errorf("change %d", c)
		}
		expect(t, b, gateway.LookUps, Failing)
	})
}

// TestRecoveryIsNoticedInTime: whenever the service comes back, whatever the endpoints, and though it let probes hang, all of them
// are open within 15 s. And an hour costs no more than 360 probes.
func TestRecoveryIsNoticedInTime(t *testing.T) {
	for _, back := range []time.Duration{time.Second, 9 * time.Second, 10010 * time.Millisecond, 12 * time.Second, 37 * time.Second, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			b := New()
			for e := range gateway.Endpoints {
				for range mostFailures {
					b.Saw(e, bad())
				}
			}
			began, probes := time.Now(), 0
			for !b.Wake().IsZero() {
				<-time.After(max(0, time.Until(b.Wake())))
				e, due := b.Probe(time.Now())
				if !due {
					t.Fatal("it woke for nothing")
				}
				if probes++; time.Since(began) < back {
					<-time.After(gateway.ProbeTimeout) // and it hangs
					b.Probed(e, bad())
				} else {
					b.Probed(e, good())
				}
			}
			for e := range gateway.Endpoints {
				expect(t, b, e, Closed)
			}
			if late := time.Since(began) - back; late > 15*time.Second {
				t.Errorf("noticed %v after it came back at %v", late, back)
			}
			if probes > 4+int(back/Pause) {
				t.Errorf("%d probes in %v", probes, back)
			}
		})
	}
}

// TestOddContentClosesNothing: what one person's data does to an answer is nobody else's trouble.
func TestOddContentClosesNothing(t *testing.T) {
	for v := gateway.Sound + 1; v < gateway.Violations; v++ {
		b := New()
		for range 2 * mostFailures {
			b.Saw(gateway.Results, gateway.Result{Class: gateway.Failed, Why: gateway.Malformed, Violation: v})
		}
		want := Failing
		if v.OfContent() {
			want = Closed
		}
		if got := b.State(gateway.Results); got != want {
			t.Errorf("%s: state %d, want %d", v, got, want)
		}
	}
	b := New()
	for range mostFailures {
		b.Saw(gateway.Pushes, gateway.Result{Class: gateway.Refused, Why: gateway.NoJSON, Violation: gateway.NotJSON, Status: 403})
	}
	expect(t, b, gateway.Pushes, Failing) // a page instead of iVALT
}

// TestALookUpThatIsRefusedIsProbedAtOnce: a firewall may refuse what a stranger typed, and nothing else.
func TestALookUpThatIsRefusedIsProbedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		if c := b.Saw(gateway.LookUps, refused()); c != Refusal {
			t.Errorf("change %d", c)
		}
		<-time.After(time.Until(b.Wake()))
		if _, c, due := b.probe(good()); !due || c != Mended {
			t.Errorf("change %d, due %v", c, due)
		}
		b.Saw(gateway.LookUps, refused())
		<-time.After(time.Until(b.Wake()))
		b.probe(refused()) // the key itself
		if wait := time.Until(b.Wake()); wait < RefusedPause {
			t.Errorf("the next probe after %v", wait)
		}
	})
}

func TestOneProbeAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		for e := range gateway.Endpoints {
			b.Saw(e, refused())
		}
		<-time.After(RefusedPause)
		if _, due := b.Probe(time.Now()); !due || !b.Wake().IsZero() {
			t.Fatal("no probe, or more to do while it is under way")
		}
		if e, due := b.Probe(time.Now()); due {
			t.Errorf("a second probe, of %s, beside the first", e)
		}
	})
}

func TestAProbeThatWeGaveUpSaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		b.Saw(gateway.Pushes, refused())
		<-time.After(RefusedPause)
		if _, c, _ := b.probe(givenUp()); c != None {
			t.Errorf("change %d", c)
		}
		expect(t, b, gateway.Pushes, Refused)
		<-time.After(max(0, time.Until(b.Wake())))
		if _, c, due := b.probe(good()); c != Mended || !due {
			t.Errorf("change %d, due %v", c, due)
		}
	})
}
