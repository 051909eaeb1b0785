package config

import (
	"slices"
	"strings"

	"ivalt-radius/fault"
)

// checker completes a tree: defaults where nothing is written, a fault for every text that its key cannot take. Such texts are
// left out, so that decoding the rest cannot fail.
type checker struct {
	faults *fault.List
}

// fill returns the complete tree of one map.
func (c *checker) fill(at *node, tree map[string]any, path string) map[string]any {
	out := map[string]any{}
	for _, child := range at.children {
		below := join(path, child.name)
		value := tree[child.name] // nil: not written
		switch child.shape {
		case leaf:
			if v, ok := c.leaf(child.key, value, below); ok {
				out[child.name] = v
			}
		case list:
			if elements, ok := value.([]any); ok {
				out[child.name] = c.list(child, elements, below)
			}
		case branch:
			sub, _ := value.(map[string]any)
			out[child.name] = c.fill(child, sub, below)
		}
	}
	return out
}

func (c *checker) list(at *node, elements []any, path string) any {
	out := make([]any, 0, len(elements))
	for i, element := range elements {
		sub, _ := element.(map[string]any)
		out = append(out, c.fill(at, sub, index(path, i)))
	}
	return out
}

// leaf is the value of one key of the table.
func (c *checker) leaf(key Key, value any, path string) (any, bool) {
	if value == nil {
		if key.Required {
			c.missing(path)
			return nil, false
		}
		if value = key.standard(); value == nil {
			return nil, false
		}
	}
	switch {
	case key.Kind == Attributes:
		return c.attributes(key, value, path)
	case key.Kind.many():
		return c.texts(key, value, path)
	}
	text, ok := value.(string)
	return text, ok && c.accepts(key, text, path)
}

// missing reports a required key, unless what should hold it is a fault already.
func (c *checker) missing(path string) {
	above := path[:strings.LastIndexByte(path, '.')]
	if !slices.ContainsFunc(*c.faults, func(f fault.Fault) bool { return f.Key == path || f.Key == above && !f.Warning }) {
		c.faults.Add(path, "is required")
	}
}

// standard is the default as a tree's value; nil where there is none.
func (k Key) standard() any {
	switch {
	case k.Default == "":
		return nil
	case k.Kind.many():
		return split(k.Default)
	}
	return k.Default
}

func (c *checker) accepts(key Key, text, path string) bool {
	if text == "" && key.Required && key.Kind == Text {
		c.faults.Add(path, "is required")
		return false
	}
	if err := key.accept(text); err != nil {
		c.faults.Add(path, "%s", err)
		return false
	}
	return true
}

func (c *checker) texts(key Key, value any, path string) (any, bool) {
	elements, ok := value.([]any)
	if !ok {
		return nil, false
	}
	if len(elements) == 0 && !key.Empty {
		c.faults.Add(path, "is empty: it needs one element at least, or must not be written")
		return nil, false
	}
	for i, element := range elements {
		text, isText := element.(string)
		ok = c.accepts(key, text, index(path, i)) && isText && ok
	}
	return elements, ok
}

// attributes checks the texts of reply attributes; radius knows what they mean.
func (c *checker) attributes(key Key, value any, path string) (any, bool) {
	elements, ok := value.([]any)
	for _, element := range elements {
		attribute, _ := element.(map[string]any)
		name, _ := attribute["name"].(string)
		values, _ := attribute["values"].([]any)
		below := join(path, name)
		if strings.TrimSpace(name) == "" || key.accept(name) != nil {
			c.faults.Add(path, "holds an attribute without a usable name")
			ok = false
			continue
		}
		for _, v := range values {
			text, _ := v.(string)
			ok = c.accepts(key, text, below) && ok
		}
	}
	return value, ok
}
