package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// Bounds of a body that is still read as an answer. iVALT's own bodies have four levels and a dozen members.
const (
	maxDepth   = 16
	maxMembers = 128 // in one object or array
)

var errShape = errors.New("not one strict JSON object")

// object is a JSON object whose members keep their exact names. encoding/json would match "Status" to "status" and take
// the last of two equal names, so that a body could say yes and no at once.
type object []member

type member struct {
	name  string
	value any // object, []any, string, json.Number, bool or nil
}

// parse reads one JSON object, strictly: valid UTF-8, nothing behind it, no name twice in one object (whatever its case),
// bounded depth and width.
func parse(body []byte) (object, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, errShape
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	value, err := readValue(decoder, maxDepth)
	if err != nil {
		return nil, err
	}
	o, ok := value.(object)
	if !ok {
		return nil, errShape
	}
	return o, nil
}

func readValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, errShape
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth == 0 {
		return nil, errShape
	}
	if delim == '[' {
		return readArray(d, depth-1)
	}
	return readObject(d, depth-1)
}

func readArray(d *json.Decoder, depth int) (any, error) {
	items := []any{}
	for d.More() {
		item, err := readValue(d, depth)
		if err != nil || len(items) == maxMembers {
			return nil, errShape
		}
		items = append(items, item)
	}
	_, err := d.Token()
	return items, err
}

func readObject(d *json.Decoder, depth int) (any, error) {
	o := object{}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok || len(o) == maxMembers || o.holds(name) {
			return nil, errShape
		}
		value, err := readValue(d, depth)
		if err != nil {
			return nil, err
		}
		o = append(o, member{name: name, value: value})
	}
	_, err := d.Token()
	return o, err
}

func (o object) holds(name string) bool {
	for _, m := range o {
		if strings.EqualFold(m.name, name) {
			return true
		}
	}
	return false
}

// get is the member of exactly that name; nil where there is none, or where it is null.
func (o object) get(name string) any {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// object is the member of that name, empty where it is no object.
func (o object) object(name string) object {
	inner, _ := o.get(name).(object)
	return inner
}

// text is the member of that name where it is a string or a number, as text.
func (o object) text(name string) string {
	switch v := o.get(name).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
