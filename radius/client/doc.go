// Package client knows who may ask: the configured peers of the server and what is agreed with each.
//
//	Settings -> NewTable -> Table          judged once; every fault with the key of its setting
//	source address -> Table.Find -> Client longest prefix; nil for a stranger
//	packet -> Client.CallingStation        where the person comes from, as the client's attributes say it
//
// A Client holds its secrets as keys that are ready to verify and to sign, its policy for requests without Message-Authenticator, and
// how patient its NAS is. What it does not set comes from its Profile, a preset for a known NAS, else from the defaults here. A reload
// makes a new Table; what a client must not lose by that, its limits and its count of waiting exchanges, is its Standing.
package client
