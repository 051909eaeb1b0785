package format

import "ivalt-radius/audit"

// object writes JSON objects whose empty members are left out.
type object struct{ dst []byte }

// name appends what stands before a value.
func (o *object) name(name string) {
	if last := o.dst[len(o.dst)-1]; last != '{' {
		o.dst = append(o.dst, ',')
	}
	o.dst = append(append(append(o.dst, '"'), name...), '"', ':')
}

// member appends a value unless it is empty.
func (o *object) member(name string, v value) {
	if v.empty() {
		return
	}
	o.name(name)
	o.dst = v.appendJSON(o.dst)
}

func (o *object) text(name, s string) { o.member(name, value{text: s}) }

func (o *object) number(name, digits string) { o.member(name, value{kind: number, text: digits}) }

// texts appends a list without its empty texts.
func (o *object) texts(name string, texts ...string) {
	var some []string
	for _, s := range texts {
		if s != "" {
			some = append(some, s)
		}
	}
	o.member(name, value{kind: list, texts: some})
}

// within appends an object with the members that fill adds; none is left out.
func (o *object) within(name string, fill func()) {
	before := len(o.dst)
	o.name(name)
	o.dst = append(o.dst, '{')
	from := len(o.dst)
	fill()
	if len(o.dst) == from {
		o.dst = o.dst[:before]
		return
	}
	o.dst = append(o.dst, '}')
}

// constant is a JSON object rendered once: `"name":{…}` of texts that never change.
func constant(name string, pairs ...string) []byte {
	dst := append(audit.AppendString(nil, name), ':', '{')
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = audit.AppendString(append(audit.AppendString(dst, pairs[i]), ':'), pairs[i+1])
	}
	return append(dst, '}')
}
