package format

import (
	"bytes"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
)

// jsonLines is the trail's own form.
type jsonLines struct{ columns []column }

// Header implements Format.
func (jsonLines) Header() []byte { return nil }

// Append implements Format.
func (j jsonLines) Append(dst []byte, r *query.Record) []byte {
	if len(r.Line) > 0 && clean(string(r.Line)) {
		return append(dst, r.Line...)
	}
	attempt := r.Type == audit.AuthenticationAttempt.String()
	dst = append(dst, '{')
	from := len(dst)
	for i, c := range j.columns {
		v := c.of(r)
		if attempt && i >= firstOfAttempt && i < behindAttempt {
			v = v.zero()
		} else if v.empty() {
			continue
		}
		if len(dst) > from {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), c.name...), '"', ':')
		dst = v.appendJSON(dst)
	}
	return append(dst, '}')
}

// clean reports a text in which nothing needs the escape of a control, hidden or malformed character. It asks the trail's own
// escaping, which alone knows them.
func clean(s string) bool {
	quoted := audit.AppendString(make([]byte, 0, len(s)+64), s)
	for i := 0; ; i++ {
		at := bytes.IndexByte(quoted[i:], '\\')
		if at < 0 {
			return true
		}
		i += at + 1
		if quoted[i] != '"' && quoted[i] != '\\' {
			return false
		}
	}
}

// shown is a text for a form that has no escape for control characters: itself where it is clean, else a JSON string. A text that
// begins with a double quote is one too, so that nothing else looks like it.
func shown(s string) string {
	if clean(s) && (s == "" || s[0] != '"') {
		return s
	}
	return string(audit.AppendString(nil, s))
}
