// Package interop logs in through the real binary with RADIUS clients that nobody here wrote: radclient, pyrad, PAM, and a real
// OpenVPN server and client over loopback.
//
// Sessions are ended (radius/dynauth) by FreeRADIUS, strongSwan and pyrad, which check each request and refuse what they do not know.
//
// The LDAP directory (directory/ldap) is driven against Debian's slapd, which the tests start, stop, slow and cut off.
//
// The page of `audit report` is painted by Debian's Chromium, and the tests look at the picture.
//
// The alert rules and what /metrics answers (admin/metrics) are judged by Prometheus' promtool.
//
// The scripts beside the tests are one login each, and can be run by hand against any server on loopback. The tests need root and
// Debian's packages, so they stand behind the build tag `interop`; `make interop` sees to both and says plainly where it cannot.
package interop
