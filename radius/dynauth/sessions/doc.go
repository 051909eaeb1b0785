// Package sessions knows who is in, by what the NAS told: Accounting-Requests that were believed and recorded (RFC 2866), and
// Access-Accepts where a NAS tells no more.
//
//	Access-Accept               the session is there, by the person's names and the calling station's as the NAS wrote them
//	start, interim_update       the same session under its Acct-Session-Id, in place of what the Accept had made
//	stop                        it is gone; what was told before the stop, an update, and the start of a session whose stop came first do not bring it back
//	accounting_on, _off         all sessions of that NAS are gone
//
// Of each it knows since when, how much, by which login and until when: the Access-Accept's Session-Timeout counts from the start. Overruns finds those that go on
// behind that end. Counters never go back, and what a NAS says twice, late or in the wrong order counts once.
//
// The table lies in memory: Close writes it down and Open reads it, so that a restart forgets nothing and a crash all of it. It holds 65,536 sessions,
// of which the one goes first that was heard of longest ago; a session of which nothing was heard for 24 hours is none.
//
// The tables of several nodes tell each other what they are told (Tell, Apply), so that any of them knows all sessions; the secret of a NAS is not
// among it, and a session of another node is ended with the client's first one.
package sessions
