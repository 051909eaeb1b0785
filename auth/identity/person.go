package identity

import (
	"context"

	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// Person is what a directory knows of a subject. The zero Person has no groups and no phone.
type Person struct {
	Name      Username      // the listed login name, which may be another spelling of the login's: then rules are asked about both; zero: not listed
	Email     secret.Secret // iVALT's e-mail; appears in no output
	EmailMade bool          // Email is made of the name: what any source states wins
	Mobile    Mobile        // empty: to be looked up by e-mail
	Phones    []Mobile      // all of them, Mobile first, where there are several
	Groups    []string      // as the directory writes them; policy compares them in canonical form
	Reply     []policy.Attribute

	// Handle is how the source that found the person names them (LDAP's DN), for that source's first factor; empty: not found
	// there.
	Handle string
}

// With adds what another source knows of the person. What is known already stays, but for an e-mail that is made of the name.
func (p Person) With(other Person) Person {
	if p.Name == (Username{}) {
		p.Name = other.Name
	}
	if !other.Email.Empty() && (p.Email.Empty() || p.EmailMade) {
		p.Email, p.EmailMade = other.Email, other.EmailMade
	}
	if p.Mobile.Empty() {
		p.Mobile, p.Phones = other.Mobile, other.Phones
	}
	return p
}

// Directory knows people. An error means that it could not be asked, never "no groups".
type Directory interface {
	Person(ctx context.Context, user Username) (Person, error)
}

// DirectoryFunc makes a function a Directory.
type DirectoryFunc func(ctx context.Context, user Username) (Person, error)

// Person implements Directory.
func (f DirectoryFunc) Person(ctx context.Context, user Username) (Person, error) {
	return f(ctx, user)
}
