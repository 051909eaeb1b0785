package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"ivalt-radius/admin/view"
	"ivalt-radius/secret"
)

func TestIdle(t *testing.T) {
	bubble(t, func(h *house) {
		cookie := h.in("olga", bob)
		h.trail.lines()
		for range 3 {
			pass(time.Hour - time.Nanosecond)
			h.want(http.StatusOK, h.ask("GET", "/api/read", bob, "", cookie...))
		}
		pass(time.Hour)
		h.wantLine("window_session_expired", "account=olga", "admin.session.idle") // by its timer: nobody had to ask
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", bob, "", cookie...))
	})
}

func TestAbsolute(t *testing.T) {
	bubble(t, func(h *house) {
		cookie := h.in("olga", bob)
		h.trail.lines()
		for range 24 {
			h.want(http.StatusOK, h.ask("GET", "/api/read", bob, "", cookie...))
			pass(30 * time.Minute)
		}
		h.wantLine("window_session_expired", "admin.session.absolute")
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", bob, "", cookie...))
	})
}

// TestRefreshesDoNotRenew: a page that is left open ends all the same, and so does its stream.
func TestRefreshesDoNotRenew(t *testing.T) {
	for name, header := range map[string][]string{"refresh": {"X-Refresh", "1"}, "EventSource": {"Accept", "text/event-stream"}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(h *house) {
				cookie := h.in("olga", bob)
				for range 6 {
					h.want(http.StatusOK, h.ask("GET", "/api/read", bob, "", append(header, cookie...)...))
					pass(10 * time.Minute)
				}
				h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", bob, "", append(header, cookie...)...))
			})
		})
	}
}

// TestStreamsEnd with their session or token, however that ends, and not before.
func TestStreamsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		end   func(h *house, s Settings)
		after time.Duration
		token bool
	}{
		"idle":           {nil, time.Hour, false},
		"by hand":        {func(h *house, _ Settings) { _ = h.End(h.Sessions(root())[0].Handle, root()) }, 0, false},
		"role":           {func(h *house, s Settings) { s.Accounts[0].Role = 1 + s.Accounts[0].Role%Admin; h.Adopt(s) }, 0, false},
		"password":       {func(h *house, s Settings) { s.Accounts[0].Password = secret.New("other"); h.Adopt(s) }, 0, false},
		"account gone":   {func(h *house, s Settings) { s.Accounts = s.Accounts[1:]; h.Adopt(s) }, 0, false},
		"shorter":        {func(h *house, s Settings) { s.Idle = time.Nanosecond; h.Adopt(s) }, time.Nanosecond, false},
		"close":          {func(h *house, _ Settings) { h.Close() }, 0, false},
		"token expires":  {nil, 24 * time.Hour, true},
		"token gone":     {func(h *house, s Settings) { s.Tokens = nil; h.Adopt(s) }, 0, true},
		"token narrowed": {func(h *house, s Settings) { s.Tokens[0].Scopes = []Permission{Metrics}; h.Adopt(s) }, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, tokens := settings(t)
				h := newHouse(t, s)
				var over context.Context
				h.mux.Handle("/stream", h.Page(Read, func(_ http.ResponseWriter, r *http.Request, _ Principal) {
					over = r.Context()
					<-over.Done()
				}))
				name := s.Accounts[0].Name
				header := append(h.in(name, bob), "Accept", "text/event-stream")
				if c.token {
					header = []string{"Authorization", "Bearer " + tokens[s.Tokens[0].Role]}
				}
				go h.ask("GET", "/stream", bob, "", header...)
				pass(0)
				same := s
				same.Accounts, same.Tokens = slices.Clone(s.Accounts), slices.Clone(s.Tokens)
				h.Adopt(same)
				pass(max(0, c.after-1))
				if over.Err() != nil {
					t.Fatal("it ended too early")
				}
				if c.end != nil {
					c.end(h, same)
				}
				pass(1)
				if over.Err() == nil {
					t.Error("it goes on")
				}
				h.Close()
				synctest.Wait()
			})
		})
	}
}

func root() Principal { return Principal{Name: "alice", Role: Admin} }

// TestReload ends the sessions of whom it changes, at once, and no others.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := settings(t)
		h := newHouse(t, s)
		cookies := map[string][]string{}
		for _, a := range s.Accounts {
			cookies[a.Name] = h.in(a.Name, bob)
		}
		h.trail.lines()
		changed := s
		changed.Accounts = slices.Clone(s.Accounts)
		changed.Accounts[0].Password = secret.New(hashOf + "another")
		h.Adopt(changed)
		h.wantLine("window_session_revoked", "account="+s.Accounts[0].Name, "another password")
		for i, a := range s.Accounts {
			status := map[bool]int{true: http.StatusUnauthorized, false: http.StatusOK}[i == 0]
			h.want(status, h.ask("GET", "/api/read", bob, "", cookies[a.Name]...))
		}
		h.want(http.StatusForbidden, h.try(s.Accounts[0].Name, rightOf+s.Accounts[0].Name, alice))
		h.Adopt(s) // back again: what ended stays ended
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", bob, "", cookies[s.Accounts[0].Name]...))
	})
}

func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := Settings{Idle: time.Hour, Absolute: time.Hour}
		for i := range 2 + mostSessions/mostOfAccount {
			s.Accounts = append(s.Accounts, Account{Name: fmt.Sprintf("a%d", i), Role: Viewer, Password: secret.New("x")})
		}
		var gone []string
		tb := newTable(time.Now, func(s *session, why ending) { gone = append(gone, s.account.Name+" "+why.String()) })
		defer tb.close()
		tb.adopt(s)
		first, _, _ := tb.begin(s.Accounts[0], netip.Addr{}, "")
		for range mostOfAccount {
			pass(time.Nanosecond)
			if tb.find(first, acting) == nil { // used all the time, and the oldest all the same
				t.Fatal("ended too early")
			}
			if _, _, ok := tb.begin(s.Accounts[0], netip.Addr{}, ""); !ok {
				t.Fatal("refused")
			}
		}
		if tb.find(first, acting) != nil || tb.count() != mostOfAccount || len(gone) != 1 || gone[0] != "a0 newer sessions took its place" {
			t.Fatalf("%d sessions, ended %q", tb.count(), gone)
		}
		for _, a := range s.Accounts[1:] {
			pass(time.Nanosecond)
			for range mostOfAccount {
				tb.begin(a, netip.Addr{}, "")
			}
		}
		if tb.count() != mostSessions || tb.number("a0") != 0 || tb.number(s.Accounts[len(s.Accounts)-1].Name) != mostOfAccount {
			t.Errorf("%d sessions", tb.count())
		}
	})
}

func TestListAndEnd(t *testing.T) {
	bubble(t, func(h *house) {
		t := h.t
		agent := "Mozilla/5.0 <b>\x1b[31m\u202e\xff" + strings.Repeat("x", 500)
		r := h.try("olga", rightOf+"olga", bob, "User-Agent", agent)
		olga := []string{"Cookie", cookieName + "=" + r.Cookies()[0].Value}
		pass(time.Second)
		vera := h.in("vera", eve)
		who := h.session(&http.Request{Header: http.Header{"Cookie": {olga[1]}}}, watching).principal(&http.Request{RemoteAddr: bob})
		own := h.Sessions(who)
		if len(own) != 1 || own[0].Account != "olga" || !own[0].Current || own[0].Role != "operator" || own[0].Address.String() != "192.0.2.2" ||
			!own[0].Ends.Equal(own[0].Seen.Add(time.Hour)) {
			t.Fatalf("%+v", own)
		}
		if a := own[0].UserAgent; len(a) > 3*longestAgent || strings.ContainsAny(a, "\x1b\u202e") || !utf8.ValidString(a) || !strings.HasPrefix(a, "Mozilla/5.0 <b>\ufffd[31m\ufffd") {
			t.Errorf("%q", a)
		}
		all := h.Sessions(root())
		if len(all) != 2 || all[0].Account != "vera" || all[0].Current {
			t.Fatalf("%+v", all)
		}
		for _, i := range all { // the handle is none of what opens
			if strings.Contains(olga[1]+vera[1]+who.CSRF, i.Handle) {
				t.Error("a handle tells of the identifier")
			}
			h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", bob, "", "Cookie", cookieName+"="+i.Handle))
		}
		h.trail.lines()
		for name, by := range map[string]Principal{
			"another": who, "nobody": {Name: "vera"}, "a token of the same name": {Name: "vera", Machine: true, Role: Operator},
			"an admin's token without the scope": {Name: "x", Machine: true, Role: Admin, Scopes: []Permission{Read}},
		} {
			var refusal view.Refusal
			if err := h.End(all[0].Handle, by); !errors.As(err, &refusal) || refusal.Kind != view.Missing {
				t.Errorf("%s: %v", name, err)
			}
			if n := len(h.Sessions(by)); by.Name != "olga" && n != 0 {
				t.Errorf("%s sees %d", name, n)
			}
		}
		h.want(http.StatusOK, h.ask("GET", "/api/read", eve, "", vera...))
		if err := h.End(all[0].Handle, root()); err != nil {
			t.Error(err)
		}
		h.wantLine("window_session_ended", `"actor":"account=alice`, "account=vera")
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", eve, "", vera...))
		if err := h.End(own[0].Handle, who); err != nil || h.End(own[0].Handle, who) == nil || h.End("", root()) == nil {
			t.Error(err)
		}
	})
}
