// Package udp is a RADIUS server's side of UDP: it opens sockets, or adopts those that an earlier process left, and keeps the address that was
// asked with each datagram, so that the answer leaves from there.
package udp
