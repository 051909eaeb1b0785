// Package doctor looks at a whole set-up from outside and says what is wrong and what to do.
//
// It judges Facts, which somebody else has gathered: nothing here asks the network, the kernel or a file. What was not seen is a Fact that is not
// Known, which makes a finding unknown and never ok. A finding is as bad as the worst that it rests on: fault, warning, unknown, ok, in this order.
//
//	facts.go     what can be known
//	report.go    findings, their states, and Judge
//	checks.go    the list of checks, with the lines of the security guide's lists that each answers
//	check_*.go   the checks, by area
//	commands.go  what to type at a NAS, by profile
//
// needs says what the settings need of the network, firewall makes rules of it, and host sees sockets and processes.
package doctor
