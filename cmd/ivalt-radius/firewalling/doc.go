// Package firewalling is `firewall`: rules of a packet filter from the settings.
package firewalling
