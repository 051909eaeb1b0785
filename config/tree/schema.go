package tree

import (
	"slices"
	"strings"

	"ivalt-radius/fault"
)

// shape is what the settings may look like at one place.
type shape uint8

const (
	branch shape = iota // a map of keys that the table names
	list                // a list of such maps
	leaf                // a key of the table
)

// node is one place of the tree.
type node struct {
	name     string
	shape    shape
	single   bool // a list that one map, or one text, alone may stand for
	key      Key  // of a leaf
	children []*node
}

// Schema is the shape of a tree, made from a table of keys. It is read-only and safe for concurrent use.
type Schema struct{ root *node }

// NewSchema makes the schema of a table. In the place of each list that singles name, of maps ("rules[].only.hours[]") or of texts
// ("mobile"), one alone may stand in a file.
func NewSchema(keys []Key, singles ...string) *Schema {
	root := &node{}
	for _, key := range keys {
		at, parts := root, strings.Split(key.Path, ".")
		for i, part := range parts {
			at = at.grow(part)
			at.single = at.single || slices.Contains(singles, strings.Join(parts[:i+1], "."))
		}
		at.shape, at.key = leaf, key
	}
	return &Schema{root: root}
}

// grow returns the child of this name, which it makes where there is none.
func (n *node) grow(part string) *node {
	name, isList := strings.CutSuffix(part, "[]")
	if child := n.child(name); child != nil {
		return child
	}
	child := &node{name: name}
	if isList {
		child.shape = list
	}
	n.children = append(n.children, child)
	return child
}

// child finds a child by its name; nil where there is none.
func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// far is the distance of two names of which neither is meant by the other.
const far = 3

// nearest is the child whose name a mistyped one most likely means; empty where none is near.
func (n *node) nearest(name string) string {
	best, least := "", min(far, len(name))
	for _, c := range n.children {
		if d := fault.Distance(name, c.name); d < least {
			best, least = c.name, d
		}
	}
	return best
}
