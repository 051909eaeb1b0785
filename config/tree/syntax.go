package tree

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"ivalt-radius/fault"
)

var (
	syntaxLine = regexp.MustCompile(`line (\d+): `)
	quotedText = regexp.MustCompile(`'[^']{3,}'|"[^"]{3,}"|` + "`[^`]*`")
)

// syntax turns the YAML library's error into a fault, without the operator's text in it. Where it comes of one of the two
// slips that the library has no word for, the fault says so, with the line.
func (r *Reader) syntax(text []byte, err error) {
	if line, message := slip(text, err); line > 0 {
		*r.Faults = append(*r.Faults, fault.Fault{File: r.File, Line: line, Message: message})
		return
	}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if at := syntaxLine.FindStringSubmatchIndex(message); at != nil {
		line, _ = strconv.Atoi(message[at[2]:at[3]])
		message = message[:at[0]] + message[at[1]:]
	}
	message = quotedText.ReplaceAllString(message, "...")
	*r.Faults = append(*r.Faults, fault.Fault{File: r.File, Line: line, Message: "this is no YAML: " + message})
}

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
	same := func(other error) bool { return other != nil && other.Error() == err.Error() }
	if same(readAll(clean)) {
		return 0, ""
	}
	for _, s := range found {
		copy(clean[s.start:s.end], text[s.start:s.end])
		if same(readAll(clean)) {
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
