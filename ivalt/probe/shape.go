package probe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ivalt-radius/ivalt/gateway"
)

// Bounds of a shape.
const (
	mostLevels  = 12
	mostMembers = 64
	mostItems   = 3
)

// body is the shape of one: JSON of the same structure, each value replaced by what may be said of it.
func (s *scrubber) body(octets []byte) any {
	trimmed := bytes.TrimSpace(octets)
	var v any
	d := json.NewDecoder(bytes.NewReader(trimmed))
	d.UseNumber()
	switch {
	case len(trimmed) == 0:
		return "empty"
	case d.Decode(&v) == nil && !d.More():
		return s.value(v, "", mostLevels)
	case trimmed[0] == '<':
		return fmt.Sprintf("markup, %d octets", len(octets))
	}
	return fmt.Sprintf("no JSON, %d octets", len(octets))
}

func (s *scrubber) value(v any, name string, levels int) any {
	switch v := v.(type) {
	case map[string]any:
		return s.members(v, levels-1)
	case []any:
		return s.items(v, name, levels-1)
	case string:
		if spoken(name) {
			return "text: " + s.text(v)
		}
		return classOf(v)
	case json.Number:
		return number(v.String(), name)
	case bool:
		if spoken(name) {
			return v
		}
		return "boolean"
	}
	return nil
}

// members keeps names; those that look personal become one another's like, and are numbered.
func (s *scrubber) members(o map[string]any, levels int) any {
	if levels < 0 || len(o) > mostMembers {
		return fmt.Sprintf("object of %d", len(o))
	}
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	shape := make(map[string]any, len(o))
	for _, name := range names {
		kept := s.name(name)
		for n := 2; shape[kept] != nil; n++ {
			kept = fmt.Sprintf("%s (%d)", s.name(name), n)
		}
		if shape[kept] = s.value(o[name], kept, levels); shape[kept] == nil {
			shape[kept] = json.RawMessage("null")
		}
	}
	return shape
}

func (s *scrubber) items(list []any, name string, levels int) any {
	if levels < 0 {
		return fmt.Sprintf("list of %d", len(list))
	}
	shape := []any{}
	for _, v := range list[:min(len(list), mostItems)] {
		shape = append(shape, s.value(v, name, levels))
	}
	if more := len(list) - mostItems; more > 0 {
		shape = append(shape, fmt.Sprintf("and %d more", more))
	}
	return shape
}

// number is a status as it is, and of any other number its kind: coordinates and keys of tables are numbers too.
func number(text, name string) any {
	if n, err := strconv.Atoi(text); err == nil && spoken(name) && n >= 0 && n <= 999 {
		return n
	}
	if strings.ContainsAny(text, ".eE") {
		return "decimal"
	}
	return "integer"
}

// classOf is what may be said of a text whose words may not.
func classOf(text string) string {
	for _, class := range classes() {
		if class.pattern.MatchString(text) {
			return fmt.Sprintf("string: %s (%d)", class.word, len(text))
		}
	}
	return fmt.Sprintf("string: text (%d)", len(text))
}

type class struct {
	word    string
	pattern *regexp.Regexp
}

// classes are looked through in order.
func classes() []class {
	return []class{
		{"empty", regexp.MustCompile(`^$`)},
		{"international number", regexp.MustCompile(`^\+[0-9 ()-]{6,}$`)},
		{"country code", regexp.MustCompile(`^\+[0-9]{1,4}$`)},
		{"digits", regexp.MustCompile(`^[0-9]+$`)},
		{"decimal", regexp.MustCompile(`^-?[0-9]+\.[0-9]+$`)},
		{"time", regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?$`)},
		{"UUID", regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)},
		{"e-mail", regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)},
		{"URL", regexp.MustCompile(`^https?://`)},
		{"path", regexp.MustCompile(`^/\S*$`)},
		{"letters", regexp.MustCompile(`^[A-Za-z]+$`)},
		{"letters and digits", regexp.MustCompile(`^[A-Za-z0-9_-]+$`)},
	}
}

// enveloped reports a body in iVALT's own envelope: an object with data or error.
func enveloped(octets []byte) bool {
	var o map[string]json.RawMessage
	if json.Unmarshal(octets, &o) != nil {
		return false
	}
	_, data := o["data"]
	_, problem := o["error"]
	return data || problem
}

// headerShape is what may be kept of an answer's headers.
type headerShape struct {
	Names  []string          `json:"names"`
	Values map[string]string `json:"values,omitempty"`
}

// header keeps names, and the values that say how often we may come and what kind of body this is.
func (s *scrubber) header(h http.Header, came time.Time) headerShape {
	shape := headerShape{Names: []string{}, Values: map[string]string{}}
	for name := range h {
		kept := s.name(name)
		if !slices.Contains(shape.Names, kept) {
			shape.Names = append(shape.Names, kept)
		}
		switch lower := strings.ToLower(name); {
		case lower == "content-type":
			shape.Values[name] = mediaType(h.Get(name))
		case lower == "retry-after" || strings.HasPrefix(lower, "x-ratelimit-") && kept == name:
			shape.Values[name] = rateValue(h.Get(name), came)
		}
	}
	slices.Sort(shape.Names)
	return shape
}

// mediaType is one that web servers send, or "other".
func mediaType(text string) string {
	media, _, err := mime.ParseMediaType(text)
	known := []string{"application/json", "application/problem+json", "text/json", "text/html", "text/plain", "application/xml", "text/xml"}
	if err != nil || !slices.Contains(known, media) {
		return "other"
	}
	return media
}

// rateValue is a small number as it is, and of a time how far away it is.
func rateValue(text string, came time.Time) string {
	const small, epoch = 6, 10 // digits
	text = strings.TrimSpace(text)
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err == nil && n >= 0 && len(text) <= small:
		return text
	case err == nil && len(text) == epoch && time.Unix(n, 0).Sub(came).Abs() < 25*time.Hour:
		return fmt.Sprintf("a time, %d s ahead", int(time.Unix(n, 0).Sub(came)/time.Second))
	case err != nil:
		if at, err := http.ParseTime(text); err == nil && at.Sub(came).Abs() < 25*time.Hour {
			return fmt.Sprintf("a date, %d s ahead", int(at.Sub(came)/time.Second))
		}
	}
	return "other"
}

// called is the class of an answer in words, its breach of form with it.
func called(r gateway.Result) string {
	if word := r.Violation.String(); word != "" {
		return r.Class.String() + " (" + word + ")"
	}
	return r.Class.String()
}
