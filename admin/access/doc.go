// Package access says who looks through the operator's window, and what they may do: accounts with a password, tokens for machines, sessions, roles.
//
//	request ──> Door ──> Authorization?  ──> token    ──────────────────> permission? ──> Handler
//	                 └─> cookie?         ──> session  ──> CSRF token? ──>     │
//	                 └─> neither: 401, or the sign-in page                    └─> 403, with what is missing and who has it
//
//	POST /signin ──> throttle ──> argon2id, two at a time ──> session ──> its record, durable ──> cookie
//
// A Keeper is the Door. Sessions live in its memory (table.go), under the SHA-256 of an identifier that only the browser has; they end by the
// clock, by hand, by a reload that changes their account, and with the process. Where a request comes from is the peer of its connection:
// X-Forwarded-For, Forwarded and the like are not believed, since whoever connects may write them. So behind a proxy all come from the proxy.
//
// Guessing is slowed down (throttle.go) by place, by account at a place, and by account, in such a way that nobody can lock an account's owner
// out from everywhere. What happens stands in the trail, a flood of it as a number.
package access
