package forget

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"ivalt-radius/audit"
	"ivalt-radius/audit/chain"
)

// Prefix begins each pseudonym.
const Prefix = "forgotten-"

// NewPseudonym is a name for a person, by lot: nothing leads back from it.
func NewPseudonym() string {
	var octets [8]byte
	_, _ = rand.Read(octets[:]) // never fails
	return Prefix + hex.EncodeToString(octets[:])
}

// The members that name a person, and the salt.
const (
	userMember   = "user"
	targetMember = "target"
	filterMember = "filter"
	saltMember   = "salt"
)

// emptied reports a member that tells more of the person whom a line is about.
func emptied(name string) bool {
	switch name {
	case "calling_station", "mobile", "framed_ip", "session":
		return true
	}
	return false
}

// mayName reports a type whose lines can name a person. A forget record, which is of one of them, names none, and never changes.
func mayName(line []byte, r chain.Record) bool {
	switch r.Type {
	case chain.AuthenticationAttempt.String(), chain.SecurityEvent.String(), chain.DataAccess.String():
		return true
	case chain.UserAction.String():
		return !bytes.Contains(line[:min(len(line), 160)], []byte(`"type":"user_action","action":"`+audit.ForgetAction+`",`))
	}
	return false
}

// Line is the line, without its newline, with the pseudonym in place of the user, the canonical name; not ok where the line does not
// name the user, or is no record. The members `user`, `target` and the flag --user in `filter` are compared as the texts that their
// JSON stands for, as wholes. Where `user` is the user's, calling_station, mobile, framed_ip and session become empty; in each line
// that changes the salt does. All other bytes stay. It keeps nothing of line.
func Line(line []byte, user, pseudonym string) (rewritten []byte, ok bool) {
	r, err := chain.Parse(line)
	if err != nil || user == "" || !mayName(line, r) {
		return nil, false
	}
	all := membersOf(line)
	about := slices.ContainsFunc(all, func(m member) bool { return m.name == userMember && m.text(line) == user })
	flag, other := userFlag(user), userFlag(pseudonym)
	done := 0
	for _, m := range all {
		value := ""
		switch {
		case m.name == userMember && about, m.name == targetMember:
			if m.text(line) != user {
				continue
			}
			value, ok = pseudonym, true
		case m.name == filterMember:
			was := m.text(line)
			if !strings.Contains(was, flag) {
				continue
			}
			value, ok = strings.ReplaceAll(was, flag, other), true
		case about && emptied(m.name), m.name == saltMember:
		default:
			continue
		}
		rewritten = append(rewritten, line[done:m.from]...)
		rewritten = audit.AppendString(rewritten, value)
		done = m.to
	}
	if !ok {
		return nil, false
	}
	return append(rewritten, line[done:]...), true
}

// userFlag is how a filter names a user. What another flag is given is quoted, so that it never holds this.
func userFlag(user string) string { return "--user " + strconv.Quote(user) }

// member is one member of a line's object: its name, and where its value stands.
type member struct {
	name     string
	from, to int
}

// text is what a value says where it is a text; else it is empty, as for every other value.
func (m member) text(line []byte) string {
	var text string
	if json.Unmarshal(line[m.from:m.to], &text) != nil {
		return ""
	}
	return text
}

// membersOf are the members of the line's own object, in order. What an inner object holds is none of them. The line is valid JSON.
func membersOf(line []byte) []member {
	var all []member
	at := 1 // behind the brace
	for at < len(line) {
		end := valueEnd(line, at)
		var name string
		_ = json.Unmarshal(line[at:end], &name)
		from := end + 1 // behind the colon
		to := valueEnd(line, from)
		all = append(all, member{name, from, to})
		at = to + 1 // behind the comma, or the last brace
	}
	return all
}

// valueEnd is behind the value that begins at from.
func valueEnd(line []byte, from int) int {
	depth, quoted := 0, false
	for i := from; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case (c == '}' || c == ']') && depth > 0:
			depth--
		case c == ',' || c == ':' || c == '}' || c == ']':
			if depth == 0 {
				return i
			}
		}
	}
	return len(line)
}
