#!/usr/bin/python3
"""Traffic through a tunnel: `serve ADDRESS` at the gateway, `go ADDRESS UP DOWN` at the person. It takes UP octets and gives DOWN."""
import socket
import sys
import time

PORT = 7777


def serve(address):
    for _ in range(100):
        try:
            listener = socket.create_server((address, PORT))
            break
        except OSError:
            time.sleep(0.1)
    while True:
        peer, _ = listener.accept()
        with peer:
            up, down = (int(n) for n in peer.makefile("rb").readline().split())
            peer.sendall(b"d" * down)
            while up > 0:
                got = peer.recv(65536)
                if not got:
                    break
                up -= len(got)
            peer.sendall(b"!")


def go(address, up, down):
    for _ in range(100):
        try:
            peer = socket.create_connection((address, PORT), timeout=2)
            break
        except OSError:
            time.sleep(0.1)
    else:
        sys.exit("nobody answers through the tunnel")
    peer.settimeout(20)
    peer.sendall(b"%d %d\n" % (up, down))
    down += 1
    sender = b"u" * up
    peer.setblocking(True)
    # The gateway sends first; what the person sends waits in its buffers meanwhile.
    while down > 1:
        got = peer.recv(65536)
        if not got:
            sys.exit("the tunnel has ended")
        down -= len(got)
    peer.sendall(sender)
    if peer.recv(1) != b"!":
        sys.exit("the tunnel has ended")


if sys.argv[1] == "serve":
    serve(sys.argv[2])
else:
    go(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
