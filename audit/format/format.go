package format

import "ivalt-radius/audit/query"

// Format is the form of a record.
type Format interface {
	// Header is what stands before the first record; most forms have none.
	Header() []byte
	// Append appends one record without a line end. It is one line.
	Append(dst []byte, r *query.Record) []byte
}
