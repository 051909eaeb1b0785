package tree

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/knadh/koanf/providers/env/v2"

	"ivalt-radius/fault"
)

// prefix begins the name of every environment variable that sets a key.
const prefix = "IVALT_RADIUS_"

// levels divides the parts of a variable's name.
const levels = "__"

// environment turns environment variables into a tree of texts. Lists of maps and single elements of lists are maps of index
// to element in it: overlay lays them over the file's lists.
type environment struct {
	*Reader

	taken map[string]string // koanf path -> the variable that set it
}

// provider is koanf's provider of the tree. The variables come in the order of their names, so that faults do too.
func (e *environment) provider(environ []string) *env.Env {
	return env.Provider(".", env.Opt{
		Prefix:        prefix,
		TransformFunc: e.transform,
		EnvironFunc:   func() []string { return slices.Sorted(slices.Values(environ)) },
	})
}

// target is where a variable points to.
type target struct {
	node *node
	keys []string // the koanf path
	path string   // the key path
}

// transform implements koanf's callback: the key's path and value, or no path where the variable is of no use.
func (e *environment) transform(name, value string) (string, any) {
	at, ok := e.resolve(strings.Split(strings.TrimPrefix(name, prefix), levels))
	if !ok {
		e.strangers = append(e.strangers, name)
		return "", nil
	}
	if other := e.conflict(at.keys); other != "" {
		e.refuseVariable(name, at.path, "is set by "+other+" as well")
		return "", nil
	}
	e.taken[strings.Join(at.keys, ".")] = name
	e.note(at.path, name)
	v, ok := e.value(at, name, value)
	if !ok {
		return "", nil
	}
	return strings.Join(at.keys, "."), v
}

func (r *Reader) refuseVariable(name, path, message string) {
	*r.Faults = append(*r.Faults, fault.Fault{File: variableFile(name), Key: path, Message: message})
}

// conflict names an earlier variable that sets the same key, or the list whose element this is.
func (e *environment) conflict(keys []string) string {
	for i := range keys {
		if other := e.taken[strings.Join(keys[:i+1], ".")]; other != "" {
			return other
		}
	}
	return ""
}

// note remembers the variable as the place of the key, of what stood below it, and of all above it that has no place.
func (e *environment) note(path, name string) {
	maps.DeleteFunc(e.Places, func(key string, _ place) bool {
		return strings.HasPrefix(key, path) && len(key) > len(path) && strings.ContainsRune(".[", rune(key[len(path)]))
	})
	e.Places[path] = place{file: variableFile(name)}
	for cut := strings.LastIndexAny(path, ".["); cut > 0; cut = strings.LastIndexAny(path, ".[") {
		path = path[:cut]
		if _, ok := e.Places[path]; !ok {
			e.Places[path] = place{file: variableFile(name)}
		}
	}
}

// resolve walks down the table by the parts of a variable's name.
func (e *environment) resolve(parts []string) (target, bool) {
	at := target{node: e.Schema.root}
	for len(parts) > 0 && at.node.shape != leaf {
		child := at.node.named(parts[0])
		if child == nil {
			return target{}, false
		}
		at = target{node: child, keys: append(at.keys, child.name), path: Join(at.path, child.name)}
		parts = parts[1:]
		if child.shape == list {
			n, rest, ok := element(parts, child.single)
			if !ok {
				return target{}, false
			}
			at.keys, at.path, parts = append(at.keys, strconv.Itoa(n)), Index(at.path, n), rest
		}
	}
	if at.node.shape != leaf || len(parts) > 1 {
		return target{}, false
	}
	if len(parts) == 1 {
		n, _, ok := element(parts, false)
		if !ok || !at.node.key.Kind.many() {
			return target{}, false
		}
		at.keys, at.path = append(at.keys, strconv.Itoa(n)), Index(at.path, n)
	}
	return at, true
}

// element takes a list's index off the parts; where a single map may stand for the list, no index is the first.
func element(parts []string, single bool) (n int, rest []string, ok bool) {
	if len(parts) == 0 {
		return 0, nil, false
	}
	n, err := strconv.Atoi(parts[0])
	if err == nil && n >= 0 && strconv.Itoa(n) == parts[0] {
		return n, parts[1:], true
	}
	return 0, parts, single
}

// named finds a child by its part of a variable's name.
func (n *node) named(part string) *node {
	for _, c := range n.children {
		if strings.ToUpper(c.name) == part {
			return c
		}
	}
	return nil
}

// value is what a variable's text puts into the tree.
func (e *environment) value(at target, name, text string) (any, bool) {
	kind := at.node.key.Kind
	switch {
	case kind == Attributes:
		return e.attributes(at, name, text)
	case kind.many() && strings.HasSuffix(at.path, at.node.name):
		return split(text), true
	}
	return text, true
}

// split divides a list of plain values.
func split(text string) []any {
	out := []any{}
	if strings.TrimSpace(text) == "" {
		return out
	}
	for part := range strings.SplitSeq(text, ",") {
		out = append(out, strings.TrimSpace(part))
	}
	return out
}

// attributes reads the map of a reply in YAML's flow style: attribute names do not fit into variable names.
func (e *environment) attributes(at target, name, text string) (any, bool) {
	d := &Reader{File: variableFile(name), Faults: e.Faults, Places: Places{}}
	top, ok := d.parse([]byte(text))
	if ok && top == nil {
		e.refuseVariable(name, at.path, wantAttributes)
	}
	if top == nil {
		return nil, false
	}
	return d.value(top, at.node, at.path)
}

// overlay lays the environment's tree over the file's; it is koanf's merge function.
func (e *environment) overlay(src, dst map[string]any) error {
	e.lay(e.Schema.root, "", src, dst)
	return nil
}

func (e *environment) lay(at *node, path string, src, dst map[string]any) {
	for _, child := range at.children {
		value, ok := src[child.name]
		if !ok {
			continue
		}
		below := Join(path, child.name)
		sub, isMap := value.(map[string]any)
		switch {
		case !isMap:
			dst[child.name] = value
		case child.shape == branch:
			under, ok := dst[child.name].(map[string]any)
			if !ok {
				under = map[string]any{}
			}
			e.lay(child, below, sub, under)
			dst[child.name] = under
		default:
			elements, _ := dst[child.name].([]any)
			dst[child.name] = e.elements(child, below, sub, elements)
		}
	}
}

// elements overrides a list's elements by index, or extends it without a gap.
func (e *environment) elements(at *node, path string, src map[string]any, have []any) []any {
	byIndex := map[int]any{}
	for key, value := range src {
		if i, err := strconv.Atoi(key); err == nil {
			byIndex[i] = value
		}
	}
	for _, i := range slices.Sorted(maps.Keys(byIndex)) {
		if i > len(have) {
			e.Faults.Add(Index(path, i), "leaves a gap: the list has %d elements, so the next is number %d", len(have), len(have))
			break
		}
		if i == len(have) {
			have = append(have, map[string]any{})
		}
		sub, isMap := byIndex[i].(map[string]any)
		under, wasMap := have[i].(map[string]any)
		if !isMap || !wasMap {
			have[i] = byIndex[i]
			continue
		}
		e.lay(at, Index(path, i), sub, under)
	}
	return have
}
