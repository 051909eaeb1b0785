// Package secretage keeps when each secret of the settings was first seen by a server, and is the command `secrets`, which tells it.
//
// secrets.json in state.directory maps a keyed digest of each secret to two times. The key, secrets.id beside it, is drawn by lot:
// without it nobody can test a guess against the digests. They are of the kind and the text, not of the key path, so that a secret that
// moves in a list stays as old as it is. What no server has seen for 400 days is forgotten.
package secretage
