package gateway

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Bounds of a body that is still read as an answer. iVALT's own bodies have four levels and a dozen members.
const (
	maxDepth   = 16
	maxMembers = 128 // in one object or array
)

// object is a JSON object whose members keep their exact names. encoding/json would match "Status" to "status" and take
// the last of two equal names, so that a body could say yes and no at once.
type object []member

type member struct {
	name  string
	value any // object, []any, string, json.Number, bool or nil
}

// parse reads one JSON object, strictly: valid UTF-8, nothing behind it, no name twice in one object (whatever its case),
// bounded depth and width, no script-like content. It says which rule a body breaks; nothing of the object refers to body.
func parse(body []byte) (object, Violation) {
	if scripted(body) {
		return nil, Script
	}
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, NotJSON
	}
	r := reader{text: string(body)}
	o, ok := r.value(maxDepth).(object)
	switch {
	case r.broken != Sound:
		return nil, r.broken
	case !ok:
		return nil, NotJSON
	}
	return o, Sound
}

// scripted reports what a browser could run, in whatever case: nothing that iVALT says of a phone needs it.
func scripted[T string | []byte](text T) bool {
	for i := range len(text) {
		switch text[i] {
		case '<':
			if begins(text[i:], "<script") {
				return true
			}
		case 'j', 'J':
			if begins(text[i:], "javascript:") {
				return true
			}
		case 'e', 'E':
			if begins(text[i:], "eval(") || begins(text[i:], "exec(") {
				return true
			}
		}
	}
	return false
}

// begins reports a text that begins with a word in lower case, whatever its own.
func begins[T string | []byte](text T, word string) bool {
	if len(text) < len(word) {
		return false
	}
	for i := range len(word) {
		c := text[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// reader walks over a text that json.Valid has found to be one JSON value, so that it need not look for what cannot be there.
type reader struct {
	text   string    // what is still unread
	broken Violation // the first rule that the text breaks; nothing behind it is read
}

// breaks notes the first rule that is broken.
func (r *reader) breaks(v Violation) {
	if r.broken == Sound {
		r.broken = v
	}
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
	if r.broken != Sound || r.next(closing) {
		return false
	}
	switch {
	case r.text == "":
		r.breaks(NotJSON)
	case depth < 0 || items == maxMembers:
		r.breaks(TooDeep)
	}
	return r.broken == Sound && (items == 0 || r.next(','))
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
		if o.holds(name) {
			r.breaks(TwoNames)
		}
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
		r.breaks(NotJSON)
		r.text = ""
		return ""
	}
	if scripted(text) { // without escapes it was found in the body
		r.breaks(Script)
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
