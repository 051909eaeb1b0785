// Package defence is the commands `incidents`, `block` and `unblock`, by which people look at what the watch found and answer it. Each
// asks the running server; where none runs it works on the files, whose lock keeps one from starting meanwhile. What is read and what
// is changed is in the trail before, with who and why.
package defence
