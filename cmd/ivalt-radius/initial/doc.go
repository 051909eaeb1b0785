// Package initial is the command `init`: it writes a commented configuration, a fresh shared secret, the hash of a fresh
// password for the operator's window, which it prints once, and an empty file for the API key, for their owner alone. It overwrites nothing.
package initial
