package gate

import (
	"fmt"
	"testing"
	"time"

	"ivalt-radius/auth"
)

// TestGuessesAtOnceAreOwed: who sends guesses at once, for many people, has no more of them in the long run than who waits for each answer. A
// login counts as wrong only when it ends, so a limit that many share lets some more in at once; they are made up for.
func TestGuessesAtOnceAreOwed(t *testing.T) {
	const minutes, atOnce = 10, 60
	for name, tc := range map[string]struct {
		from func(n int) string
		most int // the limit, what comes back meanwhile, and one volley
	}{
		"one calling station":   {func(int) string { return "203.0.113.9" }, 20 + 4*minutes + atOnce},
		"many calling stations": {station, 500 + 100*minutes + atOnce},
		"no calling station":    {func(int) string { return "" }, 500 + 100*minutes + atOnce},
	} {
		t.Run(name, func(t *testing.T) {
			y := newYard(t, defaults(), nil)
			checked, n := 0, 0
			for range minutes * 60 {
				var let []auth.Visit
				for range atOnce {
					n++
					v := visit(fmt.Sprint("person", n%5000), tc.from(n%5000))
					if y.Admit(v, auth.Arriving).Open {
						let = append(let, v)
					}
				}
				for _, v := range let {
					y.Ended(v, wrong())
				}
				checked += len(let)
				y.pass(time.Second)
			}
			if checked > tc.most {
				t.Errorf("%d guesses were checked in %d minutes, want %d at most", checked, minutes, tc.most)
			}
		})
	}
}

// TestAFamiliarPlaceOwesNothing: what devices with an old password are wrong about, at places that no shared limit holds back, keeps strangers out for no
// longer than the limit says.
func TestAFamiliarPlaceOwesNothing(t *testing.T) {
	y := newYard(t, defaults(), nil)
	const office, people = "192.0.2.1", 30
	for i := range people {
		y.home(person1(i), office)
	}
	for range 3 { // of each of them: no lockout
		for i := range people {
			y.login(visit(person1(i), office), wrong())
		}
	}
	y.out(visit("new", office), exempt(), auth.RateLimited, "guard.wrong_passwords.per_calling_station")
	y.pass(16 * time.Second) // room for one comes back each 15 s
	y.in(visit("new", office), exempt())
}
