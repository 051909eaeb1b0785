// Package main is the composition root of ivalt-radius: commands, wiring, the logger, the life cycle and the control
// socket. Every other package can be built and tested without it.
package main
