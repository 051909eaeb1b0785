// Package sighting knows the addresses that RADIUS packets come from: when each was last heard, whether it signs its requests, how its
// logins end, how often it asks again and when it gives up, and how many approvals came too late for it.
//
//	Note      every packet of a client    one look-up and a short lock, no allocation for an address that is known
//	Stranger  every packet of nobody
//	Ended     every login's end           interval, patience and approvals, from the datagrams that were heard for it
//	Heed      the stream of events        a late approval is the address's of its attempt, where that is still known
//	Save      once a minute, at the end   what has changed, into the state; kill -9 loses what came since
//
// Everything is bounded. Addresses that once sent something that only the shared secret can make (12,288) and those that never did
// (4,096) are kept apart, and of each the least recently heard goes first: whoever forges source addresses pushes out no gateway that
// signs. Of strangers 1,024 are kept, and not over a restart; an address whose packets were all refused is not kept over one either.
//
// What it cannot know. A patience is an estimate, one interval too long at most: a NAS does not say when it stops to listen. One that never
// asks again tells nothing. A person who tries again while the first try waits looks like a NAS that asks on; the median of the last
// logins bears that. A late approval that goes straight to the next try of the same login is that try's, and in time. A login's copy
// under a new identifier that comes behind 4,096 other logins counts as a login.
package sighting
