// Package firewall writes the rules of a packet filter from what the settings need of the network: as a table of nftables, as commands of ufw, or
// as a drop-in of the systemd unit.
//
// What comes in is refused unless a rule lets it in; RADIUS from the clients' own networks alone, each to the address that listens. What goes out
// is free, unless it is asked for strictly: then by port, since a name is no part of a rule and its addresses change.
//
// No text of the settings reaches the output but addresses and ports, which are numbers here, and names of clients in comments, of which letters,
// digits, blanks, dots, dashes and underscores are left.
package firewall
