// Package durable puts files in their places so that a crash leaves the old one or the new one, whole, and never a part, and reads what
// lies there.
//
// A file that root makes belongs to whom the file in its place belongs, or else the directory: a command that is run by root, while no
// server runs, leaves nothing that the server's own account cannot read afterwards.
package durable
