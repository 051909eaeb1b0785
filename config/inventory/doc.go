// Package inventory lists the secrets of the settings: where each stands, how it is given, how old it is, and what is wrong with it.
// No entry holds anything of a secret, nor anything against which a guess could be tested.
//
// places.go is the one table of the places where secrets stand. What users.file says of people is personal and not listed: their
// hashes are as old as their passwords, which are theirs to change.
package inventory
