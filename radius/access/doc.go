// Package access reads what an Access-Request says of a login: who, from which box, and how the first factor is shown.
//
// Gather walks the packet once and decodes nothing. Fill makes the login's request of what was found, once it is known under
// which secret the packet is believed: the password of PAP, the halves of a CHAP or MS-CHAPv2 handshake, the State that answers
// a challenge. What is wrong with a packet that is believed becomes the request's Defect, in words that show nothing of it;
// whether a method may be used and what a State is worth is auth's to judge.
package access
