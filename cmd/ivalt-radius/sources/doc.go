// Package sources makes the directory and the first factors of the settings: users.file, LDAP, an upstream RADIUS server. It is where
// the edges that know people meet the one that knows attributes.
package sources
