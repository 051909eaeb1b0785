package ldap

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	ldap "github.com/go-ldap/ldap/v3"

	"ivalt-radius/auth"
	"ivalt-radius/secret"
)

// Person implements auth.Directory: the one entry that the filter finds, with its groups; the zero Person where there is none.
// Several entries are ErrMisconfigured. With user_dn nobody is known before their password is checked, and the Person is the
// zero one. A person who is not there takes as many questions to the directory as one who is.
func (s *Source) Person(ctx context.Context, user auth.Username) (auth.Person, error) {
	if !s.searches() || user.Local() == "" {
		return auth.Person{}, nil
	}
	var person auth.Person
	err := s.ask(ctx, searching, func(ctx context.Context, c *conn) (err error) {
		person, err = s.read(ctx, c, user)
		return err
	})
	if err != nil {
		return auth.Person{}, err
	}
	return person, nil
}

// read finds a person's entry and groups; for nobody's it asks as often.
func (s *Source) read(ctx context.Context, c *conn, user auth.Username) (auth.Person, error) {
	person, names, err := s.find(ctx, c, user)
	switch {
	case err != nil:
		return auth.Person{}, err
	case person.Handle == "":
		_, err := s.groups(ctx, c, nobody(s.settings.Base), []string{rand.Text()})
		return auth.Person{}, err
	}
	person.Groups, err = s.groups(ctx, c, person.Handle, names)
	return person, err
}

// find finds a person's one entry, and the login names in it. The zero Person: there is none.
func (s *Source) find(ctx context.Context, c *conn, user auth.Username) (auth.Person, []string, error) {
	filter := fill(s.settings.Filter, ldap.EscapeFilter(user.String()), ldap.EscapeFilter(user.Local()))
	const one = 2 // a second one is asked for to see that there is none
	entries, err := c.search(ctx, s.settings.Base, filter, s.wanted(), one)
	switch {
	case errors.Is(err, errTooMany) || len(entries) > 1:
		return auth.Person{}, nil, fmt.Errorf("%w: primary.ldap.filter finds several entries for one login name; make it or primary.ldap.base narrower", auth.ErrMisconfigured)
	case err != nil:
		return auth.Person{}, nil, err
	case len(entries) == 0 || entries[0].DN == "":
		return auth.Person{}, nil, nil
	}
	names := entries[0].GetEqualFoldAttributeValues(s.settings.Name)
	person, err := s.person(entries[0], names, user)
	return person, names, err
}

// nobody is a DN that belongs to nobody.
func nobody(base string) string {
	dn := "cn=" + rand.Text()
	if base != "" {
		dn += "," + base
	}
	return dn
}

// wanted are the attributes to be read.
func (s *Source) wanted() []string {
	wanted := []string{s.settings.Name}
	if s.settings.Email != "" {
		wanted = append(wanted, s.settings.Email)
	}
	return append(wanted, s.settings.Mobile...)
}

// person reads an entry. One without a login name is ErrMisconfigured: rules that name the person would not see them.
func (s *Source) person(entry *ldap.Entry, names []string, user auth.Username) (auth.Person, error) {
	name, ok := listed(names, user)
	if !ok {
		return auth.Person{}, fmt.Errorf("%w: the person's entry has no login name in %q; set primary.ldap.name to the attribute that holds it", auth.ErrMisconfigured, s.settings.Name)
	}
	person := auth.Person{Name: name, Handle: entry.DN, Email: s.email(entry)}
	phones := s.phones(entry)
	if len(phones) > 0 {
		person.Mobile = phones[0]
	}
	if len(phones) > 1 {
		person.Phones = phones
	}
	return person, nil
}

// listed is the login name among an attribute's values: the one that was logged in with, where it is among them, else the first.
func listed(names []string, user auth.Username) (first auth.Username, found bool) {
	for _, text := range names {
		name, err := auth.ParseUsername(text)
		if err != nil {
			continue
		}
		if name.String() == user.String() || name.String() == user.Local() {
			return name, true
		}
		if !found {
			first, found = name, true
		}
	}
	return first, found
}

// email is the first value that has an address's shape.
func (s *Source) email(entry *ldap.Entry) secret.Secret {
	const longest = 254 // RFC 5321 section 4.5.3.1.3
	if s.settings.Email == "" {
		return secret.Secret{}
	}
	for _, text := range entry.GetEqualFoldAttributeValues(s.settings.Email) {
		local, domain, _ := strings.Cut(text, "@")
		odd := func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar || strings.ContainsRune(`\,;`, r)
		}
		if local != "" && domain != "" && !strings.Contains(domain, "@") && len(text) <= longest && !strings.ContainsFunc(text, odd) {
			return secret.New(text)
		}
	}
	return secret.Secret{}
}

// phones are the numbers of the configured attributes, in their order, each once. What is no international number is passed over; 00
// counts as the plus sign.
func (s *Source) phones(entry *ldap.Entry) (phones []auth.Mobile) {
	for _, name := range s.settings.Mobile {
		for _, text := range entry.GetEqualFoldAttributeValues(name) {
			text = strings.TrimSpace(text)
			if rest, ok := strings.CutPrefix(text, "00"); ok {
				text = "+" + rest
			}
			if mobile, err := auth.ParseMobile(text); err == nil && !slices.Contains(phones, mobile) {
				phones = append(phones, mobile)
			}
		}
	}
	return phones
}
