package ivalt

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/ivalt/addresses"
	"ivalt-radius/ivalt/breaker"
)

func TestLookUpAndItsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		known := map[string]reply{
			"ada@example.com": {status: 200, body: `{"data":{"status":true,"details":{"mobile_with_country_code":"` + testMobile + `"}},"error":null}`},
			"two@example.com": {status: 200, body: `{"data":{"status":true,"details":[{"mobile_with_country_code":"` + testMobile + `"},{"mobile_with_country_code":"` + otherPhone + `"}]},"error":null}`},
			"out@example.com": down(),
			"bad@example.com": wrongKey(),
		}
		n := 0
		h := newHouse(t, settings(), func(r request) reply {
			switch r.path {
			case lookUpPath:
				return known[r.email].or(wait())
			case pushPath:
				n = 0
				return sent()
			}
			if n++; n > 1 {
				return said()
			}
			return wait()
		})
		h.age()
		push := func(email string, want auth.Outcome, lookUps int) {
			t.Helper()
			before := h.fake.count(lookUpPath)
			a := h.push(t.Context(), byEmail(t, "a", email))
			if got := h.fake.count(lookUpPath) - before; a.Outcome != want || got != lookUps {
				t.Errorf("%s: %s after %d look-ups, want %s after %d", email, a.Outcome.String(), got, want.String(), lookUps)
			}
		}
		push("ada@example.com", auth.Approved, 1)
		push("Ada@Example.com", auth.Approved, 0)
		<-time.After(addresses.Lives)
		push("ada@example.com", auth.Approved, 1)
		push("eve@example.com", auth.NotEnrolled, 1)
		push("eve@example.com", auth.NotEnrolled, 0)
		<-time.After(addresses.StrangerLives)
		push("eve@example.com", auth.NotEnrolled, 1)
		push("two@example.com", auth.NotEnrolled, 1)
		push("out@example.com", auth.NoAnswer, 3)
		push("out@example.com", auth.NoAnswer, 0) // the endpoint fails: nobody is asked in vain
		<-time.After(breaker.Pause + time.Second)
		push("", auth.NotEnrolled, 0)
		push("bad@example.com", auth.Misconfigured, 1)
		<-time.After(breaker.RefusedPause)
		if strings.Contains(h.log.String(), "example.com") || strings.Contains(h.log.String(), testMobile[1:8]) {
			t.Errorf("the log names a person:\n%s", h.log)
		}
	})
}

func TestAPushThatIsUnknownForgetsTheAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, settings(), func(r request) reply {
			if r.path == lookUpPath {
				return reply{status: 200, body: `{"data":{"details":{"mobile_with_country_code":"` + testMobile + `"}}}`}
			}
			return wait()
		})
		h.age()
		for range 2 {
			if a := h.push(t.Context(), byEmail(t, "a1", "ada@example.com")); a.Outcome != auth.NotEnrolled {
				t.Errorf("%+v", a)
			}
		}
		if n := h.fake.count(lookUpPath); n != 2 {
			t.Errorf("%d look-ups", n)
		}
	})
}
