package tree

import (
	"regexp"
	"strings"

	"ivalt-radius/fault"
)

var (
	indexPart   = regexp.MustCompile(`_+([0-9]+)(_|$)`)
	underscores = regexp.MustCompile(`_+`)
)

// hint names the variable that one which names no key most likely means: the nearest, whatever the number of underscores between
// its parts, with the indices as written. It is empty where none is near.
func (n *node) hint(written string) string {
	var indices []string
	form := indexPart.ReplaceAllStringFunc(strings.TrimPrefix(written, prefix), func(part string) string {
		at := indexPart.FindStringSubmatch(part)
		indices = append(indices, at[1])
		return "_0" + at[2]
	})
	form = strings.ToUpper(underscores.ReplaceAllString(form, "_"))
	best, least := "", far
	for _, key := range n.keysBelow() {
		name := strings.TrimPrefix(key.Variable(), prefix)
		if d := fault.Distance(form, underscores.ReplaceAllString(name, "_")); d < least && d < len(form) {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	for _, index := range indices {
		best = strings.Replace(best, "__0", "__\x00"+index, 1)
	}
	best = prefix + strings.ReplaceAll(best, "\x00", "")
	if best == written {
		return ""
	}
	return "; did you mean " + best + "?"
}

// keysBelow are the keys of all leaves below a node.
func (n *node) keysBelow() []Key {
	if n.shape == leaf {
		return []Key{n.key}
	}
	var keys []Key
	for _, c := range n.children {
		keys = append(keys, c.keysBelow()...)
	}
	return keys
}
