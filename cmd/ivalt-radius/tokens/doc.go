// Package tokens is the command `token`: it draws a token for a machine that asks the operator's window, and says what to put into the settings.
// The settings have the token's digest alone, which opens nothing.
package tokens
