package ivalttest

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// Person is somebody with a phone.
type Person struct {
	Email  string // compared in lower case; may be empty: then only the mobile finds them
	Mobile string // in international form; empty: DerivedMobile of the e-mail
	Name   string // shown in details; empty: the part of the e-mail before the @

	Also         []string // further e-mails under which the same phone is found
	SecondMobile string   // a look-up names this one too, beside Mobile; pushes to it are another Person's
	Inactive     bool     // a look-up says that the account is switched off; a push rings all the same

	Behaviour Behaviour     // what the person does; the zero Behaviour has no phone
	After     time.Duration // how long after the push
	Next      []Step        // reactions to the next pushes, once each, before Behaviour holds
}

// ParsePerson reads a person as the --person flag writes one: comma-separated email=, mobile=, name=, does=, after=,
// second= (a second mobile), status=active or inactive, and, as often as wanted, next=BEHAVIOUR or next=BEHAVIOUR@AFTER. Each
// email= after the first is another of the same person. Without does= the person is Manual.
func ParsePerson(text string) (Person, error) {
	p := Person{Behaviour: Manual}
	for _, field := range strings.Split(text, ",") {
		key, value, found := strings.Cut(strings.TrimSpace(field), "=")
		if !found {
			return Person{}, fmt.Errorf("%q is not KEY=VALUE", field)
		}
		if err := p.setField(key, value); err != nil {
			return Person{}, err
		}
	}
	return p, p.Check()
}

func (p *Person) setField(key, value string) (err error) {
	switch key {
	case "email":
		if p.Email != "" {
			p.Also = append(p.Also, value)
			break
		}
		p.Email = value
	case "mobile":
		p.Mobile = value
	case "name":
		p.Name = value
	case "does":
		p.Behaviour, err = ParseBehaviour(value)
	case "after":
		p.After, err = time.ParseDuration(value)
	case "second":
		p.SecondMobile = value
	case "status":
		p.Inactive = value == "inactive"
		if !p.Inactive && value != "active" {
			err = fmt.Errorf("no status %q (known: active, inactive)", value)
		}
	case "next":
		var s Step
		s, err = parseStep(value)
		p.Next = append(p.Next, s)
	default:
		err = fmt.Errorf("no field %q (known: email, mobile, name, does, after, second, status, next)", key)
	}
	return err
}

func parseStep(text string) (Step, error) {
	word, after, timed := strings.Cut(text, "@")
	b, err := ParseBehaviour(word)
	if err != nil || !timed {
		return Step{Behaviour: b}, err
	}
	d, err := time.ParseDuration(after)
	return Step{Behaviour: b, After: d}, err
}

// Check says what keeps a person from being found by any request.
func (p Person) Check() error {
	if p.Email == "" && p.Mobile == "" {
		return errors.New("a person needs an e-mail or a mobile")
	}
	for _, email := range p.emails() {
		if !validEmail(email) {
			return fmt.Errorf("%q is no e-mail address", email)
		}
	}
	for _, mobile := range []string{p.Mobile, p.SecondMobile} {
		if mobile != "" && !validMobile(canonicalMobile(mobile)) {
			return fmt.Errorf("%q is no mobile in international form", mobile)
		}
	}
	if p.After < 0 {
		return errors.New("after is below zero")
	}
	for _, s := range p.Next {
		if s.After < 0 {
			return errors.New("after is below zero")
		}
	}
	return nil
}

// emails are all that the person has.
func (p Person) emails() []string {
	if p.Email == "" {
		return p.Also
	}
	return append([]string{p.Email}, p.Also...)
}

// canonical fills what the person leaves out.
func (p Person) canonical() Person {
	p.Email = canonicalEmail(p.Email)
	p.Mobile = canonicalMobile(p.Mobile)
	p.SecondMobile = canonicalMobile(p.SecondMobile)
	p.Also = slices.Clone(p.Also)
	for i, email := range p.Also {
		p.Also[i] = canonicalEmail(email)
	}
	if p.Mobile == "" && p.Email != "" {
		p.Mobile = DerivedMobile(p.Email)
	}
	if p.Name == "" {
		p.Name, _, _ = strings.Cut(p.Email, "@")
	}
	return p
}

// DerivedMobile is the number of a person who has an e-mail alone: +999, a country code that nobody has, and twelve
// digits that depend on the e-mail only. So it outlives a restart, and a test may compute it.
func DerivedMobile(email string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(canonicalEmail(email)))
	return fmt.Sprintf("+999%012d", h.Sum64()%1_000_000_000_000)
}

func canonicalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// canonicalMobile keeps the digits and puts a plus before them; a text without digits becomes empty.
func canonicalMobile(mobile string) string {
	var b strings.Builder
	for _, r := range mobile {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case strings.ContainsRune("+-. ()", r):
		default:
			return mobile // not a number: validMobile refuses it as it stands
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "+" + b.String()
}

// validMobile is E.164 in one string: a plus and 7 to 15 digits, no zero first.
func validMobile(mobile string) bool {
	if len(mobile) < 8 || len(mobile) > 16 || mobile[0] != '+' || mobile[1] == '0' {
		return false
	}
	for i := 1; i < len(mobile); i++ {
		if mobile[i] < '0' || mobile[i] > '9' {
			return false
		}
	}
	return true
}

// validEmail is as strict as a form that asks for an address, no stricter.
func validEmail(email string) bool {
	at := strings.LastIndexByte(email, '@')
	return at > 0 && at < len(email)-1 && len(email) <= 254 && !strings.ContainsAny(email, " \t\r\n\x00")
}
