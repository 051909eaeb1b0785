// Package load rehearses crowds of logins on a virtual clock: the real scheduler, its real budget and its real HTTP client against
// the rehearsed iVALT with the limits that iVALT documents, beside clients that poll at fixed intervals.
//
// `make simulate-load` plays every rate, prints the table and draws the plot of docs/ivalt-load.md. `go test` plays the few cells
// that the product promises something about, and holds it to them.
package load
