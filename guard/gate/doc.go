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
//
// # Several nodes
//
// The gates of a cluster tell each other what they count (Deps.Tell, Apply), and wait for nobody: two wrong passwords here and two there lock out at both.
// What is under way is not counted yet elsewhere, so a limit may be overshot by what the other nodes let in while that travels, some ten milliseconds:
// logins that are being checked count at their own node alone, so that of n nodes each may check as many guesses at once as one node may, n times
// guard.lockout.after, and the same for pushes. Once told, all of it counts at every node. Where the memory is out of reach each node limits by itself, and
// hears what it missed of the last hour.
package gate
