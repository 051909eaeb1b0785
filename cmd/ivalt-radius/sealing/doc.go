// Package sealing is the command that seals a secret for the settings: one that it asks for, and never shows.
package sealing
