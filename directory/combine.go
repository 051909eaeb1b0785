package directory

import (
	"context"
	"fmt"
	"strings"

	"ivalt-radius/auth"
)

// Combine makes one directory of the file and of another, LDAP say. What an entry of the file states of e-mail, phones and reply wins; then the other's word
// counts, then the template's e-mail. A person has the groups of both, and the name of the file, else the other's. The
// error is the other's, whatever the file knows.
//
// The other is asked for the login's own name, and, where it knows nobody by that, for the listed name of the file's person. So is
// the file for the other's name, so that nobody escapes its groups by a spelling that LDAP alone knows. Where the
// file's person is one whose e-mail the template happens to make of the name, the other's e-mail decides whether it is them.
func Combine(people *People, other auth.Directory) auth.Directory { return combined{people, other} }

type combined struct {
	people *People
	other  auth.Directory
}

// Person implements auth.Directory.
func (c combined) Person(ctx context.Context, user auth.Username) (auth.Person, error) {
	filed := c.people.find(user, c.people.email(user))
	found, err := c.other.Person(ctx, user)
	if err == nil && stranger(found) && filed != nil && !filed.several && filed.Name != user {
		found, err = c.other.Person(ctx, filed.Name)
	}
	if err != nil {
		return auth.Person{}, fmt.Errorf("asking LDAP: %w", err)
	}
	if filed != nil && filed.another(user, found) {
		if strings.Contains(user.String(), "@") || found.Email.Empty() {
			return auth.Person{}, errTwoPeople
		}
		filed = nil // it is the template that made that e-mail of the name, and the other knows the person by one of their own
	}
	if filed == nil && !stranger(found) {
		filed = c.people.listed[found.Name.String()]
	}
	if filed == nil {
		if found.Email.Empty() {
			// Made of the name that the other knows: of the login's own, carol@elsewhere would show carol's password and have
			// somebody else's phone asked.
			found.Email, found.EmailMade = c.people.email(named(found, user)), true
		}
		return found, nil
	}
	return filed.over(found), nil
}

// another reports that the other directory may know another person by the login than the file does: an e-mail alone connects the login with
// the listed one, and the other's person has neither that name nor that e-mail.
func (l *listed) another(user auth.Username, found auth.Person) bool {
	return !l.several && l.byEmailAlone(user) && !stranger(found) && found.Name != l.Name && canonical(found.Email.Reveal()) != canonical(l.Email.Reveal())
}

// errTwoPeople says that one login name is two people: with the password and the phone of the one, nobody may have the groups and the
// reply of the other.
var errTwoPeople = fmt.Errorf("%w: users.file knows somebody by the e-mail of this login, and the directory somebody else by its name", auth.ErrMisconfigured)

// byEmailAlone reports that a login names the person by an e-mail, and not by the listed name.
func (l *listed) byEmailAlone(user auth.Username) bool {
	return l.Name != user && (l.Name.String() != user.Local() || strings.Contains(user.String(), "@"))
}

// stranger reports that a directory knows nobody.
func stranger(p auth.Person) bool { return p.Handle == "" && p.Name == auth.Username{} }

// named is the name that counts for a person.
func named(p auth.Person, user auth.Username) auth.Username {
	if stranger(p) || p.Name == (auth.Username{}) {
		return user
	}
	return p.Name
}

// over lays what the file states over what another directory says. Somebody of several stays nobody who could be asked.
func (l *listed) over(found auth.Person) auth.Person {
	out := l.Person
	out.Handle, out.Groups = found.Handle, union(l.Groups, found.Groups)
	if !l.stated && !l.several && !found.Email.Empty() {
		out.Email, out.EmailMade = found.Email, found.EmailMade
	}
	if l.Mobile.Empty() && !l.several {
		out.Mobile, out.Phones = found.Mobile, found.Phones
	}
	if out.Reply == nil {
		out.Reply = found.Reply
	}
	return out
}
