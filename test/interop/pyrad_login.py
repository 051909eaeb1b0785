#!/usr/bin/python3
"""One PAP login by pyrad, the RADIUS library of the Python world (Debian's python3-pyrad).

usage: pyrad_login.py HOST PORT SECRET USER PASSWORD
Environment: WAIT seconds a try (15), TRIES (1), SOURCE address to ask from.
Ends with 0 for Access-Accept, 1 for Access-Reject, 2 without an answer.
"""
import io
import os
import sys

from pyrad import client, dictionary, packet

NAMES = """
ATTRIBUTE User-Name             1  string
ATTRIBUTE User-Password         2  string encrypt=1
ATTRIBUTE Filter-Id             11 string
ATTRIBUTE Reply-Message         18 string
ATTRIBUTE Class                 25 octets
ATTRIBUTE Session-Timeout       27 integer
ATTRIBUTE Calling-Station-Id    31 string
ATTRIBUTE NAS-Identifier        32 string
ATTRIBUTE Proxy-State           33 octets
ATTRIBUTE Message-Authenticator 80 octets
"""


def login(host, port, secret, user, password):
    nas = client.Client(server=host, authport=int(port), secret=secret.encode(),
                        dict=dictionary.Dictionary(io.StringIO(NAMES)))
    nas.timeout = int(os.environ.get("WAIT", "15"))
    nas.retries = int(os.environ.get("TRIES", "1"))
    if "SOURCE" in os.environ:
        nas.bind((os.environ["SOURCE"], 0))
    request = nas.CreateAuthPacket(code=packet.AccessRequest)
    request["User-Name"] = user
    request["User-Password"] = request.PwCrypt(password)
    request["NAS-Identifier"] = "pyrad"
    request["Calling-Station-Id"] = "198.51.100.12"
    return nas.SendPacket(request)


def main():
    if len(sys.argv) != 6:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        reply = login(*sys.argv[1:])
    except client.Timeout:
        print("no answer")
        return 2
    print("code", reply.code)
    for name in reply.keys():
        print(name, reply[name])
    return {packet.AccessAccept: 0, packet.AccessReject: 1}.get(reply.code, 2)


sys.exit(main())
