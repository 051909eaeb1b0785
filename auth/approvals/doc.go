// Package approvals keeps the approvals that people gave on their phones and that may count for later logins (`remember.for`,
// `fail.mode: allow_remembered`): a few of each person, in memory alone, so that a restart forgets them. Passwords and phones stand
// there as keyed digests, which can be compared and not guessed.
package approvals
