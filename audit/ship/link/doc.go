// Package link carries records to one receiver: syslog over UDP (RFC 5426), TCP (RFC 6587) and TLS (RFC 5425), journald's own
// protocol, and a file. A Link says what it knows about what was taken, which is little:
//
//   - UDP tells nothing but that nobody listens, and that only sometimes.
//   - A stream takes octets long before anybody reads them, and syslog has no acknowledgement. But a program that reads to the end
//     closes its side behind us, and a kernel that holds unread octets of a dead program resets the connection. So Finish closes our
//     side and waits for theirs: then all was read, which nothing else shows.
//   - journald has a record when the kernel has it: the socket outlives the daemon.
//   - a file has it when it is synced.
//
// All that a receiver sends is hostile: it is read, counted and forgotten. An Error has words of ours alone.
package link
