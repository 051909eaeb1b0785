// Package supervised tells systemd how the server does: ready, reloading, stopping, one line of status, and that it lives (sd_notify(3)). Where
// no service manager asked for it, nothing is told.
package supervised
