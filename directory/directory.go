package directory

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"ivalt-radius/auth"
	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// Entry is what the operator wrote of one person; all but the name may be empty.
type Entry struct {
	Name   string        // the login name, in any form of it
	Email  secret.Secret // empty: made by the template
	Mobile secret.Secret // E.164; empty: to be looked up by e-mail
	Groups []string
}

// People is the directory. It is immutable, and safe for concurrent use.
type People struct {
	prefix, suffix string                 // of the template, around {username}
	makes          bool                   // the template makes addresses of plain names
	listed         map[string]auth.Person // by login name
	byEmail        map[string]auth.Person // by their e-mail, in the form of canonical
	groups         []string
}

var _ auth.Directory = (*People)(nil)

// username is the place of the login name in the template.
const username = "{username}"

// New makes a directory of the template `users.email` and the entries of `users.file`. The faults carry the keys
// `users.email` and `users.file: "NAME".FIELD`, and neither addresses nor numbers; the People are nil where one is no warning.
func New(emailTemplate string, people []Entry) (*People, fault.List) {
	var faults fault.List
	p := &People{listed: make(map[string]auth.Person, len(people)), byEmail: make(map[string]auth.Person, len(people))}
	p.template(emailTemplate, &faults)
	groups := map[string]bool{}
	written := make(map[string]string, len(people))
	for _, entry := range people {
		key := "users.file: " + strconv.Quote(entry.Name)
		user, err := auth.ParseUsername(entry.Name)
		if err != nil {
			faults.Add(key, "%s", err)
			continue
		}
		if other, ok := written[user.String()]; ok {
			faults.Add(key, "is the same login name as %q: names are compared without regard to case", other)
			continue
		}
		written[user.String()] = entry.Name
		person := p.person(entry, user, key, &faults)
		for _, g := range person.Groups {
			groups[g] = true
		}
		p.listed[user.String()] = person
		p.alias(person, key, &faults)
	}
	p.groups = slices.Sorted(maps.Keys(groups))
	if len(faults.Fatal()) > 0 {
		return nil, faults
	}
	return p, faults
}

// template takes the template apart.
func (p *People) template(text string, faults *fault.List) {
	const key = "users.email"
	prefix, suffix, found := strings.Cut(text, username)
	p.makes = plausible(prefix + "name" + suffix)
	switch {
	case !found:
		faults.Add(key, "must hold %s, or all people would share one phone", username)
	case strings.ContainsAny(prefix+suffix, "{}"):
		faults.Add(key, "%s must stand there once, and nothing else in braces", username)
	case strings.Count(text, "@") > 1 || strings.ContainsFunc(text, unfit):
		faults.Add(key, "makes no e-mail address: it holds a blank, a control character or a second @")
	case !p.makes:
		faults.Warn(key, "%q makes no e-mail address of a plain login name such as bob, so iVALT cannot be asked about one and the login ends "+
			"unknown_user: write \"%s@example.com\" with your own domain", text, username)
	}
	p.prefix, p.suffix = prefix, suffix
}

// person reads one entry.
func (p *People) person(entry Entry, user auth.Username, key string, faults *fault.List) auth.Person {
	person := auth.Person{Name: user, Email: entry.Email}
	if entry.Email.Empty() {
		person.Email = p.email(user)
	} else if !plausible(entry.Email.Reveal()) {
		faults.Add(key+".email", "is no e-mail address")
	}
	if !entry.Mobile.Empty() {
		mobile, err := auth.ParseMobile(entry.Mobile.Reveal())
		if err != nil {
			faults.Add(key+".mobile", "%s", err)
		}
		person.Mobile = mobile
	}
	for i, text := range entry.Groups {
		// Groups compare as names do, in canonical form.
		group, err := auth.ParseUsername(text)
		if err != nil {
			faults.Add(key+".groups["+strconv.Itoa(i)+"]", "%s can be no name of a group", strconv.Quote(text))
			continue
		}
		if !slices.Contains(person.Groups, group.String()) {
			person.Groups = append(person.Groups, group.String())
		}
	}
	return person
}

// alias makes a listed person known by their e-mail too. Where entries share an e-mail but not the phone nobody can say who of them
// it is: then it names nobody who could be asked, with the groups of all of them, so that no rule is escaped.
func (p *People) alias(person auth.Person, key string, faults *fault.List) {
	email := canonical(person.Email.Reveal())
	if email == "" {
		return
	}
	if known, ok := p.byEmail[email]; ok {
		for _, group := range known.Groups {
			if !slices.Contains(person.Groups, group) {
				person.Groups = append(slices.Clone(person.Groups), group)
			}
		}
		if known.Mobile != person.Mobile || known.Email.Empty() {
			person.Email, person.Mobile = secret.Secret{}, auth.Mobile{}
			faults.Warn(key, "has the e-mail of %q but another mobile: a login by that e-mail, or by a name that makes it, ends unknown_user", known.Name.String())
		}
	}
	p.byEmail[email] = person
}

// canonical is the form in which e-mails compare: that of login names.
func canonical(email string) string {
	if u, err := auth.ParseUsername(email); err == nil {
		return u.String()
	}
	return strings.ToLower(email)
}

// find is the listed person behind another spelling: DOMAIN\carol, and the e-mail that belongs to carol, are the carol of the list,
// with her groups, her phone and her name for the rules.
func (p *People) find(user auth.Username, email secret.Secret) (auth.Person, bool) {
	if len(p.listed) == 0 {
		return auth.Person{}, false
	}
	if !strings.Contains(user.String(), "@") {
		if person, ok := p.listed[user.Local()]; ok {
			return person, true
		}
	}
	person, ok := p.byEmail[canonical(email.Reveal())]
	return person, ok
}

// Person implements auth.Directory: the listed person, by login name or e-mail, or one of whom the e-mail alone is known (empty
// where the template makes no address of the name: then iVALT cannot know the person). It never fails. Callers must
// not change the groups.
func (p *People) Person(_ context.Context, user auth.Username) (auth.Person, error) {
	if person, ok := p.listed[user.String()]; ok {
		return person, nil
	}
	email := p.email(user)
	if person, ok := p.find(user, email); ok {
		return person, nil
	}
	return auth.Person{Email: email}, nil
}

// Groups are all groups that the directory can supply, in canonical form and sorted.
func (p *People) Groups() []string { return slices.Clone(p.groups) }

// email makes the address of a login name. A name with @ stays as it is, with whatever stands before a backslash: so
// CORP\x@y is an address that iVALT does not know, rather than somebody else's. A name without a local part (CORP\) has none, nor has
// one of which the template makes no address.
func (p *People) email(user auth.Username) secret.Secret {
	if strings.Contains(user.String(), "@") {
		return secret.New(user.String())
	}
	local := user.Local()
	if local == "" || !p.makes {
		return secret.Secret{}
	}
	return secret.New(p.prefix + local + p.suffix)
}

// plausible reports the shape of an address: something, one @, something, 254 octets at most (RFC 5321 section 4.5.3.1.3).
func plausible(address string) bool {
	const longest = 254
	local, domain, found := strings.Cut(address, "@")
	return found && local != "" && domain != "" && len(address) <= longest &&
		!strings.Contains(domain, "@") && !strings.ContainsFunc(address, unfit)
}

// unfit reports what stands in no address.
func unfit(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar || r == '\\' || r == ',' || r == ';'
}
