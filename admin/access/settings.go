package access

import (
	"regexp"
	"slices"
	"time"

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

// nameForm keeps names whole in the trail's "account=NAME address=ADDRESS".
var nameForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Named reports a name that an account or a token may have: 1 to 64 letters, digits, `.`, `_` or `-`, as in all of the settings.
func Named(name string) bool { return nameForm.MatchString(name) }

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
