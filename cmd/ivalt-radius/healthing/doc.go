// Package healthing is the command `health`: a running server is asked over its control socket whether it is ready, or whether it lives, for whatever
// restarts a container. It writes nothing, so a root file system that nobody can write to is enough.
package healthing
