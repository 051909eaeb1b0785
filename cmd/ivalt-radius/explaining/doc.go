// Package explaining is the command `explain`, which shows how a login would be decided, and sends none: by the settings of a file, and in
// the running server by those in force.
package explaining
