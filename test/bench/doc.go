// Package main is the macro benchmark: the real binary under load over loopback, each figure beside its baselines in the
// same run. It prints figures and judges nothing: machines are shared and noisy, and only ratios travel.
//
// Immediate answers: 256 requests in flight, each signed and encrypted, every answer verified, against a bare UDP echo,
// a bare layeh PacketServer without and with Message-Authenticator, and FreeRADIUS where Debian's package is there.
// The servers take turns in short rounds, and the medians are reported.
//
// Waiting logins: thousands of logins that wait for a phone which approves ten seconds after its push, with retransmissions
// every three seconds; added delay, memory and CPU a login, and pushes a login.
package main
