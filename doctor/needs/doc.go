// Package needs says what the settings need of the network: who must reach this host, and whom it must reach. The rules of a packet filter are
// made of it, and doctor holds the host's sockets against it.
package needs
