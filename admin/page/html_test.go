package page_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// document is a page as a browser would take it, as far as rules speak of it.
type document struct {
	ids, targets []string // what is named, and what for=, aria-labelledby= and data-open= name
	unnamed      []string // fields without any label
	fields       []string // ids of fields that want a label with for=
	headings     []int
	posts, csrf  int
	faults       []string
}

func voids() []string { return []string{"meta", "link", "input", "br"} }

// parse reads a page or a part of one, and notes what breaks a rule. Elements must be closed where they were opened: a text that was not
// escaped breaks that, or is an element, an attribute or a URL that no template has.
func parse(text, token string) *document {
	d := &document{}
	decoder := xml.NewDecoder(strings.NewReader(text))
	decoder.Strict, decoder.Entity = false, xml.HTMLEntity
	var open []string
	for {
		t, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			d.faults = append(d.faults, err.Error())
			break
		}
		switch t := t.(type) {
		case xml.StartElement:
			d.element(t, open, token)
			if !slices.Contains(voids(), t.Name.Local) {
				open = append(open, t.Name.Local)
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != t.Name.Local {
				d.faults = append(d.faults, fmt.Sprintf("</%s> closes %v", t.Name.Local, open))
				return d
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 && open[len(open)-1] == "script" && strings.TrimSpace(string(t)) != "" {
				d.faults = append(d.faults, "an inline script")
			}
		}
	}
	if len(open) > 0 {
		d.faults = append(d.faults, fmt.Sprintf("open at the end: %v", open))
	}
	d.whole()
	return d
}

func known() []string {
	return strings.Fields(`html head meta title link script body a header svg path nav ul li ol div button span main dialog h1 h2 h3 dl dt dd kbd form
		input label select option fieldset legend section p small strong br table caption thead tbody tr th td bdi time meter progress details summary
		code del ins pre`)
}

// element notes what one element says.
func (d *document) element(e xml.StartElement, open []string, token string) {
	name := e.Name.Local
	if !slices.Contains(known(), name) {
		d.faults = append(d.faults, "no template has a <"+name+">")
	}
	is := map[string]string{}
	for _, a := range e.Attr {
		key := a.Name.Local
		if a.Name.Space != "" {
			key = a.Name.Space + ":" + key
		}
		is[key] = a.Value
		d.attribute(name, key, a.Value)
	}
	switch {
	case len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6':
		d.headings = append(d.headings, int(name[1]-'0'))
	case name == "script" && is["src"] == "":
		d.faults = append(d.faults, "a script without src")
	case name == "form" && is["method"] == "post":
		d.posts++
	case name == "input" && is["type"] == "hidden":
		if is["name"] == "csrf" && is["value"] == token {
			d.csrf++
		}
	case name == "input" || name == "select" || name == "textarea":
		if is["aria-label"] == "" && !slices.Contains(open, "label") {
			d.unnamed = append(d.unnamed, is["name"])
		}
		d.fields = append(d.fields, is["id"])
	}
}

// attribute notes one, and what is wrong with it.
func (d *document) attribute(element, key, value string) {
	switch {
	case strings.HasPrefix(key, "on") || strings.HasPrefix(key, "hx-on") || key == "style" || key == "srcdoc":
		d.faults = append(d.faults, fmt.Sprintf("<%s %s=%q>", element, key, value))
	case (key == "hx-headers" || element == "meta" && strings.HasPrefix(value, "{")) && !json.Valid([]byte(value)):
		d.faults = append(d.faults, fmt.Sprintf("%s=%q is no JSON", key, value))
	case key == "id":
		d.ids = append(d.ids, value)
	case key == "for" || key == "aria-labelledby" || key == "data-open":
		d.targets = append(d.targets, value)
	case key == "hx-target" || key == "hx-select" || key == "href" && strings.HasPrefix(value, "#"):
		d.targets = append(d.targets, strings.TrimPrefix(value, "#"))
	case slices.Contains([]string{"href", "src", "action", "hx-get", "hx-post", "sse-connect"}, key):
		if !strings.HasPrefix(value, "/") || strings.HasPrefix(value, "//") {
			d.faults = append(d.faults, fmt.Sprintf("<%s %s=%q>: it leads elsewhere", element, key, value))
		}
	}
}

// whole checks what only the whole of a page shows.
func (d *document) whole() {
	for i, id := range d.ids {
		if slices.Contains(d.ids[:i], id) || id == "" {
			d.faults = append(d.faults, fmt.Sprintf("the id %q is there twice, or empty", id))
		}
	}
	for _, id := range d.targets {
		if !slices.Contains(d.ids, id) {
			d.faults = append(d.faults, fmt.Sprintf("nothing has the id %q", id))
		}
	}
	for _, id := range d.fields {
		if !slices.Contains(d.targets, id) {
			d.faults = append(d.faults, fmt.Sprintf("no label is for the field %q", id))
		}
	}
	if len(d.unnamed) > 0 {
		d.faults = append(d.faults, fmt.Sprintf("fields without a label: %q", d.unnamed))
	}
	for i, level := range d.headings {
		if i == 0 && level != 1 || i > 0 && level > d.headings[i-1]+1 {
			d.faults = append(d.faults, fmt.Sprintf("headings out of order: %v", d.headings))
			break
		}
	}
	if d.posts != d.csrf {
		d.faults = append(d.faults, fmt.Sprintf("%d forms change something, %d have the token", d.posts, d.csrf))
	}
}

// TestTheCheckSeesFaults: what the other tests trust in.
func TestTheCheckSeesFaults(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an element":       `<p><img src="x"></p>`,
		"a script":         `<script>alert(1)</script>`,
		"a handler":        `<p onclick="x()">a</p>`,
		"no JSON":          `<p hx-headers='{"a": "b"c"}'>a</p>`,
		"a style":          `<p style="color:red">a</p>`,
		"not closed":       `<p><b>a</p>`,
		"open":             `<div><p>a</p>`,
		"two ids":          `<p id="a"></p><p id="a"></p>`,
		"no such id":       `<label for="a"></label>`,
		"no label":         `<input name="q" id="q">`,
		"no token":         `<form method="post" action="/x"><input type="hidden" name="csrf" value="other"></form>`,
		"headings":         `<h1>a</h1><h3>b</h3>`,
		"no h1 first":      `<h2>a</h2>`,
		"a foreign host":   `<a href="https://example.org/">a</a>`,
		"without a scheme": `<a href="//example.org/">a</a>`,
		"a script's URL":   `<a href="javascript:alert(1)">a</a>`,
	} {
		if d := parse(text, "t"); len(d.faults) == 0 {
			t.Errorf("%s: no fault is found in %s", name, text)
		}
	}
	if d := parse(`<!doctype html><h1>a</h1><form method="post" action="/x"><input type="hidden" name="csrf" value="t"><label for="q">b</label><input id="q" aria-label="q" required></form>`, "t"); len(d.faults) > 0 {
		t.Error(d.faults)
	}
}
