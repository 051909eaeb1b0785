// Package policy decides, from facts alone, whether a login is denied, needs a push or is exempt.
//
// It is pure: no clock, no network, no third-party library, and no file but the zone database while New reads the settings.
// Facts go in, a Decision comes out, and the same facts give the same decision for ever. The zero Decision denies.
//
// The first rule whose `match` holds decides. What stands in its `only` must hold as well: where it does not the login is
// denied, it never falls through to a later rule. Where no rule matches the default decides.
//
// # The way of a decision
//
//	Settings  --New-->  Policy                     plain text is understood once; every fault is told, with its key
//	Facts     --Decide-->  Decision                rules in order, each through rule.holds, clause by clause
//	Facts     --Explain-->  Trace                  the same Decide, and the same rule.holds for the words beside it
//
// # Names
//
// Names compare in canonical form. A login name comes canonical in Facts, and New brings the literal parts of `users`
// patterns to that form with Known.Canonical. Groups and clients are brought to it on both sides. `*` stands for any run of
// characters, the empty one too. A `users` pattern whose canonical form has neither `@` nor `\` is tested against the local part.
//
// # Hours
//
// A window belongs to the local date on which it starts; days and exceptions test that date. It runs from the instant of
// `from`, inclusive, to the instant of `to`, exclusive. Where clocks jump forward over a clock time, that time is the instant of
// the jump; where clocks go back and show a time twice, `from` is the first and `to` the last showing, so that nobody is
// turned away whose clock reads inside the window, and windows that adjoin on paper adjoin in time. A date that a
// zone left out altogether starts no window.
package policy
