package directory

import (
	"slices"
	"strconv"

	"ivalt-radius/auth"
	"ivalt-radius/directory/mschap"
	"ivalt-radius/directory/password"
	"ivalt-radius/fault"
	"ivalt-radius/policy"
	"ivalt-radius/secret"
)

// Entry is what the operator wrote of one person; all but the name may be empty.
type Entry struct {
	Name     string          // the login name, in any form of it
	Email    secret.Secret   // empty: made by the template
	Mobiles  []secret.Secret // E.164, the default first; empty: to be looked up by e-mail
	Groups   []string
	Password secret.Secret // its argon2id hash in PHC form
	NTHash   secret.Secret // 32 hexadecimal digits
	Reply    []policy.Attribute
}

// person reads one entry.
func (p *People) person(entry Entry, user auth.Username, key string, faults *fault.List) *listed {
	person := &listed{Person: auth.Person{Name: user, Email: entry.Email, Reply: entry.Reply}, stated: !entry.Email.Empty()}
	if !person.stated {
		person.Email, person.EmailMade = p.email(user), true
	} else if !plausible(entry.Email.Reveal()) {
		faults.Add(key+".email", "is no e-mail address")
	}
	person.phones(entry.Mobiles, key+".mobile", faults)
	for i, text := range entry.Groups {
		// Groups compare as names do, in canonical form, and stay as they are written.
		if _, err := auth.ParseUsername(text); err != nil {
			faults.Add(key+".groups["+strconv.Itoa(i)+"]", "%s can be no name of a group", strconv.Quote(text))
			continue
		}
		person.Groups = union(person.Groups, []string{text})
	}
	if !entry.Password.Empty() {
		var err error
		if person.password, err = password.Parse(entry.Password.Reveal()); err != nil {
			faults.Add(key+".password", "%s", err)
		}
	}
	if !entry.NTHash.Empty() {
		var err error
		if person.ntHash, err = mschap.ParseHash(entry.NTHash); err != nil {
			faults.Add(key+".nt_hash", "is no NT hash of 32 hexadecimal digits: make one with `ivalt-radius hash-password --nt`")
		}
	}
	return person
}

// phones reads the numbers. One that is written empty is none.
func (l *listed) phones(mobiles []secret.Secret, key string, faults *fault.List) {
	if len(mobiles) == 1 && mobiles[0].Empty() {
		return
	}
	var phones []auth.Mobile
	for i, text := range mobiles {
		mobile, err := auth.ParseMobile(text.Reveal())
		if err != nil {
			at := key
			if len(mobiles) > 1 {
				at += "[" + strconv.Itoa(i) + "]"
			}
			faults.Add(at, "%s", err)
			continue
		}
		if !slices.Contains(phones, mobile) {
			phones = append(phones, mobile)
		}
	}
	if len(phones) > 0 {
		l.Mobile = phones[0]
	}
	if len(phones) > 1 {
		l.Phones = phones
	}
}

// Passwords is how many people have the hash of a password.
func (p *People) Passwords() int { return p.passwords }

// NTHashes is how many people have an NT hash.
func (p *People) NTHashes() int { return p.ntHashes }

// count counts a person's credentials.
func (p *People) count(person *listed, c *costs) {
	if !person.ntHash.Empty() {
		p.ntHashes++
	}
	if !person.password.Empty() {
		p.passwords++
		c.add(person)
	}
}

// costs are the costs of all hashes, in the order in which they first occur, each with its people.
type costs []struct {
	cost   password.Cost
	people int
	first  string // name of the first of them
}

func (c *costs) add(person *listed) {
	cost := person.password.Cost()
	for i := range *c {
		if (*c)[i].cost == cost {
			(*c)[i].people++
			return
		}
	}
	*c = append(*c, struct {
		cost   password.Cost
		people int
		first  string
	}{cost, 1, person.Name.String()})
}

// usual is the cost of most hashes, of which there are more than of any other, the first where several have as many; the standard
// where there are none. There is a warning where some hashes have another: the time of a wrong password then tells that
// these people exist.
func (c costs) usual(faults *fault.List) password.Cost {
	if len(c) == 0 {
		return password.Standard()
	}
	most := c[0]
	for _, other := range c {
		if other.people > most.people {
			most = other
		}
	}
	for _, other := range c {
		if other.cost != most.cost {
			faults.Warn("users.file: "+strconv.Quote(other.first)+".password", "this hash has the cost %s, most have %s: how long a wrong password takes tells strangers that "+
				"the name exists; make it anew with `ivalt-radius hash-password` (people with that cost: %d)", other.cost, most.cost, other.people)
		}
	}
	return most.cost
}
