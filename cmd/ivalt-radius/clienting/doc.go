// Package clienting is the command `clients`: what is known of the RADIUS clients and of the addresses that they ask from, and who must
// send Message-Authenticator.
//
//	observe   requests without it are taken: nothing signed came yet, or both kinds do
//	ready     all the latest requests were signed, and nothing makes the address go on so
//	enforced  a request without it is dropped: message_authenticator: required, learned under auto, or enforced by hand
//
// The running server is asked over its control socket; while none runs the commands work on the state itself, whose lock keeps one from
// starting meanwhile. What changes something is in the trail before it happens.
package clienting
