// Package main is the composition root of ivalt-radius: it wires the rooms into one server and gives it commands. Every other
// package can be built and tested without it.
//
//	main.go      the commands, and how they end
//	load.go      a file's settings and what each room finds in them; `check` prints that
//	rooms.go     settings as each room understands them
//	serve.go     `serve`: signals in, a server's life from start to drain
//	app.go       the running server: what it opens, in which order, and closes again
//	sharing.go   what it shares with other nodes
//	clients.go   what commands may ask it; window.go is where: the control socket and the operator's window
//	reload.go    SIGHUP: new settings, or the old ones and the reasons; changes.go has the record of what changed
//	upgrade.go   SIGUSR2: another program in its place
//	watch.go     what is looked at now and then; shout.go what is said again and again
//	measure.go   what metrics read of it
//
// Each command but `serve` and `check` has a package of its own below; docs/architecture.md says which.
package main
