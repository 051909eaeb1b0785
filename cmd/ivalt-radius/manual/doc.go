// Package manual writes the manual pages (man(7)) of the commands and of the settings. The server does not import it: pages are made when a package
// is built, by a test of the composition root.
package manual
