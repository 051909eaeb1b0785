// Package habit holds a switch for every point where the real API's ways are not known: its paths, and how it says pending, no
// and too late. Each has words, for flags and for JSON; its zero value is what was captured, or what most clients believe.
package habit
