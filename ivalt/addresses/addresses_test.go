package addresses

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth"
)

func TestBook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		number, err := auth.ParseMobile("+919876543210")
		if err != nil {
			t.Fatal(err)
		}
		b := New()
		defer b.Close()
		if _, known := b.Get("a@example.com"); known {
			t.Error("an empty book knows somebody")
		}
		b.Set("A@Example.com", number)
		b.Set("stranger@example.com", auth.Mobile{})
		if m, known := b.Get("a@example.COM"); !known || m != number {
			t.Errorf("%v, %v", m, known)
		}
		if m, known := b.Get("stranger@example.com"); !known || !m.Empty() {
			t.Errorf("who has no mobile: %v, %v", m, known)
		}
		<-time.After(StrangerLives)
		if _, known := b.Get("stranger@example.com"); known {
			t.Error("who has no mobile is remembered for long")
		}
		if _, known := b.Get("a@example.com"); !known {
			t.Error("who has one is forgotten soon")
		}
		b.Forget("a@EXAMPLE.com")
		if _, known := b.Get("a@example.com"); known {
			t.Error("it is not forgotten")
		}
		b.Set("a@example.com", number)
		<-time.After(Lives)
		if _, known := b.Get("a@example.com"); known {
			t.Error("it is remembered for good")
		}
	})
}

func TestPlausible(t *testing.T) {
	for email, want := range map[string]bool{
		"a@example.com": true, "ä@example.com": true, "": false, "a": false, "@b": false, "a@": false, "a@b@c": false, "a b@c": false, "a@c\n": false,
		"a\xff@c": false, strings.Repeat("a", longestAddress-2) + "@c": true, strings.Repeat("a", longestAddress-1) + "@c": false,
	} {
		if Plausible(email) != want {
			t.Errorf("%.20q: want %v", email, want)
		}
	}
}
