package config

import (
	"strconv"

	"go.yaml.in/yaml/v3"

	"ivalt-radius/fault"
	"ivalt-radius/secret"
)

// personKeys is the table of one entry of users.file.
func personKeys() []Key {
	return []Key{{Path: "email"}, {Path: "mobile"}, {Path: "groups", Kind: Texts, Empty: true}}
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
		l.faults.Add("users.file", "the file %s cannot be read: %s", quote(s.Users.File), err)
		return
	}
	d := &document{file: s.Users.File, root: schema(personKeys()), faults: &l.faults, origins: l.origins}
	top, ok := d.parse(text)
	if !ok || top == nil {
		return
	}
	if top.Kind != yaml.MappingNode || !d.plain(top, "users.file") {
		l.faults = append(l.faults, fault.Fault{
			File: s.Users.File, Line: top.Line, Key: "users.file", Message: "the file must be a map of login name to {email, mobile, groups}",
		})
		return
	}
	check := &checker{faults: &l.faults}
	d.each(top, "users.file", func(name string, key, value *yaml.Node) {
		path := PersonKey(name)
		l.origins[path] = origin{file: s.Users.File, line: key.Line}
		if p, ok := person(d, check, value, path); ok {
			p.Name = name
			s.Users.People = append(s.Users.People, p)
		}
	})
}

// person reads one entry; an empty one is a person of whom nothing more is known.
func person(d *document, check *checker, value *yaml.Node, path string) (Person, bool) {
	if !d.plain(value, path) {
		return Person{}, false
	}
	if value.Kind != yaml.MappingNode && !null(value) {
		d.refuse(path, value, "must be a map of email, mobile and groups")
		return Person{}, false
	}
	tree := map[string]any{}
	d.branch(value, d.root, path, tree)
	tree = check.fill(d.root, tree, path)
	var p Person
	email, _ := tree["email"].(string)
	mobile, _ := tree["mobile"].(string)
	p.Email, p.Mobile = secret.New(email), secret.New(mobile)
	groups, _ := tree["groups"].([]any)
	for _, g := range groups {
		if text, ok := g.(string); ok {
			p.Groups = append(p.Groups, text)
		}
	}
	return p, true
}
