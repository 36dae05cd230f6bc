"""Clients that are a burden to a server of nonna-protocol(7), on plain sockets; standard library only.

    crowd.py cuts URL N         N connections that end while 8 answers are under way to each, in five ways by turns
    crowd.py silent URL N       N connections that say nothing, up to a signal; prints a line once they are there
    crowd.py halves URL N       N replicas that each send half of a push, likewise
    crowd.py copies URL N       N observers that hold a frozen copy each and never read it to the end, likewise
    crowd.py replicas URL N     N replicas that say hello, one after another on one connection
"""
import resource
import socket
import struct
import sys
import time

HELLO, WELCOME, FETCH, PUSH = 1, 2, 3, 5
FREEZE, FROZEN = 1, 2


def head(kind, shard=0, flags=0):
    return b"NNPS" + struct.pack("<HHII", 1, kind, shard, flags)


def hello(role=2, replica=0, incarnation=1, layout=bytes(32)):
    return head(HELLO) + struct.pack("<IIQ", role, replica, incarnation) + layout + bytes(32)


class Client:
    def __init__(self, url):
        self.ipc = url.startswith("ipc://")
        if self.ipc:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(10)
            self.socket.connect(url.removeprefix("ipc://"))
        else:
            host, port = url.removeprefix("tcp://").rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)), 10)
        self.number = 0x80000000

    def shake_hands(self):
        self.socket.sendall(b"\0SP\0\0\x30\0\0")    # REQ
        assert self.read(8) == b"\0SP\0\0\x31\0\0"    # REP
        return self

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def framed(self, message):
        self.number += 1
        body = struct.pack(">I", self.number) + message
        return (b"\1" if self.ipc else b"") + struct.pack(">Q", len(body)) + body

    def ask(self, message):
        self.socket.sendall(self.framed(message))
        start = self.read(9 if self.ipc else 8)
        return self.read(struct.unpack(">Q", start[-8:])[0])[4:]

    def greet(self, **who):
        """The layout's digest, and index, first number and count of the first shard."""
        answer = self.ask(hello(**who))
        assert struct.unpack_from("<H", answer, 6)[0] == WELCOME, answer
        index, _, first, count = struct.unpack_from("<IIQQ", answer, 88)
        return answer[56:88], index, first, count


def fetch(index, flags, first, count):
    return head(FETCH, index, flags) + struct.pack("<IIQQ", 0, 0, first, count)


def cut(url, way):
    c = Client(url).shake_hands()
    _, index, first, count = c.greet()
    c.socket.sendall(b"".join(c.framed(fetch(index, 0, first, min(count, 100000))) for _ in range(8)))
    if way == 1:
        c.read(1000)    # in the middle of the first
    elif way == 2:
        time.sleep(0.002)
    elif way == 3:
        c.socket.shutdown(socket.SHUT_WR)
    elif way == 4:
        c.socket.shutdown(socket.SHUT_RD)
    if way != 3:
        c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))    # a reset, not an end
    c.socket.close()


def main(what, url, n):
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),) * 2)
    held = []
    if what == "cuts":
        for i in range(n):
            cut(url, i % 5)
        return
    if what == "replicas":
        c = Client(url).shake_hands()
        layout = c.greet()[0]
        for i in range(n):
            c.greet(role=1, replica=i, incarnation=i + 1, layout=layout)
        return
    layout = None
    for i in range(n):
        try:
            c = Client(url)
            if what != "silent":
                c.shake_hands()
                if what == "halves":
                    layout = layout or Client(url).shake_hands().greet()[0]
                    c.greet(role=1, replica=1000 + i, incarnation=i + 1, layout=layout)
                    c.socket.sendall(struct.pack(">Q", 40000) + bytes(20000))
                else:
                    _, index, first, count = c.greet()
                    c.ask(fetch(index, FREEZE, first, 1))
        except (OSError, EOFError):
            continue    # sent away
        held.append(c)
    print("there", flush=True)
    time.sleep(600)


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
