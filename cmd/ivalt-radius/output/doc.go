// Package output is what commands print, in tables or as JSON, and where --output leads: to a new file for its owner alone, which is whole and on the
// disk or not there.
package output
