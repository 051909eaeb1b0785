package label

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ivalt-radius/auth"
)

// Most is how much of the text fits on a phone, mostName how much of it a login name may take.
const (
	Most     = 60
	mostName = 24
)

var errLabel = errors.New("has a brace that is no {client}, {calling_station}, {user} or {number}")

// Label is the text that the push shows, as literal pieces and placeholders. The zero Label shows "VPN" and the push's number.
type Label []piece

type piece struct {
	text string
	slot string // "client", "calling_station", "user" or "number"; empty: text stands as it is
}

// Parse reads a template.
func Parse(template string) (Label, error) {
	var l Label
	for template != "" {
		text, rest, open := strings.Cut(template, "{")
		if strings.Contains(text, "}") {
			return nil, errLabel
		}
		l = append(l, piece{text: text})
		if !open {
			break
		}
		slot, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, errLabel
		}
		switch slot {
		case "client", "calling_station", "user", "number":
			l = append(l, piece{slot: slot})
		default:
			return nil, fmt.Errorf("%w: {%s}", errLabel, slot)
		}
		template = after
	}
	return l, nil
}

// Render fills the label in for one push: printable ASCII alone, single blanks, at most 60 characters, never empty. A
// value is put in as it is, so that a name with braces cannot ask for another value. The push's number is never cut off: it stands
// at the end where the template does not place it, or where the text would end before its place.
func (l Label) Render(p *auth.Push) string {
	text := l.fill(p)
	if p.Number == "" || (l.numbered() && len(text) <= Most) {
		return orVPN(text[:min(len(text), Most)])
	}
	number := " #" + p.Number
	text = l.without("number").fill(p)
	return orVPN(text[:min(len(text), Most-len(number))]) + number
}

// orVPN is a text that is never empty.
func orVPN(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return "VPN"
	}
	return text
}

// without is the label without one placeholder.
func (l Label) without(slot string) Label {
	return slices.DeleteFunc(slices.Clone(l), func(p piece) bool { return p.slot == slot })
}

// numbered reports that the template places the number itself.
func (l Label) numbered() bool {
	return slices.ContainsFunc(l, func(p piece) bool { return p.slot == "number" })
}

// fill puts the values in, as one line of printable ASCII.
func (l Label) fill(p *auth.Push) string {
	var b strings.Builder
	for _, part := range l {
		switch part.slot {
		case "number":
			b.WriteString(p.Number)
		case "client":
			b.WriteString(p.Client)
		case "calling_station":
			b.WriteString(p.CallingStation)
		case "user":
			name := p.User.String() // the person's to choose: it must not push the rest off
			b.WriteString(name[:min(len(name), mostName)])
		default:
			b.WriteString(part.text)
		}
	}
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, b.String())
	return strings.Join(strings.Fields(plain), " ")
}
