package config

import (
	"errors"
	"strconv"

	"ivalt-radius/config/tree"
)

// personKeys is the table of one entry of users.file.
func personKeys() []tree.Key {
	return []tree.Key{
		{Path: "email", Kind: tree.Secret},
		{Path: mobile, Kind: tree.Secrets, Empty: true},
		{Path: "groups", Kind: tree.Texts, Empty: true},
		{Path: "password", Kind: tree.Secret},
		{Path: "nt_hash", Kind: tree.Secret},
		{Path: "reply", Kind: tree.Attributes},
	}
}

// mobile is the one list of an entry in whose place a single text may stand.
const mobile = "mobile"

// PersonKey is the key path of a person in users.file, as faults name it: `users.file: "jane.doe"`. A field follows
// behind a dot.
func PersonKey(name string) string { return "users.file: " + strconv.Quote(name) }

// people reads users.file. Its faults name that file and its lines, and hold neither addresses, numbers nor hashes.
func (l *loader) people(s *Settings) {
	if s.Users.File == "" {
		return
	}
	text, mode, err := l.read(s.Users.File, maxPeople)
	if err == nil && !mode.IsRegular() {
		err = errors.New("it is no regular file")
	}
	if err != nil {
		l.faults.Add("users.file", "the file %q cannot be read: %s", s.Users.File, err)
		return
	}
	file := tree.Reader{Schema: tree.NewSchema(personKeys(), mobile), File: s.Users.File, Faults: &l.faults, Places: l.places}
	hashes := 0 // octets
	for _, entry := range file.Entries(text, "users.file", PersonKey) {
		p := Person{Name: entry.Name}
		if l.decode(entry.Tree, &p) {
			hashes += p.Password.Len()
			l.factors(&p)
			s.Users.People = append(s.Users.People, p)
		}
	}
	if hashes > 0 && mode&readableByOthers != 0 {
		l.faults.Warn("users.file", "the file holds hashes of passwords and others can read it: chmod 600 %s", s.Users.File)
	}
}

// factors puts a person's hashes in the place of what points to them. A password's hash may stand in the file, which is to be kept from
// others all the same; an NT hash, with which one logs in as with the password itself, may not.
func (l *loader) factors(p *Person) {
	path := PersonKey(p.Name)
	if !p.Password.Empty() {
		at := tree.Join(path, "password")
		text, _, err := l.resolve(at, p.Password.Reveal())
		p.Password, _ = l.line(at, text, err)
	}
	if !p.NTHash.Empty() {
		at := tree.Join(path, "nt_hash")
		text, literal, err := l.resolve(at, p.NTHash.Reveal())
		if literal {
			err = errors.New("an NT hash is as good as the password and must not stand in the file: seal it with `ivalt-radius seal`, or write file:PATH, env:NAME or credential:NAME")
		}
		p.NTHash, _ = l.line(at, text, err)
	}
}
