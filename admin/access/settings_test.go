package access

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ivalt-radius/secret"
)

// TestUnsound: what is not sound in the settings lets nobody in, whoever should have checked them.
func TestUnsound(t *testing.T) {
	digest := sha256.Sum256([]byte("ivr_x"))
	account := Account{Name: "olga", Role: Operator, Password: secret.New(hashOf + rightOf + "olga")}
	token := Token{Name: "ci", Role: Operator, Digest: digest, Expires: time.Now().Add(time.Hour)}
	ofToken := func(h *house) int {
		return h.ask("GET", "/api/write", bob, "", "Authorization", "Bearer ivr_x").StatusCode
	}
	for name, c := range map[string]struct {
		change func(s *Settings)
		sound  bool
		token  bool
	}{
		"sound":                {func(*Settings) {}, true, false},
		"no name":              {func(s *Settings) { s.Accounts[0].Name = "" }, false, false},
		"a name that forges":   {func(s *Settings) { s.Accounts[0].Name = "olga address=192.0.2.9" }, false, false},
		"a long name":          {func(s *Settings) { s.Accounts[0].Name = strings.Repeat("x", 65) }, false, false},
		"a name twice":         {func(s *Settings) { s.Accounts = append(s.Accounts, account) }, false, false},
		"no role":              {func(s *Settings) { s.Accounts[0].Role = NoRole }, false, false},
		"a role that is none":  {func(s *Settings) { s.Accounts[0].Role = Admin + 1 }, false, false},
		"no hash":              {func(s *Settings) { s.Accounts[0].Password = secret.Secret{} }, false, false},
		"a sound token":        {func(*Settings) {}, true, true},
		"a token without name": {func(s *Settings) { s.Tokens[0].Name = " " }, false, true},
		"a digest twice": {func(s *Settings) {
			s.Tokens = append(s.Tokens, Token{Name: "b", Role: Admin, Digest: digest, Expires: token.Expires})
		}, false, true},
		"no digest":            {func(s *Settings) { s.Tokens[0].Digest = [32]byte{} }, false, true},
		"a token without role": {func(s *Settings) { s.Tokens[0].Role = NoRole }, false, true},
		"a token for ever":     {func(s *Settings) { s.Tokens[0].Expires = time.Time{} }, false, true},
		"a token of no scope":  {func(s *Settings) { s.Tokens[0].Scopes = []Permission{} }, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := Settings{Accounts: []Account{account}, Tokens: []Token{token}, Idle: time.Hour, Absolute: time.Hour}
				s.Tokens[0].Expires = time.Now().Add(time.Hour)
				c.change(&s)
				h := newHouse(t, s)
				defer h.Close()
				var status int
				if c.token {
					status = ofToken(h)
				} else {
					status = h.try(s.Accounts[0].Name, rightOf+"olga", bob).StatusCode
				}
				if in := status < http.StatusBadRequest; in != c.sound {
					t.Errorf("%d", status)
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
