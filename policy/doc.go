// Package policy decides, from facts alone, whether a login is denied, needs a push or is exempt.
//
// It is pure: no clock, no network, no file, no third-party library. Facts go in, a Decision comes out, and the same
// facts give the same decision for ever. The zero Decision denies.
//
// The first rule whose `match` holds decides. What stands in its `only` must hold as well: where it does not the login is
// denied, it never falls through to a later rule. Where no rule matches the default decides.
package policy
