package tree

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"ivalt-radius/fault"
)

var (
	syntaxLine = regexp.MustCompile(`line \d+: `)
	quotedText = regexp.MustCompile(`'[^']{3,}'|"[^"]{3,}"|` + "`[^`]*`")
)

// syntax turns the YAML library's error into a fault, without the operator's text in it. Where it comes of one of the two
// slips that the library has no word for, the fault says so, with the line.
func (r *Reader) syntax(text []byte, err error) {
	if line, message := slip(text, err); line > 0 {
		*r.Faults = append(*r.Faults, fault.Fault{File: r.File, Line: line, Message: message})
		return
	}
	message := syntaxLine.ReplaceAllString(strings.TrimPrefix(err.Error(), "yaml: "), "")
	message = quotedText.ReplaceAllString(message, "...")
	*r.Faults = append(*r.Faults, fault.Fault{File: r.File, Line: lineOf(text, err), Message: "this is no YAML: " + message})
}

// lineOf is the line that an error comes of: the first at which the text may end and still have that error. The library's own
// number is that of the line before for some errors, and for others that of where the map or list began.
func lineOf(text []byte, err error) int {
	rows := bytes.SplitAfter(text, []byte("\n"))
	if broken := slices.IndexFunc(rows, func(row []byte) bool { return !utf8.Valid(row) }); broken >= 0 && strings.Contains(err.Error(), "UTF-8") {
		return 1 + broken // the library looks for the rest of a letter in the line behind
	}
	return 1 + sort.Search(len(rows)-1, func(i int) bool { return same(readAll(bytes.Join(rows[:i+1], nil)), err) })
}

// same tells whether two readings ended in one error.
func same(a, b error) bool { return a != nil && a.Error() == b.Error() }

const (
	wantQuotes = `a value that begins with * must stand in quotes, as in "*svc": without them it is YAML's alias`
	wantSpaces = "a tab; YAML indents with spaces"
)

var (
	bareStar  = regexp.MustCompile(`(?:^|[\[{,]|[:?-][ \t])[ \t]*(\*)`)
	tabIndent = regexp.MustCompile(`^([ \t]*\t[ \t]*)[^ \t#\r\n]`)
)

// suspect is a tab or a star that may be the slip that an error comes of.
type suspect struct {
	line       int
	start, end int // in the text
	describe   string
}

// write puts something harmless in the place of a suspect.
func (s suspect) write(into []byte) {
	for i := s.start; i < s.end; i++ {
		into[i] = map[string]byte{wantSpaces: ' ', wantQuotes: 'x'}[s.describe]
	}
}

// suspects are the places of a text that look like slips, the first 64 of them. Some may stand where they do no harm.
func suspects(text []byte) []suspect {
	const most = 64
	var found []suspect
	start := 0
	for number, row := range bytes.SplitAfter(text, []byte("\n")) {
		for _, at := range tabIndent.FindAllSubmatchIndex(row, -1) {
			found = append(found, suspect{number + 1, start + at[2], start + at[3], wantSpaces})
		}
		for _, at := range bareStar.FindAllSubmatchIndex(row, -1) {
			found = append(found, suspect{number + 1, start + at[2], start + at[3], wantQuotes})
		}
		if start += len(row); len(found) >= most {
			return found[:most]
		}
	}
	return found
}

// slip finds the suspect that an error comes of: with all of them out of the way the error is gone, or another one, and this one
// alone brings it back. Line 0: the error comes of something else.
func slip(text []byte, err error) (line int, message string) {
	found := suspects(text)
	clean := bytes.Clone(text)
	for _, s := range found {
		s.write(clean)
	}
	if same(readAll(clean), err) {
		return 0, ""
	}
	for _, s := range found {
		copy(clean[s.start:s.end], text[s.start:s.end])
		if same(readAll(clean), err) {
			return s.line, s.describe
		}
		s.write(clean)
	}
	return 0, ""
}

// readAll reads a text's documents to the end or to the first error.
func readAll(text []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var n yaml.Node
		if err := decoder.Decode(&n); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
