package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Bounds of a request, in octets.
const (
	mostBody  = 64 << 10
	mostQuery = 8 << 10
)

// read understands a request. The error is a refused.
func (r route) read(w http.ResponseWriter, req *http.Request) (values, error) {
	v := values{}
	var invalid []Invalid
	for _, f := range r.fields {
		if r.inPath(f) {
			value, wrong := f.read(req.PathValue(f.name))
			if wrong != "" {
				invalid = append(invalid, Invalid{Detail: wrong, Parameter: f.name})
			}
			v[f.name] = value
		}
	}
	var more []Invalid
	var err error
	if r.inBody() {
		more, err = r.body(w, req, v)
	} else {
		more, err = r.query(req.URL.RawQuery, v)
	}
	if err != nil {
		return nil, err
	}
	invalid = append(invalid, more...)
	if len(invalid) > 0 {
		return nil, faulty(invalid)
	}
	return v, nil
}

// query reads the fields of a query.
func (r route) query(raw string, v values) ([]Invalid, error) {
	asked, err := url.ParseQuery(raw)
	if len(raw) > mostQuery || err != nil {
		return nil, refused{http.StatusBadRequest, "the query cannot be understood: name=value, joined by &, percent-encoded, 8 KiB at most", nil}
	}
	var invalid []Invalid
	for _, f := range r.rest() {
		given, there := asked[f.name]
		delete(asked, f.name)
		switch {
		case len(given) > 1:
			invalid = append(invalid, Invalid{Detail: "stands there more than once", Parameter: f.name})
		case there:
			value, wrong := f.read(given[0])
			if wrong != "" {
				invalid = append(invalid, Invalid{Detail: wrong, Parameter: f.name})
			}
			v[f.name] = value
		case f.must:
			invalid = append(invalid, Invalid{Detail: "is missing", Parameter: f.name})
		}
	}
	if len(asked) > 0 { // their names are the asker's own: nobody repeats them
		invalid = append(invalid, Invalid{Detail: "there are parameters that this does not have; it has " + r.names()})
	}
	return invalid, nil
}

// names are the fields that the path does not name, in words.
func (r route) names() string {
	var names []string
	for _, f := range r.rest() {
		names = append(names, f.name)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// body reads the fields of a JSON body: one flat object.
func (r route) body(w http.ResponseWriter, req *http.Request, v values) ([]Invalid, error) {
	if req.URL.RawQuery != "" {
		return nil, refused{http.StatusBadRequest, "there is a query: what is asked goes into the body", nil}
	}
	if kind, parameters, err := mime.ParseMediaType(req.Header.Get("Content-Type")); err != nil || kind != "application/json" || !utf8Charset(parameters["charset"]) {
		return nil, refused{http.StatusUnsupportedMediaType, "send the body as application/json", nil}
	}
	if e := req.Header.Get("Content-Encoding"); e != "" {
		return nil, refused{http.StatusUnsupportedMediaType, "send the body without Content-Encoding", nil}
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, req.Body, mostBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, refused{http.StatusRequestEntityTooLarge, "the body is longer than 64 KiB", nil}
	}
	if err != nil || !json.Valid(text) || !utf8.Valid(text) {
		return nil, refused{http.StatusBadRequest, "the body is no JSON text (RFC 8259), or was cut off", nil}
	}
	return r.object(text, v)
}

func utf8Charset(charset string) bool { return charset == "" || strings.EqualFold(charset, "utf-8") }

// object reads a valid JSON text. Its own walk, since encoding/json takes the last of several equal keys, and keys in any case.
func (r route) object(text []byte, v values) ([]Invalid, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, refused{http.StatusBadRequest, "the body is no JSON object", nil}
	}
	known := map[string]field{}
	for _, f := range r.rest() {
		known[f.name] = f
	}
	seen := map[string]bool{}
	var invalid []Invalid
	for d.More() {
		key, _ := d.Token() // the text is valid
		name, _ := key.(string)
		f, ok := known[name]
		token, _ := d.Token()
		_, nested := token.(json.Delim)
		switch {
		case !ok:
			return append(invalid, Invalid{Detail: "there are members that this does not have; it has " + r.names(), Pointer: "#"}), nil
		case seen[name]:
			return append(invalid, Invalid{Detail: "stands there more than once", Pointer: "#/" + name}), nil
		case nested: // nobody goes into it
			return append(invalid, Invalid{Detail: "must be " + f.wants(), Pointer: "#/" + name}), nil
		}
		seen[name] = true
		value, wrong := f.member(token)
		if wrong != "" {
			invalid = append(invalid, Invalid{Detail: wrong, Pointer: "#/" + name})
		}
		v[name] = value
	}
	return append(invalid, r.lacks(seen, v)...), nil
}

// member makes a value of a member of an object, which has the type of the field.
func (f field) member(token json.Token) (any, string) {
	switch t := token.(type) {
	case bool:
		if f.kind == flag {
			return t, ""
		}
	case json.Number:
		if f.kind == count {
			return f.read(t.String())
		}
	case string:
		if f.kind != flag && f.kind != count {
			return f.read(t)
		}
	}
	return nil, "must be " + f.wants()
}

// lacks says what is missing of a body.
func (r route) lacks(seen map[string]bool, v values) (invalid []Invalid) {
	for _, f := range r.rest() {
		if f.must && !seen[f.name] {
			invalid = append(invalid, Invalid{Detail: "is missing", Pointer: "#/" + f.name})
		}
	}
	if len(r.choice.of) == 0 {
		return invalid
	}
	chosen := 0
	for _, name := range r.choice.of {
		if off, isFlag := v[name].(bool); seen[name] && (!isFlag || off) {
			chosen++
		}
	}
	switch {
	case chosen == 0:
		invalid = append(invalid, Invalid{Detail: "name " + strings.Join(r.choice.of, " or "), Pointer: "#"})
	case chosen > 1 && r.choice.exact:
		invalid = append(invalid, Invalid{Detail: "name one alone of " + strings.Join(r.choice.of, " and "), Pointer: "#"})
	}
	return invalid
}
