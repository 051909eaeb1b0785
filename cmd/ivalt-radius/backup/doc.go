// Package backup is the commands `backup` and `restore`, which copy state.directory, with the audit trail, to one file and back.
//
// A backup is a gzipped tar, encrypted with age where the command line says to whom. It is consistent while a server runs:
//
//	first   audit.head, cursors, keys and what else lies there: none says more than the trail behind it
//	then    the store, by the server's own hand, as it is at one moment
//	last    the trail: segments whole, of the live file the whole lines that are on disk
//
// collect.go finds what belongs in it, archive.go writes it, restore.go reads it as if it came from an enemy.
package backup
