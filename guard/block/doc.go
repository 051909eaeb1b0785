// Package block keeps who may not come in: a person, or a network that people come from, until a time. A block is for all clients.
//
// A block is on disk before it counts, so that no crash lets anybody in, and is answered from memory, since every login asks. It ends by
// itself. A record that is damaged blocks on: what it says of its end is not known, and to let its person in would be the wrong guess.
package block
