// Package outcome is what became of a push: the closed list of outcomes, the answer that a login concludes from, and the form in which one
// node tells it to the others.
package outcome
