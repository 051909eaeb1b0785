// Package terminal reads from a person at the keyboard, or from a pipe in their place.
package terminal
