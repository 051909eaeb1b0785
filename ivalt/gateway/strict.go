package gateway

import (
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
// bounded depth and width. Nothing of it refers to body.
func parse(body []byte) (object, error) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, errShape
	}
	r := reader{text: string(body)}
	o, ok := r.value(maxDepth).(object)
	if !ok || r.bad {
		return nil, errShape
	}
	return o, nil
}

// reader walks over a text that json.Valid has found to be one JSON value, so that it need not look for what cannot be there.
type reader struct {
	text string // what is still unread
	bad  bool   // it is JSON, but not strict
}

// next drops blanks, and the one octet behind them where that is c.
func (r *reader) next(c byte) bool {
	r.text = strings.TrimLeft(r.text, " \t\r\n")
	if r.text == "" || r.text[0] != c {
		return false
	}
	r.text = r.text[1:]
	return true
}

func (r *reader) value(depth int) any {
	switch {
	case r.next('{'):
		return r.object(depth - 1)
	case r.next('['):
		return r.array(depth - 1)
	case r.next('"'):
		return r.quoted()
	}
	end := strings.IndexAny(r.text, ",]} \t\r\n")
	if end < 0 {
		end = len(r.text)
	}
	word := r.text[:end]
	r.text = r.text[end:]
	switch word {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	return json.Number(word)
}

// more reports that another item follows before the closing octet, and gives up on one too many or too deep.
func (r *reader) more(closing byte, items, depth int) bool {
	if r.bad || r.next(closing) {
		return false
	}
	r.bad = depth < 0 || items == maxMembers || r.text == ""
	return !r.bad && (items == 0 || r.next(','))
}

func (r *reader) array(depth int) []any {
	items := []any{}
	for r.more(']', len(items), depth) {
		items = append(items, r.value(depth))
	}
	return items
}

func (r *reader) object(depth int) object {
	o := make(object, 0, 8)
	for r.more('}', len(o), depth) {
		r.next('"')
		name := r.quoted()
		r.bad = r.bad || o.holds(name)
		r.next(':')
		o = append(o, member{name: name, value: r.value(depth)})
	}
	return o
}

// quoted is a string whose opening quote is read. One with escapes goes to encoding/json.
func (r *reader) quoted() (text string) {
	end := strings.IndexAny(r.text, `"\`)
	if end >= 0 && r.text[end] == '"' {
		text, r.text = r.text[:end], r.text[end+1:]
		return text
	}
	for end = 0; end < len(r.text) && r.text[end] != '"'; end++ {
		if r.text[end] == '\\' {
			end++
		}
	}
	if end >= len(r.text) || json.Unmarshal([]byte(`"`+r.text[:end+1]), &text) != nil {
		r.bad, r.text = true, ""
		return ""
	}
	r.text = r.text[end+1:]
	return text
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
