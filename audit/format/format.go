package format

import (
	"fmt"
	"os"

	"ivalt-radius/audit/query"
)

// Format is the form of a record. It is safe for concurrent use.
type Format interface {
	// Header is what stands before the first record, without a line end; empty, as it is for most forms, there is none.
	Header() []byte
	// Append appends one record without a line end. It is one line.
	Append(dst []byte, r *query.Record) []byte
}

// product is what the forms call this program.
const (
	vendor  = "iVALT"
	product = "ivalt-radius"
)

// New is the form of a name: json, ecs, cef or csv. version is this program's.
//
// json is the trail's line as it stands where the record has one, so its hash can be checked; else, as for a record that was masked,
// the members that the record knows.
func New(word, version string) (Format, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "" // which every form may leave out
	}
	switch word {
	case "json":
		return jsonLines{columns()}, nil
	case "ecs":
		return newECS(version, host), nil
	case "cef":
		return newCEF(version, host), nil
	case "csv":
		return commaSeparated{columns()}, nil
	}
	return nil, fmt.Errorf("%q is no format: json, ecs, cef or csv", word)
}
