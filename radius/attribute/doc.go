// Package attribute knows reply attributes by name: what an operator writes under `reply`, as octets for an Access-Accept.
//
// Compile is called while settings load, so that a wrong name or an unfit value is a fault with a key path and not an
// Access-Accept that a NAS takes differently from how it was meant. What it returns is encoded once; answering a login only
// copies the octets. Describe goes the other way, for whoever reads a reply.
//
// Names, numbers and types come from two tables of lines, scanned where they lie. table_generated.go holds the RFCs'
// attributes and the vendors that the RADIUS library brings dictionaries for; `go generate` makes it, and a test fails when
// it differs from what the library says. table.go is ours and small. What neither holds is written as
// Vendor-Specific.VENDOR.TYPE with the value's octets in hexadecimal.
//
// A value that travels encrypted (Tunnel-Password, a few of vendors') is compiled into octets that the answer seals, and is
// shown nowhere. A text that holds {group} is a template: it is tried with a sample while settings load, and compiled again with
// the name of a group for each login.
//
// An attribute that has no place in an Access-Accept, or that the server sets itself, is refused with the reason. A text that is
// too long for one attribute is refused too, never split: what a NAS makes of two halves differs by attribute and by NAS.
package attribute

//go:generate go run ./gen table_generated.go
