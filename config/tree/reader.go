package tree

import (
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
	"go.yaml.in/yaml/v3"

	"ivalt-radius/fault"
)

// Tree is one complete map of a schema: values of the types that their kinds name, lists as []any, maps as map[string]any. A key
// that is not written and has no default is missing, and so is one whose text cannot be its value.
type Tree map[string]any

// Decode sets the fields of a struct, by their tag "koanf". Values are converted to no other type: an error means that the struct
// does not fit the schema, never that the operator wrote something wrong; it may quote values.
func (t Tree) Decode(into any) error {
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result:      into,
		TagName:     "koanf",
		ErrorUnused: true,
		MatchName:   func(key, field string) bool { return key == field },
	})
	if err != nil {
		return err
	}
	return decoder.Decode(map[string]any(t))
}

// Reader reads one source. It adds to the faults and the places of its owner; one Reader serves one goroutine.
type Reader struct {
	Schema *Schema
	File   string      // as faults name the file; empty for the configuration file
	Faults *fault.List // what is wrong; must not be nil
	Places Places      // where each key is written; must not be nil

	strangers []string // variables with our prefix that name no key
}

// Settings reads a file and lays the variables with our prefix over it; environ is as os.Environ gives it. It is false where the
// file is no map of keys at all, and the faults say why.
func (r *Reader) Settings(text []byte, environ []string) (Tree, bool) {
	// The keys of the tree are all of the table, so koanf's delimiter occurs in none.
	ko := koanf.New(".")
	if err := ko.Load(rawbytes.Provider(text), parser{r}); err != nil {
		return nil, false // the only errors are the parser's, which are faults already
	}
	vars := &environment{Reader: r, taken: map[string]string{}}
	if err := ko.Load(vars.provider(environ), nil, koanf.WithMergeFunc(vars.overlay)); err != nil {
		r.Faults.Add("", "the environment cannot be read as settings")
		return nil, false
	}
	return r.fill(r.Schema.root, ko.Raw(), ""), true
}

// Strangers refuses the variables with our prefix that named no key in Settings, but for those that something points to.
func (r *Reader) Strangers(pointed []string) {
	for _, name := range r.strangers {
		if !slices.Contains(pointed, name) {
			r.refuseVariable(shown(name), "", "names no key of the settings"+r.Schema.root.hint(name))
		}
	}
}

// Entry is one named map of a file of entries.
type Entry struct {
	Name string
	Tree Tree
}

// Entries reads a file that maps names of any kind to maps of the schema's keys, in its order. An entry may be empty. Faults name
// the whole file by the key top, and an entry by its path.
func (r *Reader) Entries(text []byte, top string, path func(name string) string) []Entry {
	n, ok := r.parse(text)
	if !ok || n == nil || !r.plain(n, top) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.refuse(top, n, "the file must be a map of names to %s", r.Schema.root.keys())
		return nil
	}
	var entries []Entry
	r.each(n, top, func(name string, key, value *yaml.Node) {
		at := path(name)
		r.mark(at, key)
		switch {
		case !r.plain(value, at):
		case value.Kind != yaml.MappingNode && !null(value):
			r.refuse(at, value, "must be a map of keys, as in %s", r.Schema.root.keys())
		default:
			tree := map[string]any{}
			r.branch(value, r.Schema.root, at, tree)
			entries = append(entries, Entry{Name: name, Tree: r.fill(r.Schema.root, tree, at)})
		}
	})
	return entries
}

// keys names the keys of a map, for faults.
func (n *node) keys() string {
	names := make([]string, 0, len(n.children))
	for _, c := range n.children {
		names = append(names, c.name)
	}
	return "{" + strings.Join(names, ", ") + "}"
}
