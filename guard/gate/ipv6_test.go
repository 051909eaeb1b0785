package gate

import (
	"fmt"
	"testing"
	"time"

	"ivalt-radius/auth"
)

// TestAnIPv6NetworkIsOnePlace: whoever has a /64 has no more guesses than whoever has one IPv4 address, and a person whose machine takes another address
// each day is known at home.
func TestAnIPv6NetworkIsOnePlace(t *testing.T) {
	y := newYard(t, defaults(), newMemory())
	for i := range 20 {
		y.in(visit(person1(i), fmt.Sprintf("2001:db8:0:66::%x", i+1)), wrong())
	}
	y.out(visit("u99", "2001:db8:0:66:ffff::1"), wrong(), auth.RateLimited, "guard.wrong_passwords.per_calling_station")
	y.in(visit("u99", "2001:db8:0:67::1"), exempt())

	y.home("bob", "2001:db8:0:1::a")
	for i := range 8 {
		y.in(visit("bob", fmt.Sprintf("2001:db8:0:%x::1", 0x100+i)), wrong())
	}
	y.out(visit("bob", "2001:db8:0:2::1"), approved(), auth.RateLimited, "of unfamiliar places")
	y.in(visit("bob", "2001:db8:0:1:1234::b"), approved())

	for i := range 4 {
		y.in(visit("bob", fmt.Sprintf("2001:db8:0:1::%x", i+1)), wrong())
	}
	y.out(visit("bob", "2001:db8:0:1::99"), exempt(), auth.LockedOut, "")
	if e := y.noted[len(y.noted)-1]; e.CallingStation != "2001:db8:0:1::4" {
		t.Errorf("the trail has the address: %+v", e)
	}
	if l := y.Lockouts(); len(l) != 1 || l[0].Station != "2001:db8:0:1::/64" {
		t.Errorf("in force: %+v", l)
	}
	y.Release("bob", "2001:db8:0:1::7")
	y.in(visit("bob", "2001:db8:0:1::99"), unanswered())
	y.in(visit("bob", "2001:db8:0:1::98"), unanswered())
	y.out(visit("bob", "2001:db8:0:1::97"), approved(), auth.RateLimited, "guard.unanswered")
	y.Answered("bob", "2001:db8:0:1::96")
	y.in(visit("bob", "2001:db8:0:1::95"), approved())
	y.pass(time.Hour)
}

func TestPlaces(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "192.0.2.1": "192.0.2.1", "2001:db8::1": "2001:db8::/64", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
		"::ffff:192.0.2.1": "::ffff:192.0.2.1", "aa:bb:cc:dd:ee:ff": "aa:bb:cc:dd:ee:ff", "console": "console", "2001:db8::/64": "2001:db8::/64",
	} {
		if got := placeOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
