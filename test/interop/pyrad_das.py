#!/usr/bin/python3
"""A Dynamic Authorization Server (RFC 5176) by pyrad, the RADIUS library of the Python world (Debian's python3-pyrad).

usage: pyrad_das.py PORT SECRET SESSION
It listens on 127.0.0.1, ends the session of that Acct-Session-Id once, refuses all others, and answers nothing whose Request
Authenticator is wrong.
"""
import io
import sys

from pyrad import dictionary, packet, server

NAMES = """
ATTRIBUTE User-Name             1   string
ATTRIBUTE NAS-IP-Address        4   ipaddr
ATTRIBUTE Framed-IP-Address     8   ipaddr
ATTRIBUTE Calling-Station-Id    31  string
ATTRIBUTE NAS-Identifier        32  string
ATTRIBUTE Acct-Session-Id       44  string
ATTRIBUTE Event-Timestamp       55  date
ATTRIBUTE Message-Authenticator 80  octets
ATTRIBUTE Error-Cause           101 integer
"""

NOT_FOUND = 503


class Gateway(server.Server):
    sessions = set()
    _realauthfds = _realacctfds = ()  # which pyrad 2.1 leaves out where they are not enabled

    def HandleDisconnectPacket(self, pkt):
        if not pkt.VerifyCoARequest():
            print("wrong authenticator", flush=True)
            return
        print("asked", pkt["User-Name"], pkt["Acct-Session-Id"], pkt["Calling-Station-Id"], flush=True)
        reply = self.CreateReplyPacket(pkt)
        session = pkt["Acct-Session-Id"][0]
        if session in self.sessions:
            self.sessions.remove(session)
            reply.code = packet.DisconnectACK
        else:
            reply.code = packet.DisconnectNAK
            reply["Error-Cause"] = NOT_FOUND
        self.SendReplyPacket(pkt.fd, reply)


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    port, secret, session = sys.argv[1:]
    gateway = Gateway(coaport=int(port), dict=dictionary.Dictionary(io.StringIO(NAMES)),
                      auth_enabled=False, acct_enabled=False, coa_enabled=True)
    gateway.hosts["127.0.0.1"] = server.RemoteHost("127.0.0.1", secret.encode(), "localhost")
    gateway.sessions.add(session)
    gateway.BindToAddress("127.0.0.1")
    print("Ready", flush=True)
    gateway.Run()


sys.exit(main())
