package access

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/secret"
)

// TestCheck has each thing that can be wrong said at its key, and does not let it in all the same.
func TestCheck(t *testing.T) {
	now := time.Now()
	digest := sha256.Sum256([]byte("ivr_x"))
	account := Account{Name: "olga", Role: Operator, Password: secret.New(hashOf + rightOf + "olga")}
	token := Token{Name: "ci", Role: Viewer, Digest: digest, Expires: now.Add(time.Hour)}
	for name, c := range map[string]struct {
		change  func(s *Settings)
		key     string
		warning bool
	}{
		"name missing":          {func(s *Settings) { s.Accounts[0].Name = "" }, "admin.accounts[0].name", false},
		"name that forges":      {func(s *Settings) { s.Accounts[0].Name = "olga address=192.0.2.9" }, "admin.accounts[0].name", false},
		"name long":             {func(s *Settings) { s.Accounts[0].Name = strings.Repeat("x", 65) }, "admin.accounts[0].name", false},
		"name twice":            {func(s *Settings) { s.Accounts = append(s.Accounts, account) }, "admin.accounts[1].name", false},
		"no role":               {func(s *Settings) { s.Accounts[0].Role = NoRole }, "admin.accounts[0].role", false},
		"a role that is none":   {func(s *Settings) { s.Accounts[0].Role = Admin + 1 }, "admin.accounts[0].role", false},
		"no hash":               {func(s *Settings) { s.Accounts[0].Password = secret.Secret{} }, "admin.accounts[0].password_hash", false},
		"token without a name":  {func(s *Settings) { s.Tokens[0].Name = " " }, "admin.tokens[0].name", false},
		"token without digest":  {func(s *Settings) { s.Tokens[0].Digest = [32]byte{} }, "admin.tokens[0].digest", false},
		"token twice":           {func(s *Settings) { s.Tokens = append(s.Tokens, token); s.Tokens[1].Name = "b" }, "admin.tokens[1].digest", false},
		"token without role":    {func(s *Settings) { s.Tokens[0].Role = NoRole }, "admin.tokens[0].role", false},
		"token for ever":        {func(s *Settings) { s.Tokens[0].Expires = time.Time{} }, "admin.tokens[0].expires", false},
		"token expired":         {func(s *Settings) { s.Tokens[0].Expires = now }, "admin.tokens[0].expires", true},
		"scope beyond the role": {func(s *Settings) { s.Tokens[0].Scopes = []Permission{Read, Write} }, "admin.tokens[0].scopes[1]", false},
		"idle 0":                {func(s *Settings) { s.Idle = 0 }, "admin.session", false},
		"absolute too short":    {func(s *Settings) { s.Absolute = s.Idle - 1 }, "admin.session", false},
		"token for years":       {func(s *Settings) { s.Tokens[0].Expires = now.Add(longestValid + 1) }, "admin.tokens[0].expires", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := Settings{Accounts: []Account{account}, Tokens: []Token{token}, Idle: time.Hour, Absolute: time.Hour}
			if l := s.Check(now); len(l) != 0 {
				t.Fatal(l)
			}
			s.Accounts, s.Tokens = slices.Clone(s.Accounts), slices.Clone(s.Tokens)
			c.change(&s)
			l := s.Check(now)
			if len(l) != 1 || l[0].Key != c.key || l[0].Warning != c.warning || strings.Contains(l[0].String(), hashOf) {
				t.Errorf("%v", l)
			}
			if strings.HasSuffix(c.key, "session") || c.warning && name != "token expired" {
				return
			}
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, s)
				defer h.Close()
				var status int
				if strings.Contains(c.key, "tokens") {
					r := h.ask("GET", "/api/write", bob, "", "Authorization", "Bearer ivr_x")
					status = r.StatusCode
				} else {
					status = h.try(s.Accounts[0].Name, rightOf+"olga", bob).StatusCode
				}
				if status < 400 {
					t.Errorf("let in all the same: %d", status)
				}
			})
		})
	}
}

// TestZeroValuesDeny: neither zero settings, nor a zero Principal, nor sessions without a time let anybody in.
func TestZeroValuesDeny(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := settings(t)
		s.Idle, s.Absolute = 0, 0
		h := newHouse(t, s)
		cookie := h.in("olga", bob)
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", bob, "", cookie...))
		h.Adopt(Settings{})
		h.want(http.StatusUnauthorized, h.ask("GET", "/api/read", bob, "", "Authorization", "Bearer "))
		if n := len(h.Sessions(Principal{})); n != 0 || h.End("", Principal{}) == nil {
			t.Errorf("nobody sees %d sessions", n)
		}
		h.Close()
		h.Adopt(s)
		synctest.Wait()
	})
	for _, p := range append(Permissions(), Nothing) {
		if (Principal{}).May(p) || (Principal{Role: Admin, Scopes: []Permission{}}).May(p) || Admin.May(Nothing) {
			t.Errorf("the zero Principal may %s", p)
		}
	}
	if words := holders(Nothing); words != "no role has" {
		t.Error(words)
	}
}
