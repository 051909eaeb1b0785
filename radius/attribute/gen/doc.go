// Package main is a generator: it writes the table of reply attributes from the dictionaries of the layeh.com/radius module: names, numbers,
// types and named values, and nothing else of those files.
//
// Usage, from the package's folder: go run ./gen table_generated.go
package main
