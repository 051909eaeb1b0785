// Package view is what the operator's window shows: the documents that the server answers a Desk with, as JSON, and that the terminal's
// commands print with --json. Nothing in them is a secret; a mobile is masked to its last two digits. Every text in them may come from
// the network and is to be escaped where it is shown.
package view
