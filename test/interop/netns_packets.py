#!/usr/bin/python3
# The two ends of netns.sh: `listen PROTOCOL,ADDRESS,PORT...` answers everything that comes, and says "ready"; `ask PROTOCOL,FROM,TO,PORT...` sends one
# packet each, or opens one connection, all at once, and prints "FROM TO PROTOCOL PORT in|out".
import socket
import sys
import threading


def opened(protocol, address):
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    return socket.socket(family, socket.SOCK_DGRAM if protocol == 'udp' else socket.SOCK_STREAM)


def answer(protocol, s):
    while True:
        if protocol == 'udp':
            data, peer = s.recvfrom(100)
            s.sendto(data, peer)
        else:
            c, _ = s.accept()
            c.sendall(b'x')
            c.close()


def listen(spec):
    protocol, address, port = spec.split(',')
    s = opened(protocol, address)
    s.bind((address, int(port)))
    if protocol == 'tcp':
        s.listen(8)
    threading.Thread(target=answer, args=(protocol, s)).start()


def ask(spec, said):
    protocol, source, to, port = spec.split(',')
    came = False
    s = opened(protocol, to)
    s.settimeout(2)
    try:
        s.bind((source, 0))
        s.connect((to, int(port)))
        if protocol == 'udp':
            s.send(b'x')
        came = s.recv(10) == b'x'
    except OSError:
        pass
    said.append(f"{source} {to} {protocol} {port} {'in' if came else 'out'}")


if sys.argv[1] == 'listen':
    for one in sys.argv[2:]:
        listen(one)
    print('ready', flush=True)
else:
    said = []
    threads = [threading.Thread(target=ask, args=(one, said)) for one in sys.argv[2:]]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print('\n'.join(sorted(said)))
