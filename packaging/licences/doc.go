// Package main lists what is linked into ivalt-radius with its licences, and gathers the texts that packages ship.
//
//	go run ./packaging/licences -out dist/licences    the texts, and the page beside them
//	go run ./packaging/licences -page                 the page docs/licences.md, on standard output
//
// It asks `go list` what the binary is made of on every platform that a package is built for, so a library that tests alone use is not in
// it. A licence file is one whose name says so, in the folder of a package that is linked, or above it up to its module's root: some
// modules carry foreign code with a licence of its own. A module without such a file, and a text that is not one of the licences that
// docs/dependencies.md allows, end it with an error. The files are the same for the same go.sum and Go version.
package main

//go:generate env UPDATE_DOCS=1 go test -run ^TestPage$ .
