package ivalt

import (
	"errors"
	"fmt"
	"strings"

	"ivalt-radius/auth"
)

// mostLabel is how much of the text fits on a phone.
const mostLabel = 60

var errLabel = errors.New("has a brace that is no {client}, {calling_station} or {user}")

// label is the text that the push shows, as literal pieces and placeholders. The zero label shows "VPN".
type label []piece

type piece struct {
	text string
	slot string // "client", "calling_station" or "user"; empty: text stands as it is
}

func parseLabel(template string) (label, error) {
	var l label
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
		case "client", "calling_station", "user":
			l = append(l, piece{slot: slot})
		default:
			return nil, fmt.Errorf("%w: {%s}", errLabel, slot)
		}
		template = after
	}
	return l, nil
}

// render fills the label in for one push: printable ASCII alone, single blanks, at most 60 characters, never empty. A
// value is put in as it is, so that a name with braces cannot ask for another value.
func (l label) render(p *auth.Push) string {
	var b strings.Builder
	for _, part := range l {
		switch part.slot {
		case "client":
			b.WriteString(p.Client)
		case "calling_station":
			b.WriteString(p.CallingStation)
		case "user":
			b.WriteString(p.User.String())
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
	plain = strings.Join(strings.Fields(plain), " ")
	plain = strings.TrimSpace(plain[:min(len(plain), mostLabel)])
	if plain == "" {
		return "VPN"
	}
	return plain
}
