package config

import (
	"strings"

	"ivalt-radius/fault"
)

// origin is where a key was written: a line of a file, or an environment variable.
type origin struct {
	file     string // empty for the configuration file
	line     int
	variable string
}

// origins are the places of all keys that were written, by key path.
type origins map[string]origin

// find is the place of a key, or of the nearest key above it.
func (o origins) find(key string) (origin, bool) {
	for {
		if at, ok := o[key]; ok {
			return at, true
		}
		cut := max(strings.LastIndexAny(key, ".["), strings.LastIndex(key, ": "))
		if cut < 0 {
			return origin{}, false
		}
		key = key[:cut]
	}
}

// locate fills in places where none is known yet.
func (o origins) locate(faults fault.List) fault.List {
	out := make(fault.List, len(faults))
	for i, f := range faults {
		out[i] = f
		if f.Line != 0 || f.File != "" {
			continue
		}
		if at, ok := o.find(f.Key); ok {
			out[i].Line, out[i].File = at.line, at.file
			if at.variable != "" {
				out[i].File = variableFile(at.variable)
			}
		}
	}
	return out
}

// variableFile is what stands in a fault's File where the value comes from the environment.
func variableFile(name string) string { return "environment variable " + name }

// Locate returns the faults of another room with file and line filled in by their key paths: the line of the key, or of the
// nearest key above it, or the environment variable that set it. Faults that have a line or a file keep it.
func (s *Settings) Locate(faults fault.List) fault.List { return s.origins.locate(faults) }
