// Package radiustest is a NAS in the process: it asks a RADIUS server over UDP, waits, sends again, and believes nothing that
// is not proved.
//
// The `login` command, the demo and the tests of other rooms play gateways with it, so it imports no testing package. It is
// written on the RADIUS library and shares no code with the server, so that a mistake in the server's packets is not made
// twice.
//
// A NAS has a server, a shared secret and a way to retry. Login asks with a person's credentials, and Answer goes on where it was
// challenged; Status asks with a Status-Server (RFC 5997), Account with an Accounting-Request (RFC 2866). An answer counts when
// it comes from the server's address to the port that asked, has the request's identifier, a Response Authenticator and a
// Message-Authenticator that verify, and whole attributes; anything else is reported, counted and not listened to, and the wait
// goes on. Of an MS-CHAPv2 login the Result says whether the server proved in turn that it knows the password. Retries come in
// two styles: the same packet from the same port, as most gateways do, or the same identifier with a new authenticator from a
// new port that alone is listened to, as OpenVPN's RADIUS plug-in does.
//
// Below it, Socket sends any octets from a chosen address, for tests of packets that no gateway would send.
package radiustest
