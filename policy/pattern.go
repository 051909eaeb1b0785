package policy

import (
	"errors"
	"strings"
	"unicode/utf8"
)

var (
	errPatternEmpty = errors.New("is empty: leave it out, or write * for everyone")
	errPatternBlank = errors.New("begins or ends with a blank, which no name does")
	errPatternText  = errors.New("is no valid text (UTF-8)")
)

// pattern is a name with `*` for any run of characters. The zero pattern matches the empty name alone; parsePattern never
// makes it.
type pattern struct {
	text   string   // as written, for words
	prefix string   // before the first `*`; the whole name where there is no `*`
	middle []string // between two `*`, in order
	suffix string   // behind the last `*`
	open   bool     // there is a `*`
}

// parsePattern splits a pattern at its `*` and brings each literal part to canonical form. What canonicalisation makes of
// a literal part stays literal, even if that is a `*` (the full-width one becomes it).
func parsePattern(text string, canonical func(string) (string, error)) (pattern, error) {
	switch {
	case text == "":
		return pattern{}, errPatternEmpty
	case !utf8.ValidString(text):
		return pattern{}, errPatternText
	case strings.TrimSpace(text) != text:
		return pattern{}, errPatternBlank
	}
	parts := strings.Split(text, "*")
	for i, part := range parts {
		canon, err := canonicalPart(part, canonical)
		if err != nil {
			return pattern{}, err
		}
		parts[i] = canon
	}
	p := pattern{text: text, prefix: parts[0], open: len(parts) > 1}
	if !p.open {
		return p, nil
	}
	p.suffix = parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		if part != "" {
			p.middle = append(p.middle, part)
		}
	}
	return p, nil
}

// canonicalPart spares the blanks around a part ("anna *"), which no canonical form has at a name's ends.
func canonicalPart(part string, canonical func(string) (string, error)) (string, error) {
	core := strings.Trim(part, " ")
	if core == "" {
		return part, nil
	}
	canon, err := canonical(core)
	if err != nil {
		return "", err
	}
	at := strings.Index(part, core)
	return part[:at] + canon + part[at+len(core):], nil
}

// match reports whether a canonical name meets the pattern. It runs in linear time: the leftmost place for each middle part
// leaves the most room for the rest, so nothing is ever tried twice.
func (p *pattern) match(name string) bool {
	if !p.open {
		return name == p.prefix
	}
	if len(name) < len(p.prefix)+len(p.suffix) ||
		!strings.HasPrefix(name, p.prefix) || !strings.HasSuffix(name, p.suffix) {
		return false
	}
	rest := name[len(p.prefix) : len(name)-len(p.suffix)]
	for _, part := range p.middle {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return true
}

// everything reports a pattern that every name meets.
func (p *pattern) everything() bool {
	return p.open && p.prefix == "" && p.suffix == "" && len(p.middle) == 0
}

// qualified reports a pattern that speaks of a realm, and is so tested against the whole login name.
func (p *pattern) qualified() bool {
	const marks = `@\`
	if strings.ContainsAny(p.prefix, marks) || strings.ContainsAny(p.suffix, marks) {
		return true
	}
	for _, part := range p.middle {
		if strings.ContainsAny(part, marks) {
			return true
		}
	}
	return false
}

// patterns is a list of which any may hold. Nil is a key left out.
type patterns []pattern

// match reports whether a canonical name meets any pattern.
func (ps patterns) match(name string) bool {
	for i := range ps {
		if ps[i].match(name) {
			return true
		}
	}
	return false
}

// everything reports a list that every name meets.
func (ps patterns) everything() bool {
	for i := range ps {
		if ps[i].everything() {
			return true
		}
	}
	return false
}

// String lists the patterns as written.
func (ps patterns) String() string {
	texts := make([]string, len(ps))
	for i := range ps {
		texts[i] = ps[i].text
	}
	return quoted(texts)
}

// userPattern is a pattern together with the part of the login name that it is tested against.
type userPattern struct {
	pattern
	whole bool
}

// localPart is what stands between the last `\` and the first `@` behind it.
func localPart(user string) string {
	local := user[strings.LastIndexByte(user, '\\')+1:]
	if at := strings.IndexByte(local, '@'); at >= 0 {
		local = local[:at]
	}
	return local
}

// matchUser reports whether a canonical login name meets any pattern.
func matchUser(ps []userPattern, user, local string) bool {
	for i := range ps {
		name := local
		if ps[i].whole {
			name = user
		}
		if ps[i].match(name) {
			return true
		}
	}
	return false
}

// names brings groups and clients to canonical form. The zero names lower-case.
type names struct {
	canonical func(string) (string, error)
	listed    map[string]string // names known beforehand, so that the usual case neither computes nor allocates
}

func newNames(k Known) names {
	n := names{canonical: k.Canonical, listed: make(map[string]string, len(k.Clients)+len(k.Groups))}
	for _, list := range [][]string{k.Clients, k.Groups} {
		for _, name := range list {
			n.listed[name] = n.fold(name)
		}
	}
	return n
}

// canon is the canonical form of a group's or client's name. It cannot fail: where the login names' form refuses the
// name (a group may hold what no login name may) it is lower-cased.
func (n *names) canon(name string) string {
	if canon, ok := n.listed[name]; ok {
		return canon
	}
	return n.fold(name)
}

func (n *names) fold(name string) string {
	if n.canonical != nil && !plain(name) {
		if canon, err := n.canonical(name); err == nil {
			return canon
		}
	}
	return strings.ToLower(name)
}

// user is the canonical form of a literal part of a `users` pattern.
func (n *names) user(part string) (string, error) {
	if n.canonical == nil {
		return strings.ToLower(part), nil
	}
	return n.canonical(part)
}

// plain reports ASCII, for which the canonical form is lower case.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
