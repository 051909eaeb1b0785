package query

import (
	"bytes"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// sieve passes over lines that a filter surely does not want, by their bytes. What it lets through is read and judged.
type sieve struct {
	filter  Filter
	needles [][]byte // what a wanted line without escapes holds
}

func newSieve(f Filter) sieve {
	s := sieve{filter: f}
	need := func(name, value string) {
		if value != "" && !strings.ContainsRune(value, utf8.RuneError) {
			s.needles = append(s.needles, []byte(`"`+name+`":"`+value+`"`))
		}
	}
	need("user", f.User)
	need("client", f.Client)
	need("reason", f.Reason)
	need("calling_station", f.CallingStation)
	need("verdict", f.Verdict)
	need("attempt", f.Attempt)
	return s
}

// The members that a line begins with, and how far they reach.
const (
	timeMember = `{"time":"`
	seqMember  = `","seq":`
	typeMember = `,"type":"`
	lineEnd    = `"}`
	headMost   = 160
)

// passes reports a line that must be read: it may be wanted, or is no record in its form.
func (s sieve) passes(line []byte) bool {
	head, ok := bytes.CutPrefix(line[:min(len(line), headMost)], []byte(timeMember))
	at, rest, hasSeq := bytes.Cut(head, []byte(seqMember))
	if !ok || !hasSeq || !bytes.HasSuffix(line, []byte(lineEnd)) {
		return true
	}
	return s.timely(at) && s.typed(rest) && s.holds(line)
}

func (s sieve) timely(at []byte) bool {
	if s.filter.Since.IsZero() && s.filter.Until.IsZero() {
		return true
	}
	var t time.Time
	return t.UnmarshalText(at) != nil || s.filter.within(t)
}

// typed looks at what stands behind seq's name.
func (s sieve) typed(rest []byte) bool {
	if len(s.filter.Types) == 0 {
		return true
	}
	number, rest, ok := bytes.Cut(rest, []byte(typeMember))
	word, _, closed := bytes.Cut(rest, []byte(`"`))
	if !ok || !closed || bytes.ContainsFunc(number, func(r rune) bool { return r < '0' || r > '9' }) || bytes.IndexByte(word, '\\') >= 0 {
		return true
	}
	return slices.Contains(s.filter.Types, string(word))
}

func (s sieve) holds(line []byte) bool {
	if len(s.needles) == 0 || bytes.IndexByte(line, '\\') >= 0 {
		return true
	}
	for _, needle := range s.needles {
		if !bytes.Contains(line, needle) {
			return false
		}
	}
	return true
}
