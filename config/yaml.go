package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"ivalt-radius/fault"
)

// document is koanf's parser for our YAML: a tree in which every scalar is the text that the operator wrote, and whose keys are
// all in the table. What cannot be is a fault with its line, and is left out of the tree.
type document struct {
	root    *node
	file    string // as faults name it; empty for the configuration file
	faults  *fault.List
	origins origins
}

// errShape says that the whole document is unusable; the faults say why.
var errShape = errors.New("the document is unusable")

// Unmarshal implements koanf.Parser.
func (d *document) Unmarshal(b []byte) (map[string]any, error) {
	top, ok := d.parse(b)
	if !ok {
		return nil, errShape
	}
	tree := map[string]any{}
	if top == nil {
		return tree, nil
	}
	if top.Kind != yaml.MappingNode {
		d.refuse("", top, "the file must be a map of keys")
		return nil, errShape
	}
	d.branch(top, d.root, "", tree)
	return tree, nil
}

// Marshal implements koanf.Parser; nothing is ever written.
func (*document) Marshal(map[string]any) ([]byte, error) { return nil, errors.ErrUnsupported }

// parse reads the one document; nil where it is empty.
func (d *document) parse(b []byte) (top *yaml.Node, ok bool) {
	decoder := yaml.NewDecoder(bytes.NewReader(b))
	var first, second yaml.Node
	switch err := decoder.Decode(&first); {
	case errors.Is(err, io.EOF):
		return nil, true
	case err != nil:
		d.syntax(err)
		return nil, false
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		d.syntax(err)
		return nil, false
	default:
		d.refuse("", &second, "a second document begins here; the file must hold one")
		return nil, false
	}
	top = first.Content[0]
	if null(top) {
		return nil, true
	}
	return top, true
}

var (
	syntaxLine = regexp.MustCompile(`line (\d+): `)
	quotedText = regexp.MustCompile(`'[^']{3,}'|"[^"]{3,}"|` + "`[^`]*`")
)

// syntax turns the YAML library's error into a fault, without the operator's text in it.
func (d *document) syntax(err error) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if at := syntaxLine.FindStringSubmatchIndex(message); at != nil {
		line, _ = strconv.Atoi(message[at[2]:at[3]])
		message = message[:at[0]] + message[at[1]:]
	}
	message = quotedText.ReplaceAllString(message, "...")
	*d.faults = append(*d.faults, fault.Fault{File: d.file, Line: line, Message: "this is no YAML: " + message})
}

func (d *document) refuse(path string, at *yaml.Node, format string, args ...any) {
	*d.faults = append(*d.faults, fault.Fault{File: d.file, Line: at.Line, Key: path, Message: fmt.Sprintf(format, args...)})
}

// plain refuses what makes a text mean something else than it says.
func (d *document) plain(n *yaml.Node, path string) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		d.refuse(path, n, "anchors and aliases are not supported: write the value out")
	case n.Style&yaml.TaggedStyle != 0:
		d.refuse(path, n, "tags are not supported: write the plain value")
	default:
		return true
	}
	return false
}

// null reports a value that is not there, or is the word for that.
func null(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// each calls f for every key of a map whose name can be used.
func (d *document) each(n *yaml.Node, path string, f func(name string, key, value *yaml.Node)) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.ShortTag() == "!!merge":
			d.refuse(path, key, "merge keys are not supported: write the keys out")
		case !d.plain(key, path):
		case key.Kind != yaml.ScalarNode:
			d.refuse(path, key, "a key must be a plain name")
		case seen[key.Value] > 0:
			d.refuse(join(path, shown(key.Value)), key, "stands here twice, first in line %d", seen[key.Value])
		default:
			seen[key.Value] = key.Line
			f(key.Value, key, value)
		}
	}
}

// branch fills the tree with a map's keys.
func (d *document) branch(n *yaml.Node, at *node, path string, tree map[string]any) {
	d.each(n, path, func(name string, key, value *yaml.Node) {
		child := at.child(name)
		if child == nil {
			d.unknown(at, path, name, key)
			return
		}
		below := join(path, name)
		d.origins[below] = origin{file: d.file, line: key.Line}
		if v, ok := d.value(value, child, below); ok {
			tree[name] = v
		}
	})
}

func (d *document) unknown(at *node, path, name string, key *yaml.Node) {
	hint := ""
	if near := at.nearest(name); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	d.refuse(join(path, shown(name)), key, "unknown key%s", hint)
}

// value is the tree below one key.
func (d *document) value(n *yaml.Node, at *node, path string) (any, bool) {
	if !d.plain(n, path) {
		return nil, false
	}
	switch {
	case at.shape == list:
		return d.list(n, at, path)
	case at.shape == branch:
		return d.submap(n, at, path)
	case at.key.Kind == Attributes:
		return d.attributes(n, path)
	case at.key.Kind.many():
		return d.texts(n, path)
	}
	return d.text(n, path)
}

func (d *document) text(n *yaml.Node, path string) (any, bool) {
	if n.Kind != yaml.ScalarNode {
		d.refuse(path, n, "must be one value, not a list or a map")
		return nil, false
	}
	return n.Value, true
}

func (d *document) texts(n *yaml.Node, path string) (any, bool) {
	out := []any{}
	if null(n) {
		return out, true
	}
	if n.Kind != yaml.SequenceNode {
		d.refuse(path, n, "must be a list, as in [a, b]")
		return nil, false
	}
	sound := true
	for i, element := range n.Content {
		below := index(path, i)
		d.origins[below] = origin{file: d.file, line: element.Line}
		text, ok := any(nil), d.plain(element, below)
		if ok {
			text, ok = d.text(element, below)
		}
		sound = sound && ok
		out = append(out, text)
	}
	return out, sound
}

// submap is a map of keys. Inside a list an empty one is refused: a rule whose conditions somebody commented out must not
// become a rule for everyone.
func (d *document) submap(n *yaml.Node, at *node, path string) (any, bool) {
	if n.Kind != yaml.MappingNode && !null(n) {
		d.refuse(path, n, "must be a map of keys")
		return nil, false
	}
	if len(n.Content) == 0 && strings.Contains(path, "[") {
		d.refuse(path, n, "is empty: set one of its keys or remove it")
		return nil, false
	}
	tree := map[string]any{}
	d.branch(n, at, path, tree)
	return tree, true
}

func (d *document) list(n *yaml.Node, at *node, path string) (any, bool) {
	elements := n.Content
	switch {
	case n.Kind == yaml.MappingNode && at.single:
		elements = []*yaml.Node{n}
	case null(n):
	case n.Kind != yaml.SequenceNode:
		d.refuse(path, n, "must be a list of maps")
		return nil, false
	}
	if len(elements) == 0 && at.single {
		d.refuse(path, n, "is empty: write what must hold or remove it")
		return nil, false
	}
	out := []any{}
	for i, element := range elements {
		below := index(path, i)
		d.origins[below] = origin{file: d.file, line: element.Line}
		tree, ok := any(map[string]any{}), d.plain(element, below)
		if ok {
			if tree, ok = d.submap(element, at, below); !ok {
				tree = map[string]any{}
			}
		}
		out = append(out, tree)
	}
	return out, true
}

// attributes is a map of name to value or values, as a list, so that the order of the file stays.
func (d *document) attributes(n *yaml.Node, path string) (any, bool) {
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		d.refuse(path, n, "must be a map of attribute names to values, as in {Filter-Id: staff}")
		return nil, false
	}
	out := []any{}
	d.each(n, path, func(name string, key, value *yaml.Node) {
		below := join(path, name)
		d.origins[below] = origin{file: d.file, line: key.Line}
		if values, ok := d.attribute(value, below); ok {
			out = append(out, map[string]any{"name": name, "values": values})
		}
	})
	return out, true
}

func (d *document) attribute(n *yaml.Node, path string) (any, bool) {
	if !d.plain(n, path) {
		return nil, false
	}
	if n.Kind == yaml.ScalarNode && !null(n) {
		return []any{n.Value}, true
	}
	values, ok := d.texts(n, path)
	if list, isList := values.([]any); ok && isList && len(list) == 0 {
		d.refuse(path, n, "has no value")
		return nil, false
	}
	return values, ok
}

// index is the path of a list's element.
func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// shown makes a name that somebody wrote fit for a fault.
func shown(name string) string {
	const most = 64
	if len(name) > most {
		name = name[:most] + "..."
	}
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}
