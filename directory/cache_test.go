package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/auth"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// checker is a first factor that counts, with one right password for everybody, which may change.
type checker struct {
	right string
	err   error
	asked int
}

func (c *checker) Verify(_ context.Context, s auth.Subject, req *auth.Request) (auth.Checked, error) {
	c.asked++
	switch {
	case c.err != nil:
		return auth.Checked{}, c.err
	case req.Method == auth.PAP && req.Password.Reveal() != c.right:
		return auth.Checked{}, auth.ErrBadPassword
	}
	return auth.Checked{Password: true, Reply: []policy.Attribute{{Name: "Class", Value: s.User.String()}}}, nil
}

// try is one login through the cache; was reports whether the first factor was asked.
func try(t *testing.T, p auth.Primary, c *checker, name, handle, typed string) (checked auth.Checked, was bool, err error) {
	t.Helper()
	s, req := login(t, name, typed)
	s.Person.Handle = handle
	before := c.asked
	checked, err = p.Verify(t.Context(), s, req)
	return checked, c.asked > before, err
}

func TestCacheRemembersARightPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &checker{right: right}
		p := Cached(c, time.Minute, 10)
		expect := func(step, name, handle, typed string, good, asks bool) {
			t.Helper()
			checked, was, err := try(t, p, c, name, handle, typed)
			if checked.Password != good || (err == nil) != good || was != asks {
				t.Errorf("%s: %v, %v; asked: %v", step, checked.Password, err, was)
			}
			if good && (len(checked.Reply) != 1 || checked.Reply[0].Value != name) {
				t.Errorf("%s: not the whole answer: %v", step, checked)
			}
		}
		expect("the first time", "bob", "cn=bob", right, true, true)
		expect("again", "bob", "cn=bob", right, true, false)
		expect("another person", "carol", "cn=carol", right, true, true)
		expect("the same name found elsewhere", "bob", "cn=bob,o=b", right, true, true)
		expect("a name and a handle that run together", "bobcn=bob", "", right, true, true)
		expect("wrong", "bob", "cn=bob", wrong, false, true)
		expect("wrong again", "bob", "cn=bob", wrong, false, true)
		expect("empty", "bob", "cn=bob", "", false, true)
		expect("right behind the wrong ones", "bob", "cn=bob", right, true, false)
		c.right = "changed"
		expect("the new password", "bob", "cn=bob", "changed", true, true)
		expect("which is remembered", "bob", "cn=bob", "changed", true, false)
		expect("and the old one forgotten", "bob", "cn=bob", right, false, true)
		expect("other people's are not", "carol", "cn=carol", right, true, false)
		time.Sleep(time.Minute - 1) //nolint:forbidigo // virtual time
		expect("nearly over", "bob", "cn=bob", "changed", true, false)
		time.Sleep(time.Nanosecond) //nolint:forbidigo // virtual time
		expect("over", "bob", "cn=bob", "changed", true, true)
		c.err = errors.New("down")
		expect("remembered though it is down", "bob", "cn=bob", "changed", true, false)
		expect("and not in a new one", "dave", "cn=dave", "changed", false, true)
	})
}

// TestCacheIsOff where nothing is to be remembered.
func TestCacheIsOff(t *testing.T) {
	c := &checker{right: right}
	for _, p := range []auth.Primary{Cached(c, 0, 10), Cached(c, time.Minute, 0), Cached(c, -1, 10)} {
		if p != auth.Primary(c) {
			t.Error("something stands before the first factor")
		}
	}
}

// TestCacheIsOfPAPAlone: an answer to a challenge proves nothing the next time; nor does what checked no password.
func TestCacheIsOfPAPAlone(t *testing.T) {
	for _, method := range []auth.Method{auth.CHAP, auth.MSCHAPv2, auth.MSCHAP, auth.EAP, auth.NoCredential} {
		c := &checker{right: right}
		p := Cached(c, time.Minute, 10)
		s, req := login(t, "bob", right)
		_, _ = p.Verify(t.Context(), s, req)
		req.Method = method
		for range 2 {
			_, _ = p.Verify(t.Context(), s, req)
		}
		if c.asked != 3 {
			t.Errorf("method %v: asked %d times", method, c.asked)
		}
	}
	p := Cached(auth.NoPrimary{}, time.Minute, 10)
	s, req := login(t, "bob", right)
	if checked, err := p.Verify(t.Context(), s, req); checked.Password || err != nil || len(p.(*cached).known) > 0 {
		t.Errorf("a check that checked nothing is remembered: %v, %v", checked, err)
	}
}

// TestCacheIsBounded: the cap holds, those who are remembered stay, and what is over makes room.
func TestCacheIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 5
		c := &checker{right: right}
		p := Cached(c, time.Minute, most)
		for i := range 3 * most {
			_, _, _ = try(t, p, c, fmt.Sprintf("u%d", i), "", right)
		}
		if n := len(p.(*cached).known); n != most {
			t.Errorf("%d are remembered", n)
		}
		if _, was, _ := try(t, p, c, "u0", "", right); was {
			t.Error("the first is forgotten")
		}
		time.Sleep(time.Minute) //nolint:forbidigo // virtual time
		if _, _, err := try(t, p, c, "late", "", right); err != nil || len(p.(*cached).known) != 1 {
			t.Errorf("%d are remembered when all but one are over, %v", len(p.(*cached).known), err)
		}
	})
}

// TestCacheHoldsNoPassword, nor two equal digests for two people with one password, nor one that another process would have.
func TestCacheHoldsNoPassword(t *testing.T) {
	c := &checker{right: right}
	one, two := Cached(c, time.Minute, 10).(*cached), Cached(c, time.Minute, 10).(*cached)
	for _, p := range []*cached{one, two} {
		for _, name := range []string{"bob", "carol"} {
			_, _, _ = try(t, p, c, name, "", right)
		}
	}
	digests := map[[32]byte]bool{}
	for _, p := range []*cached{one, two} {
		for _, s := range p.known {
			digests[s.password] = true
		}
	}
	if len(digests) != 4 {
		t.Errorf("%d digests of four", len(digests))
	}
	if out := fmt.Sprintf("%v %+v %#v", one, one.known, one.known); strings.Contains(out, "cAnArY") || strings.Contains(out, fmt.Sprintf("%x", right)) {
		t.Errorf("the password stands in %s", out)
	}
}

// TestCacheIsSafeForConcurrentUse; the race detector looks on.
func TestCacheIsSafeForConcurrentUse(t *testing.T) {
	p := Cached(lenient{}, time.Minute, 3)
	var all sync.WaitGroup
	for i := range 8 {
		s, req := login(t, fmt.Sprintf("u%d", i%4), right)
		all.Go(func() {
			for range 100 {
				if checked, err := p.Verify(context.Background(), s, req); !checked.Password || err != nil {
					t.Error(checked, err)
				}
			}
		})
	}
	all.Wait()
}

type lenient struct{}

func (lenient) Verify(context.Context, auth.Subject, *auth.Request) (auth.Checked, error) {
	return auth.Checked{Password: true}, nil
}

// BenchmarkCached is a password that is remembered.
func BenchmarkCached(b *testing.B) {
	p := Cached(lenient{}, time.Minute, 10)
	s, req := login(b, "bob", right)
	req.Password = secret.New(right)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = p.Verify(b.Context(), s, req)
	}
}
