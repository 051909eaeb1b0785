// Package inherit gives what root makes in another user's directory to that user. A command that an operator runs as root while no
// server runs would else leave a trail, a key or a hold that the server cannot open at its next start.
package inherit
