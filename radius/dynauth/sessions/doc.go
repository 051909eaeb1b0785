// Package sessions knows who is in, by what the NAS told: Accounting-Requests that were believed and recorded (RFC 2866), and
// Access-Accepts where a NAS tells no more.
//
//	Access-Accept               the session is there, by the person's names and the calling station's as the NAS wrote them
//	start, interim_update       the same session under its Acct-Session-Id, in place of what the Accept had made
//	stop                        it is gone; what was told before the stop, and comes to be known after it, does not bring it back
//	accounting_on, _off         all sessions of that NAS are gone
//
// The table lies in memory alone, and is empty after a restart: interim updates fill it again. It holds 65,536 sessions, of which the one
// goes first that was heard of longest ago; a session of which nothing was heard for 24 hours is none.
//
// The tables of several nodes tell each other what they are told (Tell, Apply), so that any of them knows all sessions; the secret of a NAS is not
// among it, and a session of another node is ended with the client's first one.
package sessions
