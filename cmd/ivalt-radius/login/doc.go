// Package login is the command that plays a NAS: one login, with live progress, and the verdict as the gateway would see it.
//
// login.go turns flags into a radiustest.NAS and a result into words and an exit code; terminal.go asks for the password and
// shows what the wait is about; converse.go answers what the server asks.
package login
