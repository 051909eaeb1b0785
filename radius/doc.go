// Package radius turns packets from known clients into attempts, and verdicts into authenticated replies, exactly once.
//
//	admit    source address -> client, or silence           a reader a socket: longest prefix, then a bounded queue
//	decode   raw octets, client -> question, or silence     structure, Message-Authenticator over the raw octets, password
//	claim    exchange -> fresh | in flight | answered       in flight: dropped; answered: the same octets again
//	Open     request -> verdict                             auth's journey; in a goroutine of its own where it must wait
//	answer   exchange, verdict -> octets on the wire        one builder for every verdict; remembered for duplicates
//
// Server.serve is that story in code. Only admit, decode and claim stay silent of their own accord; each silent drop is a counter, and
// all of them together write at most one log line a second. From Open on there is one verdict, and the reply is what the
// verdict says; a panic costs its one request, which is then not answered.
//
// A waiting exchange holds no datagram, no timer and no context: only its record, which is also the memory of duplicates (RFC
// 5080 section 2.2.2). The record stays for 30 s from the reply. Up to 65,536 exchanges and eight more per attempt that may wait are remembered, one
// client may have half of that in flight; a full table drops what is new and never forgets what waits.
//
// Of the packages below, udp has the sockets, wire is the codec, client knows who may ask, access reads what an Access-Request says of a
// login, reply makes the answer of a verdict, attribute names the reply attributes, accounting reads Accounting-Requests, dynauth has a NAS
// end sessions, remedy says what to do about dropped packets, sighting knows the addresses that packets come from, carry is what another
// process is left, and radiustest is an in-process NAS.
package radius
