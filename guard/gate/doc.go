// Package gate stands before the logins.
//
//	Arriving    blocks, lockout, wrong passwords, logins        before anybody is asked
//	Recognised  the same for the person, under the listed name
//	Ringing     blocks, lockout, pushes, unanswered, denied     before a phone rings
//	Entering    blocks                                          before an Accept
//
// A familiar place of a person is a calling station from which an approved push let the person in within 30 days. What happens there counts
// by itself; of an IPv6 address its /64 is the place. All other places of a person, and an unknown calling station, share one count: the person's strangers. What is shared by
// many people (a calling station, a client, the whole server) has two counts, one of familiar places and one of all others.
// So a stranger, from however many addresses, uses up what strangers have, and keeps nobody out of a familiar place.
//
// Everything is decided under one lock, from memory: the gate waits for nothing. Lockouts in force, pauses and familiar places are on
// disk soon after. Memory is bounded; what a flood of names and addresses can push out are counts of attempts, never lockouts, pauses
// or blocks.
package gate
