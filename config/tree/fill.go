package tree

import (
	"slices"
	"strings"

	"ivalt-radius/fault"
)

// fill completes the tree of one map: defaults where nothing is written, values in the place of texts, a fault for every text that
// its key cannot take. Such texts are left out, so that decoding the rest cannot fail.
func (r *Reader) fill(at *node, texts map[string]any, path string) map[string]any {
	out := map[string]any{}
	for _, child := range at.children {
		below := Join(path, child.name)
		written := texts[child.name] // nil: not written
		switch child.shape {
		case leaf:
			if v, ok := r.leaf(child.key, written, below); ok {
				out[child.name] = v
			}
		case list:
			if elements, ok := written.([]any); ok {
				out[child.name] = r.fillAll(child, elements, below)
			}
		case branch:
			sub, _ := written.(map[string]any)
			out[child.name] = r.fill(child, sub, below)
		}
	}
	return out
}

func (r *Reader) fillAll(at *node, elements []any, path string) []any {
	out := make([]any, 0, len(elements))
	for i, element := range elements {
		sub, _ := element.(map[string]any)
		out = append(out, r.fill(at, sub, Index(path, i)))
	}
	return out
}

// leaf is the value of one key of the table.
func (r *Reader) leaf(key Key, written any, path string) (any, bool) {
	if written == nil {
		if key.Required {
			r.missing(path)
			return nil, false
		}
		written = key.standard()
	}
	switch written := written.(type) {
	case string:
		return r.convert(key, written, path)
	case []any:
		if key.Kind == Attributes {
			return written, r.usable(key, written, path)
		}
		return r.convertAll(key, written, path)
	}
	return nil, false
}

// missing reports a required key, unless what should hold it is a fault already.
func (r *Reader) missing(path string) {
	above := path[:max(strings.LastIndexByte(path, '.'), 0)]
	if !slices.ContainsFunc(*r.Faults, func(f fault.Fault) bool { return f.Key == path || f.Key == above && !f.Warning }) {
		r.Faults.Add(path, "is required")
	}
}

func (r *Reader) convert(key Key, text, path string) (any, bool) {
	if text == "" && key.Required && !key.Kind.many() {
		r.Faults.Add(path, "is required")
		return nil, false
	}
	v, err := key.value(text)
	if err != nil {
		r.Faults.Add(path, "%s", err)
	}
	return v, err == nil
}

func (r *Reader) convertAll(key Key, texts []any, path string) (any, bool) {
	if len(texts) == 0 && !key.Empty {
		r.Faults.Add(path, "is empty: it needs one element at least, or must not be written")
		return nil, false
	}
	values, sound := make([]any, 0, len(texts)), true
	for i, text := range texts {
		text, _ := text.(string)
		v, ok := r.convert(key, text, Index(path, i))
		values, sound = append(values, v), sound && ok
	}
	return values, sound
}

// usable checks the texts of reply attributes; radius knows what they mean.
func (r *Reader) usable(key Key, elements []any, path string) bool {
	sound := true
	for _, element := range elements {
		attribute, _ := element.(map[string]any)
		name, _ := attribute["name"].(string)
		values, _ := attribute["values"].([]any)
		if _, err := key.value(name); err != nil {
			r.Faults.Add(path, "holds an attribute without a usable name")
			sound = false
			continue
		}
		for _, v := range values {
			text, _ := v.(string)
			_, ok := r.convert(key, text, Join(path, name))
			sound = sound && ok
		}
	}
	return sound
}
