package tree

import (
	"strconv"
	"strings"

	"ivalt-radius/fault"
)

// place is where a key is written. The line of an environment variable is 0.
type place struct {
	file string // empty for the configuration file
	line int
}

// Places are where all written keys stand, by key path.
type Places map[string]place

// Has reports whether the key is written, in a file or in the environment.
func (p Places) Has(key string) bool {
	_, ok := p[key]
	return ok
}

// FromEnvironment reports whether an environment variable set the key, or the nearest written key above it.
func (p Places) FromEnvironment(key string) bool {
	at, ok := p.find(key)
	return ok && at.line == 0
}

// find is the place of a key, or of the nearest key above it.
func (p Places) find(key string) (place, bool) {
	for {
		if at, ok := p[key]; ok {
			return at, true
		}
		cut := max(strings.LastIndexAny(key, ".["), strings.LastIndex(key, ": "))
		if cut < 0 {
			return place{}, false
		}
		key = key[:cut]
	}
}

// Locate returns the faults with file and line filled in by their key paths: those of the key, or of the nearest key above it.
// Faults that have a line or a file keep it.
func (p Places) Locate(faults fault.List) fault.List {
	out := make(fault.List, len(faults))
	for i, f := range faults {
		if at, ok := p.find(f.Key); ok && f.Line == 0 && f.File == "" {
			f.Line, f.File = at.line, at.file
		}
		out[i] = f
	}
	return out
}

// variableFile is what stands in a fault's File where the value comes from the environment.
func variableFile(name string) string { return "environment variable " + name }

// Join is the path of a key below another's.
func Join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Index is the path of a list's element.
func Index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// shown makes a name that somebody wrote fit for a fault. What begins with a dollar is left out: it may be the rest of a password's hash.
func shown(name string) string {
	const most = 64
	if at := strings.IndexByte(name, '$'); at >= 0 {
		name = name[:at] + "..."
	}
	if len(name) > most {
		name = name[:most] + "..."
	}
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}
