package directory

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"ivalt-radius/auth"
	"ivalt-radius/directory/mschap"
	"ivalt-radius/directory/password"
	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// People is the directory. It is immutable, and safe for concurrent use.
type People struct {
	prefix, suffix string             // of the template, around {username}
	makes          bool               // the template makes addresses of plain names
	listed         map[string]*listed // by login name
	byEmail        map[string]*listed // by their e-mail, in the form of canonical
	groups         []string

	passwords, ntHashes int           // how many people have one
	usual               password.Cost // of most hashes
}

// listed is one person of the list. Where entries share an e-mail it is somebody of several, by that e-mail alone: without
// credentials, so that nobody's password is enough, and without a phone of their own where theirs differ.
type listed struct {
	auth.Person

	stated   bool // the e-mail is the entry's own
	several  bool
	password password.Hash // zero: none
	ntHash   mschap.Hash   // empty: none
}

var _ auth.Directory = (*People)(nil)

// username is the place of the login name in the template.
const username = "{username}"

// New makes a directory of the template `users.email` and the entries of `users.file`. The faults carry the keys
// `users.email` and `users.file: "NAME".FIELD`, and neither addresses nor numbers; the People are nil where one is no warning.
func New(emailTemplate string, people []Entry) (*People, fault.List) {
	var faults fault.List
	p := &People{listed: make(map[string]*listed, len(people)), byEmail: make(map[string]*listed, len(people))}
	p.template(emailTemplate, &faults)
	groups := map[string]bool{}
	written := make(map[string]string, len(people))
	var costs costs
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
			groups[canonical(g)] = true
		}
		p.listed[user.String()] = person
		p.count(person, &costs)
		p.alias(person, key, &faults)
	}
	p.groups = slices.Sorted(maps.Keys(groups))
	p.usual = costs.usual(&faults)
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
		faults.Warn(key, "%q makes no e-mail address of a plain login name such as bob: iVALT cannot be asked about one to whom no directory gives an "+
			"e-mail, and the login ends unknown_user: write \"%s@example.com\" with your own domain", text, username)
	}
	p.prefix, p.suffix = prefix, suffix
}

// alias makes a listed person known by their e-mail too. Where entries share an e-mail but not the phone nobody can say who of them
// it is: then it names nobody who could be asked, with the groups of all of them, so that no rule is escaped. Where they share the phone
// too it names nobody whose password could be checked.
func (p *People) alias(person *listed, key string, faults *fault.List) {
	email := canonical(person.Email.Reveal())
	if email == "" {
		return
	}
	if known, ok := p.byEmail[email]; ok {
		somebody := &listed{Person: person.Person, stated: known.stated || person.stated, several: true}
		somebody.Groups, somebody.Reply = union(person.Groups, known.Groups), nil
		if known.Mobile != person.Mobile || !slices.Equal(known.Phones, person.Phones) || known.Email.Empty() {
			somebody.Email, somebody.Mobile, somebody.Phones = secret.Secret{}, auth.Mobile{}, nil
			faults.Warn(key, "has the e-mail of %q but another mobile: a login by that e-mail, or by a name that makes it, ends unknown_user", known.Name.String())
		}
		person = somebody
	}
	p.byEmail[email] = person
}

// union are the groups of both, each once, as its first one is written.
func union(groups, more []string) []string {
	out := slices.Clip(groups)
	for _, group := range more {
		if !slices.ContainsFunc(out, func(g string) bool { return canonical(g) == canonical(group) }) {
			out = append(out, group)
		}
	}
	return out
}

// canonical is the form in which e-mails and groups compare: that of login names.
func canonical(text string) string {
	if u, err := auth.ParseUsername(text); err == nil {
		return u.String()
	}
	return strings.ToLower(text)
}

// find is the listed person of a login name, or behind another spelling of it: DOMAIN\carol, and the e-mail that belongs to carol, are the
// carol of the list, with her groups, her phone and her name for the rules. Nil: nobody.
func (p *People) find(user auth.Username, email secret.Secret) *listed {
	if person, ok := p.listed[user.String()]; ok || len(p.listed) == 0 {
		return person
	}
	if !strings.Contains(user.String(), "@") {
		if person, ok := p.listed[user.Local()]; ok {
			return person
		}
	}
	return p.byEmail[canonical(email.Reveal())]
}

// Person implements auth.Directory: the listed person, by login name or e-mail, or one of whom the e-mail alone is known (empty
// where the template makes no address of the name: then iVALT cannot know the person). It never fails. Callers must
// not change the groups.
func (p *People) Person(_ context.Context, user auth.Username) (auth.Person, error) {
	if person, ok := p.listed[user.String()]; ok {
		return person.Person, nil
	}
	email := p.email(user)
	if person := p.find(user, email); person != nil {
		return person.Person, nil
	}
	return auth.Person{Email: email, EmailMade: true}, nil
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
