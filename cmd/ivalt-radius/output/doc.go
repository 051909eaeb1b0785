// Package output is where a command's --output leads: to a new file for its owner alone, which is whole and on the disk or not there; and how
// commands print JSON.
package output
