package query

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

var errNoLine = errors.New("is no line of an audit trail")

// Parse reads one line, without its newline: an object as the trail writes it, with no blanks between its members, of which time
// and type stand there once. Members that a Record has no place for are passed over. It keeps line as the Record's Line.
//
// It is the reading of millions of lines that asks for a reader of its own: encoding/json takes twice as long and more.
func Parse(line []byte) (*Record, error) {
	r := &Record{Line: line}
	p := parser{text: string(line)}
	if !p.object(r) || p.at != len(p.text) || r.Seq == 0 || r.Type == "" || r.Time.IsZero() {
		return nil, errNoLine
	}
	return r, nil
}

// parser is where a line is being read.
type parser struct {
	text string
	at   int
}

// object reads the members into the record.
func (p *parser) object(r *Record) bool {
	if !p.take('{') {
		return false
	}
	for {
		name, ok := p.value()
		if !ok || !p.take(':') || !plain(name) {
			return false
		}
		raw, ok := p.value()
		if !ok || !r.set(name[1:len(name)-1], raw) {
			return false
		}
		if !p.take(',') {
			return p.take('}')
		}
	}
}

func (p *parser) take(c byte) bool {
	if p.at >= len(p.text) || p.text[p.at] != c {
		return false
	}
	p.at++
	return true
}

// value is the raw text of a value. Whether it is a sound one is seen by whoever takes it.
func (p *parser) value() (string, bool) {
	from := p.at
	if from >= len(p.text) {
		return "", false
	}
	switch p.text[from] {
	case '"':
		return p.quoted()
	case '[', '{':
		return p.nested()
	}
	n := strings.IndexAny(p.text[from:], `,}]"`)
	if n < 1 {
		return "", false
	}
	p.at += n
	return p.text[from:p.at], true
}

// quoted reads to the end of a string.
func (p *parser) quoted() (string, bool) {
	from := p.at
	for i := from + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.at = i + 1
			return p.text[from:p.at], true
		case c == '\\':
			i++
		case c < ' ':
			return "", false
		}
	}
	return "", false
}

// nested reads to the end of a list or an object.
func (p *parser) nested() (string, bool) {
	from, depth := p.at, 0
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case '"':
			if _, ok := p.quoted(); !ok {
				return "", false
			}
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		p.at++
		if depth == 0 {
			return p.text[from:p.at], true
		}
	}
	return "", false
}

// set puts a value into the field of that name. It reports false where the value is not of the field's kind, or no JSON.
func (r *Record) set(name, raw string) bool {
	if field := r.loginText(name); field != nil {
		return readText(field, raw)
	}
	if field := r.otherText(name); field != nil {
		return readText(field, raw)
	}
	if field := r.number(name); field != nil {
		n, err := strconv.ParseUint(raw, 10, 64)
		*field = n
		return err == nil && canonical(raw)
	}
	if field := r.signed(name); field != nil {
		n, err := strconv.ParseInt(raw, 10, 64)
		*field = n
		return err == nil && canonical(raw)
	}
	switch name {
	case "time":
		var text string
		return r.Time.IsZero() && readText(&text, raw) && r.Time.UnmarshalText([]byte(text)) == nil
	case "type":
		return r.Type == "" && readText(&r.Type, raw)
	case "factors":
		return readTexts(&r.Factors, raw)
	case "exchanges":
		n, err := strconv.Atoi(raw)
		r.Exchanges = n
		return err == nil && canonical(raw)
	case "changes":
		return json.Unmarshal([]byte(raw), &r.Changes) == nil
	case "status":
		r.Status = json.RawMessage(raw)
	}
	return plain(raw) || json.Valid([]byte(raw))
}

// canonical reports a number that begins as JSON's do.
func canonical(raw string) bool {
	raw = strings.TrimPrefix(raw, "-")
	return raw != "" && raw[0] != '+' && (raw[0] != '0' || len(raw) == 1)
}

// loginText is the field of a text that logins have, nil where there is none of that name.
func (r *Record) loginText(name string) *string {
	switch name {
	case "attempt":
		return &r.Attempt
	case "client":
		return &r.Client
	case "nas":
		return &r.NAS
	case "user":
		return &r.User
	case "calling_station":
		return &r.CallingStation
	case "decision":
		return &r.Decision
	case "rule":
		return &r.Rule
	case "verdict":
		return &r.Verdict
	case "reason":
		return &r.Reason
	case "mobile":
		return &r.Mobile
	case "detail":
		return &r.Detail
	case "hash":
		return &r.Hash
	}
	return nil
}

// otherText is the field of any other text.
func (r *Record) otherText(name string) *string {
	switch name {
	case "event":
		return &r.Event
	case "action":
		return &r.Action
	case "actor":
		return &r.Actor
	case "target":
		return &r.Target
	case "filter":
		return &r.Filter
	case "digest":
		return &r.Digest
	case "call":
		return &r.Call
	case "endpoint":
		return &r.Endpoint
	case "class":
		return &r.Class
	case "request_id":
		return &r.RequestID
	case "session":
		return &r.Session
	case "framed_ip":
		return &r.FramedIP
	case "last_hash":
		return &r.LastHash
	case "file":
		return &r.File
	}
	return nil
}

// number is the field of a whole number.
func (r *Record) number(name string) *uint64 {
	switch name {
	case "seq":
		return &r.Seq
	case "session_time":
		return &r.SessionTime
	case "input_octets":
		return &r.InputOctets
	case "output_octets":
		return &r.OutputOctets
	case "terminate_cause":
		return &r.TerminateCause
	case "first":
		return &r.First
	case "last":
		return &r.Last
	}
	return nil
}

// signed is the field of a whole number that a program may reckon with.
func (r *Record) signed(name string) *int64 {
	switch name {
	case "duration_ms":
		return &r.DurationMS
	case "packets":
		return &r.Packets
	case "last_packet_ms":
		return &r.LastPacketMS
	}
	return nil
}

// plain reports a quoted text without escapes, which stands for itself.
func plain(raw string) bool {
	return len(raw) > 1 && raw[0] == '"' && strings.IndexByte(raw, '\\') < 0 && utf8.ValidString(raw)
}

func readText(field *string, raw string) bool {
	if plain(raw) {
		*field = raw[1 : len(raw)-1]
		return true
	}
	return raw[0] == '"' && json.Unmarshal([]byte(raw), field) == nil
}

// readTexts reads a list of texts.
func readTexts(field *[]string, raw string) bool {
	list := parser{text: raw}
	texts := make([]string, 0, 2)
	if !list.take('[') {
		return false
	}
	for !list.take(']') {
		text := ""
		item, ok := list.value()
		if !ok || !readText(&text, item) {
			return false
		}
		texts = append(texts, text)
		if more := list.take(','); more == (list.at < len(raw) && raw[list.at] == ']') {
			return false
		}
	}
	*field = texts
	return list.at == len(raw)
}
