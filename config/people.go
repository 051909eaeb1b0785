package config

import (
	"strconv"

	"ivalt-radius/config/tree"
)

// personKeys is the table of one entry of users.file.
func personKeys() []Key {
	return []Key{{Path: "email", Kind: tree.Secret}, {Path: "mobile", Kind: tree.Secret}, {Path: "groups", Kind: tree.Texts, Empty: true}}
}

// PersonKey is the key path of a person in users.file, as faults name it: `users.file: "jane.doe"`. A field follows
// behind a dot.
func PersonKey(name string) string { return "users.file: " + strconv.Quote(name) }

// people reads users.file. Its faults name that file and its lines, and hold neither addresses nor numbers.
func (l *loader) people(s *Settings) {
	if s.Users.File == "" {
		return
	}
	text, _, err := l.read(s.Users.File, maxPeople)
	if err != nil {
		l.faults.Add("users.file", "the file %q cannot be read: %s", s.Users.File, err)
		return
	}
	file := tree.Reader{Schema: tree.NewSchema(personKeys()), File: s.Users.File, Faults: &l.faults, Places: l.places}
	for _, entry := range file.Entries(text, "users.file", PersonKey) {
		p := Person{Name: entry.Name}
		if l.decode(entry.Tree, &p) {
			s.Users.People = append(s.Users.People, p)
		}
	}
}
