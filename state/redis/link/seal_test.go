package link

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestSealsEnd: what is sealed for a while is believed no longer, by the memory's clock, nor, an hour behind, by the node's own.
func TestSealsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var memory time.Time // which is not known at first
		l := linked(t, "127.0.0.1:1")
		l.SetClock(func() time.Time { return memory })
		sealed, forever := l.Seal("here", time.Minute, []byte("x")), l.Seal("here", 0, []byte("x"))
		opens := func(when string, text string, want error) {
			t.Helper()
			if plain, err := l.Open("here", text); !errors.Is(err, want) || (err == nil) != (string(plain) == "x") {
				t.Errorf("%s: %q, %v", when, plain, err)
			}
		}
		opens("at once", sealed, nil)
		if _, err := l.Open("there", sealed); !errors.Is(err, ErrSeal) {
			t.Error("elsewhere:", err)
		}
		opens("of nobody", "x", ErrSeal)
		memory = time.Now().Add(time.Minute)
		opens("at its end", sealed, nil)
		memory = memory.Add(stampSlack)
		opens("behind its end", sealed, ErrOld)
		opens("without an end", forever, nil)
		memory = time.Now()
		<-time.After(mostApart)
		opens("with the memory's clock set back", sealed, nil)
		<-time.After(time.Minute)
		opens("with the memory's clock set back for an hour", sealed, ErrOld)
		opens("with the memory's clock set back, without an end", forever, nil)
	})
}
