"""A client of parameter servers that is none of ours: python3's standard library and the pages of nonna-protocol(7).

    served.py counts URL...          of every shard: do its version and its replicas' pushes agree?
    served.py accepted REPLICA URL...    "SHARD N": pushes of this replica's present process that were applied
    served.py version URL            of its first shard
    served.py rude URL               requests without a greeting; says what was answered
"""
import json
import socket
import struct
import sys

HELLO, STATUS, STATE, ERROR = 1, 10, 11, 14


def head(kind, shard=0, flags=0, version=1):
    return b"NNPS" + struct.pack("<HHII", version, kind, shard, flags)


class Client:
    def __init__(self, url, greet=True):
        host, port = url.removeprefix("tcp://").rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), 10)
        self.socket.settimeout(10)
        self.number = 0x80000000
        self.socket.sendall(b"\0SP\0\0\x30\0\0")    # REQ
        assert self.read(8) == b"\0SP\0\0\x31\0\0"    # REP
        if greet:
            hello = struct.pack("<IIQ", 2, 0, 1) + bytes(64)    # an observer that knows no model and no token
            self.ask(head(HELLO) + hello)

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(n - len(data))
            if not more:
                raise SystemExit("the server has closed the connection")
            data += more
        return data

    def ask(self, message):
        self.number += 1
        body = struct.pack(">I", self.number) + message
        self.socket.sendall(struct.pack(">Q", len(body)) + body)
        answer = self.read(struct.unpack(">Q", self.read(8))[0])
        assert answer[:4] == body[:4], "an answer to another request"
        return answer[4:]

    def state(self):
        answer = self.ask(head(STATUS))
        assert answer[:8] == head(STATE)[:8], answer
        return json.loads(answer[16:])


what, urls = sys.argv[1], sys.argv[2:]
if what == "counts":
    for url in urls:
        state = Client(url).state()
        for shard in state["shards"]:
            accepted = sum(r["accepted_in_all"] for r in state["replicas"] if r["shard"] == shard["shard"])
            if shard["version"] - shard["base"] != accepted:
                print("shard %d: version %d - base %d is not %d accepted" %
                      (shard["shard"], shard["version"], shard["base"], accepted))
elif what == "accepted":
    for url in urls[1:]:
        for r in Client(url).state()["replicas"]:
            if r["replica"] == int(urls[0]):
                print(r["shard"], r["accepted"])
elif what == "version":
    print(Client(urls[0]).state()["shards"][0]["version"])
elif what == "rude":
    client = Client(urls[0], greet=False)
    for message in (head(STATUS), head(3) + bytes(24), head(12), b"x", b"", head(1, version=2), head(99), head(1)):
        answer = client.ask(message)
        print(struct.unpack("<H", answer[6:8])[0] == ERROR, answer[16:].decode())
else:
    sys.exit(__doc__)
