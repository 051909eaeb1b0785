// Package hashing is the command that makes the hashes of users.file: of a password that it asks for, and never shows.
package hashing
