package format

import (
	"strings"
	"unicode/utf8"

	"ivalt-radius/audit"
	"ivalt-radius/audit/query"
)

// commaSeparated is CSV by RFC 4180, with a header of all members in the order of the trail. Every cell stands in double quotes. A
// record is one line: a cell has no line break.
//
// A spreadsheet takes a cell that begins with = + - @ (or one of their wide forms), TAB or CR for a formula, and a login name can
// begin with any of them. Such a text gets a ' before it, which spreadsheets hide, and so does one that begins with ' itself: whoever
// reads the file by program takes one ' off the front of a cell. TAB and CR make the cell a JSON string, see shown. Numbers are as
// they are.
type commaSeparated struct{ columns []column }

// Header implements Format.
func (c commaSeparated) Header() []byte {
	names := make([]string, len(c.columns))
	for i, column := range c.columns {
		names[i] = column.name
	}
	return []byte(strings.Join(names, ","))
}

// Append implements Format.
func (c commaSeparated) Append(dst []byte, r *query.Record) []byte {
	attempt := r.Type == audit.AuthenticationAttempt.String()
	for i, column := range c.columns {
		if i > 0 {
			dst = append(dst, ',')
		}
		v := column.of(r)
		if attempt && i >= firstOfAttempt && i < behindAttempt {
			v = v.zero()
		}
		cell := v.flat()
		if v.kind != number {
			cell = harmless(shown(cell))
		}
		dst = append(append(append(dst, '"'), strings.ReplaceAll(cell, `"`, `""`)...), '"')
	}
	return dst
}

// harmless puts a ' before what a spreadsheet computes.
func harmless(cell string) string {
	first, _ := utf8.DecodeRuneInString(cell)
	if cell != "" && strings.ContainsRune("=+-@＝＋－＠'\t\r", first) {
		return "'" + cell
	}
	return cell
}
