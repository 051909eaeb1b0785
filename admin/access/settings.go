package access

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// Settings say who there is.
type Settings struct {
	Accounts []Account
	Tokens   []Token
	Idle     time.Duration // a session ends so long after its last request
	Absolute time.Duration // and so long after it began
}

// Account is somebody with a password.
type Account struct {
	Name     string // as typed at sign-in, compared exactly
	Role     Role
	Password secret.Secret // an argon2id hash, as `hash-password` prints it
}

// Token is what a machine shows as "Authorization: Bearer".
type Token struct {
	Name    string
	Role    Role
	Scopes  []Permission // nil: all of its role
	Digest  [32]byte     // SHA-256 of the token, which is drawn by lot
	Expires time.Time    // exclusive
}

// longestValid is how far ahead a token should expire at most: a year, leap or not.
const longestValid = 366 * 24 * time.Hour

// nameForm keeps names whole in the trail's "account=NAME address=ADDRESS".
var nameForm = regexp.MustCompile(`^[A-Za-z0-9._@-]{1,64}$`)

// Named reports a name that an account or a token may have: 1 to 64 letters, digits, `.`, `_`, `@` or `-`.
func Named(name string) bool { return nameForm.MatchString(name) }

// Check finds what is wrong with the settings, by their keys below "admin". What a password hash has in it is for its verifier to judge.
func (s Settings) Check(now time.Time) fault.List {
	var l fault.List
	seen := map[string]bool{}
	for i, a := range s.Accounts {
		key := fmt.Sprintf("admin.accounts[%d].", i)
		named(&l, key, a.Name, a.Role, seen)
		if a.Password.Empty() {
			l.Add(key+"password_hash", "is missing: make one with `ivalt-radius hash-password`")
		}
	}
	s.checkTokens(&l, now)
	if s.Idle <= 0 || s.Absolute < s.Idle {
		l.Add("admin.session", "idle must be more than 0, and absolute no less than it")
	}
	return l
}

// checkTokens finds what is wrong with the tokens.
func (s Settings) checkTokens(l *fault.List, now time.Time) {
	seen, digests := map[string]bool{}, map[[32]byte]bool{}
	for i, t := range s.Tokens {
		key := fmt.Sprintf("admin.tokens[%d].", i)
		named(l, key, t.Name, t.Role, seen)
		if t.Digest == [32]byte{} || digests[t.Digest] {
			l.Add(key+"digest", "is missing, or is that of another token: make one with `ivalt-radius token`")
		}
		digests[t.Digest] = true
		for j, p := range t.Scopes {
			if !t.Role.May(p) {
				l.Add(fmt.Sprintf("%sscopes[%d]", key, j), "the role %s has no permission %s", t.Role, p)
			}
		}
		switch left := t.Expires.Sub(now); {
		case t.Expires.IsZero():
			l.Add(key+"expires", "is missing: a token ends one day, as 2027-01-31")
		case left <= 0:
			l.Warn(key+"expires", "the token has expired: make another with `ivalt-radius token`, or take it out")
		case left > longestValid:
			l.Warn(key+"expires", "is more than a year ahead: what nobody renews nobody remembers")
		}
	}
}

// named checks what accounts and tokens have alike.
func named(l *fault.List, key, name string, role Role, seen map[string]bool) {
	switch {
	case !Named(name):
		l.Add(key+"name", "must be 1 to 64 letters, digits, `.`, `_`, `@` or `-`")
	case seen[name]:
		l.Add(key+"name", "%s is there already", name)
	}
	seen[name] = true
	if role < Viewer || role > Admin {
		l.Add(key+"role", "must be viewer, operator or admin")
	}
}

// soundAccounts are those that may sign in, by name. Of two with one name neither may.
func (s Settings) soundAccounts() map[string]Account {
	sound, names := map[string]Account{}, map[string]int{}
	for _, a := range s.Accounts {
		names[a.Name]++
	}
	for _, a := range s.Accounts {
		if Named(a.Name) && names[a.Name] == 1 && a.Role >= Viewer && a.Role <= Admin && !a.Password.Empty() {
			sound[a.Name] = a
		}
	}
	return sound
}

// soundTokens are those that may be shown. Of two with one digest neither may.
func (s Settings) soundTokens() []Token {
	digests := map[[32]byte]int{}
	for _, t := range s.Tokens {
		digests[t.Digest]++
	}
	return slices.DeleteFunc(slices.Clone(s.Tokens), func(t Token) bool {
		return !Named(t.Name) || digests[t.Digest] != 1 || t.Digest == [32]byte{} || t.Role < Viewer || t.Role > Admin
	})
}
