// Package syslog writes syslog messages (RFC 5424) and frames them for a stream (RFC 6587 section 3.4.1).
package syslog
