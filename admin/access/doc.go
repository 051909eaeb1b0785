// Package access says who looks through the operator's window, and what they may do: accounts with a password, tokens for machines, sessions, roles.
package access
