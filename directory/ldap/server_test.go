package ldap

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	ldap "github.com/go-ldap/ldap/v3"

	"ivalt-radius/auth"
)

// unavailable reports an error that blames neither the person nor the settings.
func unavailable(err error) bool {
	return err != nil && !errors.Is(err, auth.ErrBadPassword) && !errors.Is(err, auth.ErrMisconfigured) && !errors.Is(err, auth.ErrBusy)
}

// only answers all operations but one as it should be.
func only(op string, does effect) func(string) effect {
	return func(asked string) effect {
		if asked == op {
			return does
		}
		return answers
	}
}

// TestFailover: whatever ails the first server, the second one is asked, and after that it comes first for a while.
func TestFailover(t *testing.T) {
	cases := []struct {
		name string
		ails func(*fake)
		took time.Duration
	}{
		{"hangs at once", func(f *fake) { f.does = func(string) effect { return hangs } }, DefaultTimeout},
		{"hangs at the search", func(f *fake) { f.does = only("search", hangs) }, DefaultTimeout},
		{"cuts the bind", func(f *fake) { f.does = only("bind", cuts) }, 0},
		{"cuts the search", func(f *fake) { f.does = only("search", cuts) }, 0},
		{"busy", func(f *fake) { f.code = ldap.LDAPResultBusy }, 0},
		{"unavailable", func(f *fake) { f.code = ldap.LDAPResultUnavailable }, 0},
		{"unwilling", func(f *fake) { f.code = ldap.LDAPResultUnwillingToPerform }, 0},
		{"unwilling to search", func(f *fake) { f.code = -ldap.LDAPResultUnwillingToPerform }, 0},
		{"other", func(f *fake) { f.code = -ldap.LDAPResultOther }, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				first, second := newFake(), newFake()
				c.ails(first)
				s := piped(t, settings("ldap://a", "ldap://b"), map[string]*fake{"a": first, "b": second})
				began := time.Now()
				if _, err := login(t, s, "alice", alicePassword); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took != c.took {
					t.Errorf("took %v, want %v", took, c.took)
				}
				before := len(first.told())
				began = time.Now()
				if _, err := login(t, s, "alice", alicePassword); err != nil || time.Since(began) != 0 || len(first.told()) != before {
					t.Errorf("while it is set aside: %v, after %v", err, time.Since(began))
				}
				first.set(func(f *fake) { f.does, f.code = func(string) effect { return answers }, 0 })
				time.Sleep(setAside) //nolint:forbidigo // in a bubble
				if _, err := login(t, s, "alice", alicePassword); err != nil || len(first.told()) <= before {
					t.Errorf("after that: %v, asked %d times more", err, len(first.told())-before)
				}
			})
		})
	}
}

// TestAllFail: then the login is unavailable, in the time that each may take; and as soon as one is back it is asked, also within the
// while for which it stands aside.
func TestAllFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newFake(), newFake()
		s := piped(t, settings("ldap://a", "ldap://b", "ldap://nobody"), map[string]*fake{"a": first, "b": second})
		silent := func(string) effect { return hangs }
		first.does, second.does = silent, only("bind", cuts)
		began := time.Now()
		_, err := login(t, s, "alice", alicePassword)
		if took := time.Since(began); !unavailable(err) || took != DefaultTimeout {
			t.Errorf("%v after %v", err, took)
		}
		for _, want := range []string{"a:389 says nothing in time", "b:389 closed", "nobody:389 cannot be reached"} {
			if !strings.Contains(err.Error(), want) || holdsSecret(err) {
				t.Errorf("%v, want %q", err, want)
			}
		}
		second.set(func(f *fake) { f.does = only("", answers) })
		first.set(func(f *fake) { f.does = only("", answers) })
		if _, err := login(t, s, "alice", alicePassword); err != nil || len(second.told()) != 0 {
			t.Errorf("%v", err)
		}
	})
}

// TestDefiniteAnswers: what one server says about a password or an account is final.
func TestDefiniteAnswers(t *testing.T) {
	cases := []struct {
		name, user, password string
		change               func(*fake)
		is                   error
	}{
		{"wrong password", "alice", "canary-wrong", nil, auth.ErrBadPassword},
		{"unknown person", "carol", "canary-wrong", nil, auth.ErrBadPassword},
		{"unwilling to bind this account", "alice", alicePassword, func(f *fake) { f.refusals[aliceDN] = bindAnswer{53, "canary", -1} }, auth.ErrBadPassword},
		{"wrong search account", "alice", alicePassword, func(f *fake) { f.passwords[accountDN] = "x" }, auth.ErrMisconfigured},
		{"no such base", "alice", alicePassword, func(f *fake) { f.code = -ldap.LDAPResultNoSuchObject }, auth.ErrMisconfigured},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			first, second := newFake(), newFake()
			if c.change != nil {
				c.change(first)
			}
			s := plain(t, first, func(s *Settings) { s.URLs = append(s.URLs, "ldap://"+second.listen(t, nil)) })
			for range 2 {
				if _, err := login(t, s, c.user, c.password); !errors.Is(err, c.is) || holdsSecret(err) {
					t.Errorf("%v", err)
				}
			}
			if told := second.told(); len(told) > 0 {
				t.Errorf("the second server was asked %q", told)
			}
		})
	}
}

// TestStaleConnections: a server that was restarted has closed what the pool kept. The next login notices nothing, and does not set
// the server aside.
func TestStaleConnections(t *testing.T) {
	f := newFake()
	s := plain(t, f, nil)
	for _, op := range []string{"search", "bind"} {
		if _, err := login(t, s, "alice", alicePassword); err != nil {
			t.Fatal(err)
		}
		var cut atomic.Bool
		f.set(func(f *fake) {
			f.does = func(asked string) effect {
				if asked == op && cut.CompareAndSwap(false, true) {
					return cuts
				}
				return answers
			}
		})
		if _, err := login(t, s, "alice", alicePassword); err != nil || s.servers[0].aside() || !cut.Load() {
			t.Errorf("%s: %v, set aside: %t", op, err, s.servers[0].aside())
		}
	}
	// A fresh connection that is cut is no stale one: the bind is not asked a third time.
	f.set(func(f *fake) { f.does, f.asked = only("bind", cuts), nil })
	if _, err := login(t, s, "alice", alicePassword); !unavailable(err) || !s.servers[0].aside() {
		t.Errorf("%v", err)
	}
}

// TestEndedLogin: whoever gives up does not wait for the directory, and the directory is not blamed.
func TestEndedLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.does = only("search", hangs)
		s := piped(t, settings("ldap://a"), map[string]*fake{"a": f})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := s.Person(ctx, username(t, "alice"))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second || s.servers[0].aside() {
			t.Errorf("%v after %v, set aside: %t", err, time.Since(began), s.servers[0].aside())
		}
	})
}

// TestPoolIsBounded: of however many logins, only so many are asked at a time; those that find the line full are busy.
func TestPoolIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const connections, logins = 3, 100
		f := newFake()
		f.does = func(string) effect {
			time.Sleep(50 * time.Millisecond) //nolint:forbidigo // in a bubble
			return answers
		}
		settings := settings("ldap://a")
		settings.Connections = connections
		s := piped(t, settings, map[string]*fake{"a": f})
		var mu sync.Mutex
		ended := map[string]int{}
		var all sync.WaitGroup
		for range logins {
			all.Go(func() {
				_, err := s.bind(t.Context(), aliceDN, alicePassword, nil)
				word := map[bool]string{true: "right"}[err == nil]
				if errors.Is(err, auth.ErrBusy) {
					word = "busy"
				}
				mu.Lock()
				ended[word]++
				mu.Unlock()
			})
		}
		all.Wait()
		if want := connections + waitersEach*connections; ended["right"] != want || ended["busy"] != logins-want || ended[""] != 0 {
			t.Errorf("ended %v, want %d right", ended, want)
		}
		for range connections {
			all.Go(func() {
				if _, err := login(t, s, "alice", alicePassword); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		synctest.Wait()
		if f.most > connections || opened(s) > connections || opened(s) == 0 {
			t.Errorf("%d connections at a time, %d now", f.most, opened(s))
		}
		time.Sleep(keepIdle) //nolint:forbidigo // in a bubble
		synctest.Wait()
		if opened(s) != 0 || f.open != 0 {
			t.Errorf("%d connections stay, of the server %d", opened(s), f.open)
		}
	})
}

// opened is how many connections the first server has.
func opened(s *Source) int {
	s.servers[0].mu.Lock()
	defer s.servers[0].mu.Unlock()
	return s.servers[0].open
}

// TestWaitersMoveOn: those who wait for a server that turns out to be gone are not refused, but sent to the next one.
func TestWaitersMoveOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newFake(), newFake()
		first.does = func(string) effect { return hangs }
		settings := settings("ldap://a", "ldap://b")
		settings.Connections = 1
		s := piped(t, settings, map[string]*fake{"a": first, "b": second})
		began := time.Now()
		var all sync.WaitGroup
		for i := range 5 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Second / 2) //nolint:forbidigo // in a bubble
				if _, err := s.bind(t.Context(), aliceDN, alicePassword, nil); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if took := time.Since(began); took != DefaultTimeout {
			t.Errorf("took %v", took)
		}
	})
}

// TestDeadConnectionsGo: what the other side closed, and all that waits while its server fails, takes no place in the pool.
func TestDeadConnectionsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		s := piped(t, settings("ldap://a"), map[string]*fake{"a": f})
		if _, err := login(t, s, "alice", alicePassword); err != nil || opened(s) != 2 {
			t.Fatalf("%v, %d connections", err, opened(s))
		}
		for _, idle := range s.servers[0].idle {
			_ = idle[0].line.Close()
		}
		synctest.Wait()
		if _, err := login(t, s, "alice", alicePassword); err != nil || opened(s) != 2 {
			t.Errorf("%v, %d connections", err, opened(s))
		}
		f.set(func(f *fake) { f.does = func(string) effect { return hangs } })
		if _, err := login(t, s, "alice", alicePassword); !unavailable(err) || opened(s) != 0 {
			t.Errorf("%v, %d connections", err, opened(s))
		}
	})
}

// TestLineIsBusy: a wait that takes too long ends as busy, and no server is blamed for it.
func TestLineIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := settings("ldap://a")
		settings.Connections = 1
		s := piped(t, settings, map[string]*fake{"a": newFake()})
		s.servers[0].slots <- struct{}{}
		_, err := s.Person(t.Context(), username(t, "alice"))
		if !errors.Is(err, auth.ErrBusy) || s.servers[0].aside() || s.servers[0].waiting != 0 {
			t.Errorf("%v", err)
		}
		<-s.servers[0].slots
	})
}

// TestPersonsNeverSearch: where there is a search account, no connection on which a person was bound asks anything else.
func TestPersonsNeverSearch(t *testing.T) {
	f := newFake()
	s := plain(t, f, func(s *Settings) { s.Connections = 2 })
	f.readers = []string{aliceDN, ""} // the fake would let them
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			password := alicePassword
			if i%3 == 0 {
				password = "canary-wrong"
			}
			if _, err := login(t, s, "alice", password); err != nil && !errors.Is(err, auth.ErrBadPassword) && !errors.Is(err, auth.ErrBusy) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	f.set(func(f *fake) {
		if len(f.searchers) != 1 || !f.searchers[accountDN] {
			t.Errorf("searches were made by %v", f.searchers)
		}
	})
	for k, idle := range s.servers[0].idle {
		for _, c := range idle {
			if c.kind != kind(k) {
				t.Errorf("a connection of kind %d waits among those of %d", c.kind, k)
			}
		}
	}
}

// TestTooLongAnswers: a server that says no end of things is cut off.
func TestTooLongAnswers(t *testing.T) {
	f := newFake()
	f.entries = []entry{{aliceDN, map[string][]string{"uid": {"alice"}, "mail": {strings.Repeat("x", mostOctets)}}}}
	_, err := plain(t, f, nil).Person(t.Context(), username(t, "alice"))
	if !unavailable(err) || !strings.Contains(err.Error(), "more than anybody asked for") {
		t.Error(err)
	}
}

// TestGibberish: what is no LDAP is an outage.
func TestGibberish(t *testing.T) {
	for _, said := range []string{"HTTP/1.1 400 Bad Request\r\n\r\n", "0\x84\x7f\xff\xff\xff", "0\x03\x02\x01", strings.Repeat("0\x80", 5000), "\x30\x05\x02\x01\x01\x61\x00"} {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var served sync.WaitGroup
		served.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = c.Read(make([]byte, 1))
				_, _ = c.Write([]byte(said))
				_ = c.(*net.TCPConn).CloseWrite()
				served.Go(func() {
					_, _ = io.Copy(io.Discard, c)
					_ = c.Close()
				})
			}
		})
		for _, insecure := range []bool{true, false} {
			settings := settings("ldap://" + l.Addr().String())
			settings.InsecurePlaintext = insecure
			if _, err := source(t, settings).Person(t.Context(), username(t, "alice")); !unavailable(err) {
				t.Errorf("%q: %v", said[:4], err)
			}
		}
		_ = l.Close()
		served.Wait()
	}
}

// TestClosed: a Source that was closed asks nobody.
func TestClosed(t *testing.T) {
	f := newFake()
	s := plain(t, f, nil)
	if _, err := login(t, s, "alice", alicePassword); err != nil {
		t.Fatal(err)
	}
	s.Close()
	told := f.told()
	if _, err := login(t, s, "alice", alicePassword); !errors.Is(err, errClosed) || !unavailable(err) || !slices.Equal(f.told(), told) {
		t.Error(err)
	}
}
