// Package way is the ways that notices go: a signed webhook, a Slack-compatible one, e-mail, and a command of the operator's.
//
// A Way sends one message, once, and says how that went; when to try again is for whoever calls it. Whatever a notice says of people and
// addresses came from the network: each Way keeps it from steering its receiver. Whatever the receiver says is hostile too: it is read up
// to a bound, within a time, and of its words only numbers are told on.
//
// A URL, a password and the secret that signs are in no error: an error has words of this package and numbers, and wraps nothing.
package way
