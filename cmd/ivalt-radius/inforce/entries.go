package inforce

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ivalt-radius/admin/view"
	"ivalt-radius/config"
	"ivalt-radius/config/keys"
)

// people is the rendering's own key: how many people users.file has.
const people = "users.file people"

// index is the number of an element of a list.
var index = regexp.MustCompile(`\[([0-9]+)\]`)

// place is where a key stands in the docs.
type place struct {
	list   int // of the table: the first key of the list that it is an element of, else its own
	number int // of the element; -1: it is in no list
	key    int // of the table
}

// entries are all keys of the settings with their values, in the order of the docs, list elements one behind the other.
func entries(s *config.Settings) []view.Entry {
	table, order := map[string]int{}, keys.All()
	for i, key := range order {
		table[key.Path] = i
	}
	var out []view.Entry
	places := map[string]place{}
	for key, value := range s.Redacted() {
		at, known := find(table, order, key)
		if !known {
			continue // an empty list of maps: none of its keys is there
		}
		places[key] = at
		e := view.Entry{Key: key, Value: value, Meaning: order[at.key].Meaning, Origin: origin(s, key)}
		if key == people {
			e.Meaning = "How many people the file has."
		}
		e.Default = e.Origin == "default"
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b view.Entry) int {
		x, y := places[a.Key], places[b.Key]
		return cmp.Or(x.list-y.list, x.number-y.number, x.key-y.key, strings.Compare(a.Key, b.Key))
	})
	return out
}

// find looks a key up in the table: "clients[3].name" as "clients[].name", a reply attribute as the map that it stands in.
func find(table map[string]int, order []keys.Key, key string) (at place, known bool) {
	if key == people {
		key = "users.file"
	}
	path := index.ReplaceAllString(key, "[]")
	at.key, known = table[path]
	if head, _, reply := strings.Cut(path, ".reply."); !known && reply {
		at.key, known = table[head+".reply"]
	}
	at.list, at.number = at.key, -1
	if found := index.FindStringSubmatchIndex(key); known && found != nil {
		at.number, _ = strconv.Atoi(key[found[2]:found[3]]) // the settings have no more elements than fit
		list := key[:found[0]] + "[]"
		at.list = slices.IndexFunc(order, func(k keys.Key) bool { return strings.HasPrefix(k.Path, list) })
	}
	return at, known
}

// origin says where a value comes from: file, environment, default.
func origin(s *config.Settings, key string) string {
	key, _, _ = strings.Cut(strings.TrimSuffix(key, " people"), ".reply.")
	switch {
	case !s.Given(key):
		return "default"
	case s.FromEnvironment(key):
		return "environment"
	}
	return "file"
}
