package mask

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ivalt-radius/audit/query"
	"ivalt-radius/audit/quote"
)

// Record is a record for others to read: user, calling_station, framed_ip, mobile and target are pseudonyms, so are names and addresses
// in a filter, in a detail and in a session's identifier; free texts have passed Text; values of settings are gone. Identifiers of
// attempts and sessions stay. There are no hashes, which whoever guesses a name could try; seq leads to the trail's own line.
//
// Line is the masked record as JSON, with the members of the trail's line but prev, hash and salt: a form that copies the line shows
// nothing else than one that writes the fields. r is not changed.
func (p Pseudonymizer) Record(r *query.Record) *query.Record {
	m := *r
	m.User, m.CallingStation, m.FramedIP = p.User(r.User), p.Address(r.CallingStation), p.Address(r.FramedIP)
	m.Mobile, m.Target, m.Actor = p.Mobile(r.Mobile), p.target(r.Target), p.actor(r.Actor)
	m.Filter = p.filter(r.Filter)
	own := own{{r.User, m.User}, {r.Target, m.Target}, {r.CallingStation, m.CallingStation}, {r.FramedIP, m.FramedIP}}
	for _, free := range []*string{&m.Detail, &m.Filter, &m.NAS, &m.Endpoint} {
		*free = Text(p.addresses(own.replace(*free)))
	}
	m.Session = Mobiles(Emails(p.addresses(own.replace(r.Session)))) // it may have the form of a key, and stays
	m.Changes = nil
	for _, c := range r.Changes {
		m.Changes = append(m.Changes, query.Change{Key: own.replace(c.Key), Before: hidden(c.Before), After: hidden(c.After)})
	}
	m.Hash, m.LastHash = "", ""
	m.Line = appendLine(nil, &m)
	return &m
}

// hidden stands for a text that is not shown, as the values of settings: rules name people, networks are addresses.
func hidden(value string) string {
	if value == "" {
		return ""
	}
	return "[MASKED]"
}

// target is the pseudonym of what something was done to: of an address, else of a person. In words with an address among them each
// word is one or the other.
func (p Pseudonymizer) target(text string) string {
	if isIP(text) {
		return p.Address(text)
	}
	words := strings.Fields(text)
	some := false
	for i, word := range words {
		if isIP(word) {
			words[i], some = p.Address(word), true
		} else {
			words[i] = p.User(word)
		}
	}
	if some {
		return strings.Join(words, " ")
	}
	return p.User(text)
}

func isIP(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

// actor is who did something by hand: an account's number is no name.
func (p Pseudonymizer) actor(text string) string {
	var uid, pid bool
	for word := range strings.FieldsSeq(text) {
		name, number, ok := strings.Cut(word, "=")
		if _, err := strconv.ParseUint(number, 10, 64); !ok || err != nil {
			return p.User(text)
		}
		uid, pid = uid || name == "uid", pid || name == "pid"
	}
	if uid && pid || text == "" {
		return text
	}
	return p.User(text)
}

// filter has a pseudonym in the place of the user that was asked for: a quoted text behind --user, as query.Filter writes it.
func (p Pseudonymizer) filter(text string) string {
	const flag = "--user "
	before, rest, found := strings.Cut(text, flag)
	quoted, err := strconv.QuotedPrefix(rest)
	if !found || err != nil {
		return text
	}
	name, err := strconv.Unquote(quoted)
	if err != nil {
		return text
	}
	return before + flag + strconv.Quote(p.User(name)) + p.filter(rest[len(quoted):])
}

func (p Pseudonymizer) addresses(text string) string { return Addresses(text, p.Address) }

// own are a record's names and addresses with their pseudonyms, to be found in its texts too.
type own []struct{ value, pseudonym string }

// replace finds the values whatever their case, also as %q and JSON write them; short ones as whole words only.
func (o own) replace(text string) string {
	lower := strings.ToLower(text)
	for _, v := range o {
		for _, form := range forms(v.value) {
			if !strings.Contains(lower, strings.ToLower(form)) {
				continue
			}
			found, err := regexp.Compile(pattern(form))
			if err != nil {
				return hidden(text) // no UTF-8
			}
			text = found.ReplaceAllLiteralString(text, v.pseudonym)
			lower = strings.ToLower(text)
		}
	}
	return text
}

// forms are the ways in which a text may hold a value, the longest first: a name with a backslash has others between quotes.
func forms(value string) []string {
	if value == "" {
		return nil
	}
	all := []string{value}
	inner := func(quoted string) {
		if quoted = quoted[1 : len(quoted)-1]; !slices.Contains(all, quoted) {
			all = append(all, quoted)
		}
	}
	inner(strconv.Quote(value))
	inner(string(quote.Append(nil, value)))
	slices.SortStableFunc(all, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return all
}

// pattern is the expression for a value. At an end that is no letter, digit or underscore there is no border of a word to ask for.
func pattern(value string) string {
	const short = 3 // octets
	expression := regexp.QuoteMeta(value)
	if len(value) < short {
		if first := value[0]; isNameOctet(first) || isDigit(first) {
			expression = `\b` + expression
		}
		if last := value[len(value)-1]; isNameOctet(last) || isDigit(last) {
			expression += `\b`
		}
	}
	return `(?i)` + expression
}
