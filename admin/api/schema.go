package api

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"ivalt-radius/admin/view"
	"ivalt-radius/guard"
	"ivalt-radius/guard/incident"
)

// object is a JSON object.
type object = map[string]any

//nolint:gochecknoglobals // constants that Go has no word for
var (
	rawMessage = reflect.TypeFor[json.RawMessage]()
	moments    = reflect.TypeFor[time.Time]()
	texts      = reflect.TypeFor[encoding.TextMarshaler]()
)

// isText reports a type that JSON has as a string.
func isText(t reflect.Type) bool { return t.Implements(texts) }

// closed are the words of types that have no others.
func closed(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[guard.Severity]():
		return []string{"low", "medium", "high", "critical"}
	case reflect.TypeFor[incident.State]():
		return []string{"open", "acknowledged", "closed"}
	case reflect.TypeFor[incident.Outcome]():
		return []string{string(incident.Done), string(incident.Would), string(incident.Withheld), string(incident.Failed)}
	case reflect.TypeFor[view.Cloud]():
		return []string{string(view.Simulator), string(view.Configured)}
	case reflect.TypeFor[view.Signing]():
		return []string{string(view.Observe), string(view.Ready), string(view.Enforced)}
	case reflect.TypeFor[view.Rung]():
		return []string{string(view.BySetting), string(view.ByLearning), string(view.ByHand), string(view.ByHandForAll)}
	case reflect.TypeFor[view.Stage]():
		return []string{
			string(view.StageChecking), string(view.StageChallenge), string(view.StageElsewhere), string(view.StageLookup), string(view.StageQueued),
			string(view.StagePushing), string(view.StageRinging), string(view.StageAnswering),
		}
	}
	return nil
}

// schemas are those of named structs (JSON Schema 2020-12), by name.
type schemas struct {
	names map[reflect.Type]string
	all   object
}

// of is the schema of a type as encoding/json writes it, with whole lists.
func (s *schemas) of(t reflect.Type) object {
	switch {
	case t.Kind() == reflect.Pointer: // first, since a pointer to a text is a text too
		return object{"anyOf": []object{s.of(t.Elem()), {"type": "null"}}}
	case t == moments:
		return object{"type": "string", "format": "date-time"}
	case t == rawMessage:
		return object{"description": "a JSON value: a record of the audit trail"}
	case closed(t) != nil:
		return object{"type": "string", "enum": closed(t)}
	case isText(t):
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Struct:
		return s.reference(t)
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Uint64:
		return object{"type": "integer", "minimum": 0}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.String:
		return object{"type": "string"}
	}
	panic("api: no schema for " + t.String()) // a type of the table: a test makes them all
}

// reference names the schema of a struct, and makes it the first time.
func (s *schemas) reference(t reflect.Type) object {
	name, made := s.names[t]
	if !made {
		name = t.Name()
		if _, taken := s.all[name]; taken {
			of := t.PkgPath()[strings.LastIndexByte(t.PkgPath(), '/')+1:]
			name = strings.ToUpper(of[:1]) + of[1:] + name
		}
		s.names[t], s.all[name] = name, object{}
		properties, needed := object{}, []string{}
		s.members(t, properties, &needed)
		s.all[name] = object{"type": "object", "properties": properties, "required": needed}
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// members adds those of a struct, with those of what is embedded.
func (s *schemas) members(t reflect.Type, properties object, needed *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			s.members(f.Type, properties, needed)
			continue
		case !f.IsExported() || name == "-" || name == "":
			continue
		}
		properties[name] = s.of(f.Type)
		if !strings.Contains(options, "omit") {
			*needed = append(*needed, name)
		}
	}
}

// asked is the schema of a field of a request.
func (f field) asked() object {
	o := object{"description": f.says}
	switch f.kind {
	case flag:
		o["type"], o["example"] = "boolean", f.as == "true"
		return o
	case count:
		o["type"], o["minimum"], o["maximum"], o["example"] = "integer", 1, f.greatest(), json.Number(f.as)
		return o
	case word:
		o["enum"] = f.words
	case handle:
		o["pattern"] = `^[A-Za-z0-9._:\-]+$`
	case moment:
		o["format"] = "date-time"
	case secret:
		o["format"], o["writeOnly"] = "password", true
	case text, reason, address, network, length:
	}
	o["type"], o["minLength"], o["maxLength"], o["example"] = "string", 1, f.longest(), f.as
	return o
}
