// Package password keeps passwords as argon2id hashes (RFC 9106) and checks them, on all cores but one.
//
// hash.go reads, makes and writes hashes, and says which costs are taken; verify.go is the queue before the derivations: bounded,
// so that a flood of logins costs neither memory nor the time of the logins that wait for a phone.
package password
