package questions

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestAQuestionIsGoodOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := New[string]()
		lapsed := ""
		lapse := func(s string) { lapsed += s }
		put := func(value string, life time.Duration) string {
			if state := State(); o.Put(state, value, life, 3, lapse) {
				return state
			}
			return ""
		}
		a, b, c := put("a", time.Minute), put("b", time.Minute), put("c", 2*time.Minute)
		if len(a) != 26 || a == b || b == c || put("d", time.Minute) != "" || o.Len() != 3 {
			t.Fatalf("States %q, %q, %q, %d open", a, b, c, o.Len())
		}
		if v, found := o.Take([]byte(a)); !found || v != "a" {
			t.Errorf("a: %q, %v", v, found)
		}
		for _, state := range []string{a, "", b[1:], b + "x"} {
			if v, found := o.Take([]byte(state)); found || v != "" {
				t.Errorf("%q: %q", state, v)
			}
		}
		<-time.After(90 * time.Second)
		synctest.Wait()
		if _, found := o.Take([]byte(b)); found || lapsed != "b" {
			t.Errorf("b found: %v; lapsed %q", found, lapsed)
		}
		if all := o.Close(); len(all) != 1 || all[0] != "c" || o.Len() != 0 {
			t.Errorf("closed %v", all)
		}
		<-time.After(time.Hour)
		synctest.Wait()
		if lapsed != "b" || put("e", time.Minute) != "" {
			t.Errorf("after Close: lapsed %q, %d open", lapsed, o.Len())
		}
	})
}

// TestOneTakesIt: of many that answer at once, and of the end of its time.
func TestOneTakesIt(t *testing.T) {
	for range 50 {
		o := New[int]()
		var mu sync.Mutex
		taken := 0
		took := func() {
			mu.Lock()
			defer mu.Unlock()
			taken++
		}
		var all sync.WaitGroup
		all.Add(1)
		state := State()
		o.Put(state, 7, time.Millisecond, 1, func(int) { took(); all.Done() })
		for range 4 {
			all.Go(func() {
				if _, found := o.Take([]byte(state)); found {
					took()
					all.Done()
				}
			})
		}
		all.Wait()
		if taken != 1 {
			t.Fatalf("taken %d times", taken)
		}
	}
}
