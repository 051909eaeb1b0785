package tree

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"ivalt-radius/fault"
)

// parser makes a Reader koanf's parser for our YAML: a tree in which every scalar is the text that the operator wrote, and whose
// keys are all in the table. What cannot be is a fault with its line, and is left out of the tree.
type parser struct{ *Reader }

// errShape says that the whole document is unusable; the faults say why.
var errShape = errors.New("the document is unusable")

// Unmarshal implements koanf.Parser.
func (r parser) Unmarshal(b []byte) (map[string]any, error) {
	top, ok := r.parse(b)
	if !ok {
		return nil, errShape
	}
	tree := map[string]any{}
	if top == nil {
		return tree, nil
	}
	if top.Kind != yaml.MappingNode {
		r.refuse("", top, "the file must be a map of keys")
		return nil, errShape
	}
	r.branch(top, r.Schema.root, "", tree)
	return tree, nil
}

// Marshal implements koanf.Parser; nothing is ever written.
func (parser) Marshal(map[string]any) ([]byte, error) { return nil, errors.ErrUnsupported }

// parse reads the one document; nil where it is empty.
func (r *Reader) parse(b []byte) (top *yaml.Node, ok bool) {
	decoder := yaml.NewDecoder(bytes.NewReader(b))
	var first, second yaml.Node
	switch err := decoder.Decode(&first); {
	case errors.Is(err, io.EOF):
		return nil, true
	case err != nil:
		r.syntax(b, err)
		return nil, false
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.syntax(b, err)
		return nil, false
	default:
		r.refuse("", &second, "a second document begins here; the file must hold one")
		return nil, false
	}
	top = first.Content[0]
	if null(top) {
		return nil, true
	}
	return top, true
}

func (r *Reader) refuse(path string, at *yaml.Node, format string, args ...any) {
	*r.Faults = append(*r.Faults, fault.Fault{File: r.File, Line: at.Line, Key: path, Message: fmt.Sprintf(format, args...)})
}

// mark remembers where a key stands.
func (r *Reader) mark(path string, at *yaml.Node) {
	r.Places[path] = place{file: r.File, line: at.Line}
}

// plain refuses what makes a text mean something else than it says.
func (r *Reader) plain(n *yaml.Node, path string) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		r.refuse(path, n, "anchors and aliases are not supported: write the value out; %s", wantQuotes)
	case n.Anchor != "":
		r.refuse(path, n, "anchors and aliases are not supported: write the value out")
	case n.Style&yaml.TaggedStyle != 0:
		r.refuse(path, n, "tags are not supported: write the plain value")
	default:
		return true
	}
	return false
}

// null reports a value that is not there, or is the word for that.
func null(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// each calls f for every key of a map whose name can be used.
func (r *Reader) each(n *yaml.Node, path string, f func(name string, key, value *yaml.Node)) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.ShortTag() == "!!merge":
			r.refuse(path, key, "merge keys are not supported: write the keys out")
		case !r.plain(key, path):
		case key.Kind != yaml.ScalarNode:
			r.refuse(path, key, "a key must be a plain name")
		case seen[key.Value] > 0:
			r.refuse(Join(path, shown(key.Value)), key, "stands here twice, first in line %d", seen[key.Value])
		default:
			seen[key.Value] = key.Line
			f(key.Value, key, value)
		}
	}
}

// branch fills the tree with a map's keys.
func (r *Reader) branch(n *yaml.Node, at *node, path string, tree map[string]any) {
	r.each(n, path, func(name string, key, value *yaml.Node) {
		child := at.child(name)
		if child == nil {
			r.unknown(at, path, name, key)
			return
		}
		below := Join(path, name)
		r.mark(below, key)
		if v, ok := r.value(value, child, below); ok {
			tree[name] = v
		}
	})
}

func (r *Reader) unknown(at *node, path, name string, key *yaml.Node) {
	hint := ""
	if near := at.nearest(name); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	} else if strings.ContainsAny(name, "=$") {
		hint = "; put a value that holds a comma, as a password's hash does, in quotes"
	}
	r.refuse(Join(path, shown(name)), key, "unknown key%s", hint)
}

// value is the tree below one key.
func (r *Reader) value(n *yaml.Node, at *node, path string) (any, bool) {
	if !r.plain(n, path) {
		return nil, false
	}
	switch {
	case at.shape == list:
		return r.list(n, at, path)
	case at.shape == branch:
		return r.submap(n, at, path)
	case at.key.Kind == Attributes:
		return r.attributes(n, path)
	case at.key.Kind.many():
		if at.single && n.Kind == yaml.ScalarNode && !null(n) {
			return []any{n.Value}, true
		}
		return r.texts(n, path)
	}
	return r.text(n, path)
}

func (r *Reader) text(n *yaml.Node, path string) (any, bool) {
	if n.Kind != yaml.ScalarNode {
		r.refuse(path, n, "must be one value, not a list or a map")
		return nil, false
	}
	return n.Value, true
}

func (r *Reader) texts(n *yaml.Node, path string) (any, bool) {
	out := []any{}
	if null(n) {
		return out, true
	}
	if n.Kind != yaml.SequenceNode {
		r.refuse(path, n, "must be a list, as in [a, b]")
		return nil, false
	}
	sound := true
	for i, element := range n.Content {
		below := Index(path, i)
		r.mark(below, element)
		text, ok := r.value(element, &node{shape: leaf}, below)
		out, sound = append(out, text), sound && ok
	}
	return out, sound
}

// submap is a map of keys. Inside a list an empty one is refused: a rule whose conditions somebody commented out must not
// become a rule for everyone.
func (r *Reader) submap(n *yaml.Node, at *node, path string) (any, bool) {
	if n.Kind != yaml.MappingNode && !null(n) {
		r.refuse(path, n, "must be a map of keys, as in %s", at.keys())
		return nil, false
	}
	if len(n.Content) == 0 && strings.Contains(path, "[") {
		r.refuse(path, n, "is empty: set one of its keys or remove it")
		return nil, false
	}
	tree := map[string]any{}
	r.branch(n, at, path, tree)
	return tree, true
}

func (r *Reader) list(n *yaml.Node, at *node, path string) (any, bool) {
	elements := n.Content
	switch {
	case n.Kind == yaml.MappingNode && at.single:
		elements = []*yaml.Node{n}
	case null(n):
	case n.Kind != yaml.SequenceNode:
		r.refuse(path, n, "must be a list of maps")
		return nil, false
	}
	if len(elements) == 0 && at.single {
		r.refuse(path, n, "is empty: write what must hold or remove it")
		return nil, false
	}
	out := []any{}
	for i, element := range elements {
		below := Index(path, i)
		r.mark(below, element)
		tree, ok := r.value(element, &node{shape: branch, children: at.children}, below)
		if !ok {
			tree = map[string]any{}
		}
		out = append(out, tree)
	}
	return out, true
}

const wantAttributes = "must be a map of attribute names to values, as in {Filter-Id: staff}"

// attributes is a map of name to value or values, as a list, so that the order of the file stays.
func (r *Reader) attributes(n *yaml.Node, path string) (any, bool) {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		r.refuse(path, n, wantAttributes)
		return nil, false
	}
	out := []any{}
	r.each(n, path, func(name string, key, value *yaml.Node) {
		below := Join(path, name)
		r.mark(below, key)
		if values, ok := r.attribute(value, below); ok {
			out = append(out, map[string]any{"name": name, "values": values})
		}
	})
	return out, true
}

func (r *Reader) attribute(n *yaml.Node, path string) (any, bool) {
	if !r.plain(n, path) {
		return nil, false
	}
	if n.Kind == yaml.ScalarNode && !null(n) {
		return []any{n.Value}, true
	}
	values, ok := r.texts(n, path)
	if list, isList := values.([]any); ok && isList && len(list) == 0 {
		r.refuse(path, n, "has no value")
		return nil, false
	}
	return values, ok
}
