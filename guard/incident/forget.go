package incident

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"ivalt-radius/audit"
)

// Forget puts a pseudonym in the place of a person's canonical name, in all incidents, closed ones too, and empties what else tells of
// the person. It returns how many incidents changed, all on disk. An error names those that could not be read or written: the person
// may still stand there. What comes later of the person makes a new incident.
func (b *Book) Forget(user, pseudonym string) (changed int, err error) {
	if user == "" || pseudonym == "" {
		return 0, errors.New("forgetting a person in the incidents: a name and a pseudonym are needed")
	}
	var failed []string
	for _, i := range b.List() {
		did, ok := b.forgetIn(i.ID, user, pseudonym)
		if did {
			changed++
		}
		if !ok {
			failed = append(failed, i.ID)
		}
	}
	if len(failed) > 0 {
		err = fmt.Errorf("the person may still stand in the incidents %s, which could not be read or written", strings.Join(failed, ", "))
	}
	return changed, err
}

// forgetIn is Forget in one incident.
func (b *Book) forgetIn(id, user, pseudonym string) (changed, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.all[id]
	if e == nil {
		return false, true // it was removed meanwhile
	}
	if b.recall(e) != nil {
		return false, false
	}
	was := e.key()
	if changed = e.forget(user, pseudonym); !changed {
		if e.State == Closed && !e.dirty {
			e.Evidence = nil
		}
		return false, true
	}
	if now := e.key(); now != was && b.open[was] == e {
		delete(b.open, was) // whatever comes is of somebody whom nobody knows
	}
	b.save(e)
	return true, !e.dirty
}

// forget rewrites one incident.
func (i *Incident) forget(user, pseudonym string) (changed bool) {
	swap := func(text *string) {
		if other := replaceName(*text, user, pseudonym); other != *text {
			*text, changed = clean(other, mostText), true
		}
	}
	if i.Subject.User == user {
		i.Subject.User, i.Subject.Address, i.Subject.Station, changed = pseudonym, netip.Addr{}, "", true
	}
	swap(&i.Detail)
	for n := range i.Actions {
		swap(&i.Actions[n].Detail)
	}
	for n := range i.History {
		swap(&i.History[n].Reason)
	}
	kept := i.Evidence[:0]
	for _, line := range i.Evidence {
		if record, ok := forgetRecord(line.Record, user, pseudonym); ok {
			line.Record, changed = record, true
		}
		if !sound(line) { // the pseudonym has made it too long
			i.LeftOut++
			continue
		}
		kept = append(kept, line)
	}
	i.Evidence = kept
	return changed
}

// forgetRecord is a record with the pseudonym in the place of the name, and empty where it tells more of the person; not ok where it
// does not name the user.
func forgetRecord(record json.RawMessage, user, pseudonym string) (json.RawMessage, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(record, &members) != nil {
		return nil, false
	}
	text := func(name string) string {
		var s string
		_ = json.Unmarshal(members[name], &s) // what is no text names nobody
		return s
	}
	set := func(name, value string) {
		if _, there := members[name]; there {
			members[name] = audit.AppendString(nil, value)
		}
	}
	about := text("user") == user
	if about {
		set("user", pseudonym)
		for _, name := range []string{"calling_station", "mobile", "framed_ip", "session"} {
			set(name, "")
		}
	}
	changed := about
	for _, name := range []string{"target", "detail"} {
		if was := text(name); was != "" {
			if now := replaceName(was, user, pseudonym); now != was {
				set(name, now)
				changed = true
			}
		}
	}
	if !changed {
		return nil, false
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(members) != nil {
		return nil, false
	}
	return bytes.TrimSpace(out.Bytes()), true
}

// replaceName puts another name where a text has the name by itself, and not as a part of a longer one.
func replaceName(text, name, other string) string {
	var out strings.Builder
	for {
		at := strings.Index(text, name)
		if at < 0 {
			out.WriteString(text)
			return out.String()
		}
		before, _ := utf8.DecodeLastRuneInString(out.String() + text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(name):])
		out.WriteString(text[:at])
		if partOfName(before) || partOfName(after) && !endsSentence(text[at+len(name):]) {
			out.WriteString(name)
		} else {
			out.WriteString(other)
		}
		text = text[at+len(name):]
	}
}

// endsSentence reports a dot behind which no name goes on.
func endsSentence(rest string) bool {
	behind, dot := strings.CutPrefix(rest, ".")
	next, _ := utf8.DecodeRuneInString(behind)
	return dot && (behind == "" || unicode.IsSpace(next))
}

// partOfName reports a character that a login name goes on with.
func partOfName(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(`._-@\+`, r))
}
