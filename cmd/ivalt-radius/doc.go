// Package main is the composition root of ivalt-radius: it wires the rooms into one server and gives it commands. Every other
// package can be built and tested without it.
//
//	main.go      the commands, and how they end
//	serve.go     `serve`: signals in, a server's life from start to drain
//	app.go       the running server: what it opens, in which order, and closes again
//	reload.go    SIGHUP: new settings, or the old ones and the reasons
//	rooms.go     settings as each room understands them; load.go reads them, `check` prints what is wrong
//	control.go   the control socket, over which commands speak to the running server; clients.go is one that does
//	explain.go   `explain`: a login's decision, word by word
//
// Commands that need no running server have packages of their own: login, probe, simulate, initial (`init`), trail (`audit`), hashing
// (`hash-password`), sealing (`seal`). So have the logger and the watch over users.file; terminal asks people, and exit is how all
// commands end.
package main
