// Package initial is the command `init`: it writes a commented configuration, a fresh shared secret and an empty file for the
// API key, for their owner alone, and overwrites nothing.
package initial
