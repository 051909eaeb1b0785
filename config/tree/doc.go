// Package tree turns a YAML file and environment variables into one checked tree of values, by a table of keys.
//
// The table is the one source of what may be written: the unknown-key check, types, ranges, defaults, the names of the
// environment variables and the table in the docs all come from it. The way of a value, in the order of the files:
//
//	key.go       what the table says of one key
//	schema.go    table -> the shape of the tree
//	reader.go    file and environment -> Tree; a file of named entries -> a Tree for each
//	yaml.go      file -> tree of texts: every scalar is kept as it is written, every key is checked against the schema
//	syntax.go    what is no YAML -> a fault that says what to write
//	env.go       environment -> tree of texts, laid over the file's
//	variable.go  a variable that names no key -> the one most likely meant
//	fill.go      tree of texts -> the same tree, complete: defaults set, every text made a value by kinds.go
//	places.go    fault -> the line or the environment variable that its key stands in
//	table.go     table -> Markdown
//
// Nothing is guessed: a text is never first a number or a date of YAML's. What cannot be is a fault with the place of its key and is
// left out of the tree, so that the rest can still be read and all faults are told together. No fault quotes a secret.
//
// Package config owns the table, and judges what the keys one by one cannot show. This package keeps no state, opens no file
// and reads no global environment.
package tree
