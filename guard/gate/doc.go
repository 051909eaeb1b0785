// Package gate stands before the logins.
package gate
