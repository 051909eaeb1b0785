package access

import (
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
