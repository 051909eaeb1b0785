// Package terminaltest gives tests a terminal, with its keyboard and screen.
package terminaltest
