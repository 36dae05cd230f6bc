"""nonna-protocol(7) by a client on plain sockets that shares no code with the library; then hostile ones.

usage: protocol.py FOLDER   with tiny.safetensors and large.safetensors in it; the programs are on PATH

Standard library only, no code of nonna's. A server's values after a push are compared with SGD and the norm
constraint of nonna-model(5) in double precision, to 1e-6: the server rounds numbers of at most 1 to float (6e-8) a few
times. All else is compared exactly. Random bytes are seeded.
"""
import array
import contextlib
import hashlib
import hmac
import json
import math
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys

HELLO, WELCOME, FETCH, VALUES, PUSH, RECEIVED, ACCEPTED, STALE, REFUSED, STATUS, STATE, SNAPSHOT, SAVED, ERROR, CHALLENGE = range(1, 16)
CHUNK = 524288
RATE = 0.25
SECONDS = 60    # for one answer: a machine may be busy
MESSAGES = 10000
TOKEN = b"0123456789abcdef of this run"


def check(condition, *what):
    if not condition:
        print("protocol.py: failed:", *what)
        sys.exit(1)


# --- the model file, nonna-model(5) ---

class Model:
    def __init__(self, path):
        with open(path, "rb") as f:
            header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
            data = f.read()
        tensor = {name: data[slice(*t["data_offsets"])] for name, t in header.items() if name != "__metadata__"}
        metadata = header["__metadata__"]
        architecture = json.loads(metadata["architecture"])
        self.row, self.segments, self.statistics = b"", [], []    # segment: first, matrices, rows, columns, unit norm
        side, maps = architecture["side"], architecture["channels"]
        for k, s in enumerate(architecture["stages"], 1):
            filters = (side - s["field"]) // s["stride"] + 1
            for name in ["encoder"] + ([] if s["tied"] else ["decoder"]):
                rows = s["field"] ** 2 * maps
                self.segments.append((len(self.row) // 4, filters ** 2, rows, s["maps"],
                                      int(s["unit_norm"] and name == "encoder")))
                self.row += tensor["stage%d.%s" % (k, name)]
            self.statistics += struct.unpack("<2d", tensor.get("stage%d.scale_sums" % k, bytes(16)))
            side, maps = filters - s["pool"] + 1, s["maps"]
            if s["border"] == "valid" and s["norm"]:
                side -= s["norm"] - 1
        first, matrices, rows, columns, _ = self.segments[-1]
        self.size = first + matrices * rows * columns
        check(len(self.row) == 4 * self.size, "the row's length")
        lines = [metadata["architecture"], metadata["preprocessing"],
                 hashlib.sha256(tensor.get("preprocess.filters", b"")).hexdigest(), str(len(self.statistics))]
        lines += [" ".join(map(str, s)) for s in self.segments]
        self.digest = hashlib.sha256("".join(line + "\n" for line in lines).encode()).digest()
        self.cuts = [first + m * rows * columns for first, matrices, rows, columns, _ in self.segments
                     for m in range(matrices)] + [self.size]

    def shard(self, i, n):
        cut = lambda k: next(c for c in self.cuts if c >= -(-self.size * k // n))
        return cut(i), cut(i + 1) - cut(i)

    def chunks(self, first, count):
        """Runs of whole matrices of at most CHUNK numbers; one that is longer by itself."""
        cuts = [c for c in self.cuts if first <= c <= first + count]
        found, begin = [], 0
        while begin + 1 < len(cuts):
            end = begin + 1
            while end + 1 < len(cuts) and cuts[end + 1] - cuts[begin] <= CHUNK:
                end += 1
            found.append((cuts[begin], cuts[end] - cuts[begin]))
            begin = end
        return found

    def sgd(self, values, gradient, rate):
        """The row after one step, in double precision."""
        row = [v - rate * g for v, g in zip(values, gradient)]
        for first, matrices, rows, columns, unit in self.segments:
            for m in range(matrices if unit else 0):
                begin, end = first + m * rows * columns, first + (m + 1) * rows * columns
                for c in range(columns):
                    norm = math.sqrt(sum(v * v for v in row[begin + c:end:columns]))
                    for i in range(begin + c, end, columns):
                        row[i] /= norm
        return row


# --- the wire ---

def framed(number, body):
    return struct.pack(">QI", len(body) + 4, number) + body


class Connection:
    def __init__(self, address, handshake=True):
        self.socket = socket.create_connection(address, SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = 0x80000000
        if handshake:
            self.socket.sendall(bytes.fromhex("0053500000300000"))
            check(self.read(8) == bytes.fromhex("0053500000310000"), "the server's first 8 bytes")

    def read(self, n):
        found = bytearray()
        while len(found) < n:
            more = self.socket.recv(min(n - len(found), 1 << 20))
            if not more:
                raise ConnectionError("closed by the server")
            found += more
        return bytes(found)

    def send(self, body):
        self.number += 1
        self.socket.sendall(framed(self.number, body))
        return self.number

    def receive(self):
        length = struct.unpack(">Q", self.read(8))[0]
        check(4 <= length <= 1 << 26, "the length of an answer", length)
        return struct.unpack(">I", self.read(4))[0], self.read(length - 4)

    def ask(self, body):
        number = self.send(body)
        back, answer = self.receive()
        check(back == number, "the number that an answer carries back")
        return answer

    def close(self):
        self.socket.close()

    def abort(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def head(kind, shard=0, flags=0, version=1):
    return b"NNPS" + struct.pack("<HHII", version, kind, shard, flags)


def kind_of(message):
    check(len(message) >= 16 and message[:6] == b"NNPS\1\0", "the head of an answer", message[:16].hex())
    return struct.unpack_from("<H", message, 6)[0]


def hello(model, replica=None, incarnation=0, digest=None):
    return (head(HELLO) + struct.pack("<IIQ", 2 if replica is None else 1, replica or 0, incarnation) +
            (model.digest if digest is None else digest) + bytes(32))


def fetch(shard, first, count, flags=0):
    return head(FETCH, shard, flags) + struct.pack("<IIQQ", 0, 0, first, count)


def push(shard, epoch, chunk, sequence, base, extent, numbers, statistics=(), factor=1.0, decay=0.5):
    return (head(PUSH, shard) + struct.pack("<IIIIQQddQQ", 0, len(statistics), epoch, chunk, sequence, base, factor,
                                            decay, *extent) +
            struct.pack("<%dd" % len(statistics), *statistics) + numbers)


def welcome_of(message):
    check(kind_of(message) == WELCOME, "WELCOME was expected, not", kind_of(message), message[16:])
    of, rule, rate, momentum, late, scale, count = struct.unpack_from("<IIddQII", message, 16)
    check(len(message) == 88 + 48 * count, "the length of WELCOME")
    shards = [struct.unpack_from("<IIQQQQQ", message, 88 + 48 * i) for i in range(count)]
    return {"of": of, "rule": rule, "rate": rate, "late": late, "scale": scale, "digest": message[56:88],
            "shards": shards}


def values_of(message):
    check(kind_of(message) == VALUES, "VALUES were expected, not", kind_of(message), message[16:])
    wire, statistics, version, first, count = struct.unpack_from("<IIQQQ", message, 16)
    check(wire == 0 and len(message) == 48 + 8 * statistics + 4 * count, "the length of VALUES")
    return version, message[48 + 8 * statistics:], struct.unpack_from("<%dd" % statistics, message, 48)


def answer_of(message, kind, sequence, version, staleness=0):
    check(kind_of(message) == kind, "kind", kind, "was expected, not", kind_of(message), message[16:])
    check(struct.unpack("<QQQ", message[16:]) == (sequence, version, staleness), "an answer",
          struct.unpack("<QQQ", message[16:]), "instead of", (sequence, version, staleness))


def error_of(message, code):
    check(kind_of(message) == ERROR and struct.unpack_from("<I", message, 12)[0] == code, "ERROR", code, "was expected, not",
          message[:16].hex(), message[16:])
    check(0 < len(message[16:].decode()) <= 4096, "the sentence of an ERROR")


def state_of(connection):
    answer = connection.ask(head(STATUS))
    check(kind_of(answer) == STATE, "STATE was expected")
    return json.loads(answer[16:])


@contextlib.contextmanager
def server(folder, name, *options):
    process = subprocess.Popen(["nonna-serve", "%s/%s.safetensors" % (folder, name), "--rendezvous", folder + "/" + name,
                                "--listen", "tcp://127.0.0.1:0", "--optimizer", "sgd", "--rate", str(RATE), "-j", "1",
                                *options], stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if " ready at " in line:
                break
        (published,) = [file for file in os.listdir(folder + "/" + name) if not file.startswith("metrics-")]
        with open("%s/%s/%s" % (folder, name, published)) as f:
            url = f.read().strip()
        host, port = url.removeprefix("tcp://").rsplit(":", 1)
        yield process, (host, int(port)), url, line.partition(", metrics at ")[2].strip()
        check(process.poll() is None, "the server ended by itself:", process.returncode)
        process.send_signal(signal.SIGTERM)
        check(process.wait(SECONDS) == 0, "the server's exit status", process.returncode)
        check(os.listdir(folder + "/" + name) == [], "the address is still published")
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def near(bytes_, expected):
    row = array.array("f", bytes_)
    return len(row) == len(expected) and max(abs(a - b) for a, b in zip(row, expected)) <= 1e-6


def gradient(n, seed):
    return array.array("f", (((i * 2654435761 + seed * 40503) >> 7) % 2000 / 1000 - 1 for i in range(n)))


def row_of(connection, shards, model):
    """Versions, the whole row, statistics: chunk by chunk, frozen."""
    row, versions, statistics = b"", [], ()
    for index, _, first, count, *_ in shards:
        seen = set()
        for i, extent in enumerate(model.chunks(first, count)):
            answer = connection.ask(fetch(index, *extent, flags=2 if i else 1))
            while i == 0 and kind_of(answer) == ERROR:    # connections that were closed are not yet gone there
                error_of(answer, 8)
                answer = connection.ask(fetch(index, *extent, flags=1))
            version, numbers, s = values_of(answer)
            check(bool(s) == (index == 0 and i == 0), "statistics come with the first values of shard 0")
            seen.add(version)
            row, statistics = row + numbers, statistics or s
        check(len(seen) == 1, "frozen values are of one version")
        versions += seen
    return versions, row, statistics


# --- a client that means well ---

def greetings(model, address):
    c = Connection(address)
    for kind in (FETCH, PUSH, STATUS, SNAPSHOT, WELCOME, ERROR):
        error_of(c.ask(head(kind)), 5)
    error_of(c.ask(hello(model, digest=b"\1" * 32)), 3)
    error_of(c.ask(hello(model, replica=0, digest=bytes(32))), 3)    # only observers may know no model
    error_of(c.ask(hello(model)[:-1]), 1)
    error_of(c.ask(hello(model) + b"\0"), 1)
    error_of(c.ask(head(HELLO, version=2)), 2)
    error_of(c.ask(head(15)), 1)
    error_of(c.ask(head(16)), 1)
    error_of(c.ask(head(HELLO, flags=3) + hello(model)[16:]), 1)
    error_of(c.ask(b""), 1)
    error_of(c.ask(head(STATUS)), 5)    # not greeted yet, for all that
    blind = welcome_of(c.ask(hello(model, digest=bytes(32))))
    known = welcome_of(c.ask(hello(model)))
    check(blind == known and known["digest"] == model.digest, "the layout digest")
    check((known["rule"], known["rate"], known["late"], known["scale"]) == (0, RATE, 0, 0), "the server's rule")
    check([s[:4] for s in known["shards"]] == [(i, 0, *model.shard(i, known["of"])) for i in range(known["of"])],
          "the shards' ranges", known["shards"])
    c.close()
    return known["of"]


def proved(model, connection, place, token, replica=None):
    """HELLO with a proof that this client knows the token, after the server's own proof."""
    plain, nonce = hello(model, replica, 17)[16:64], os.urandom(32)
    answer = connection.ask(head(HELLO, flags=1) + plain + nonce)
    check(kind_of(answer) == CHALLENGE and len(answer) == 80, "CHALLENGE was expected")
    key = hashlib.sha256(TOKEN).digest()
    check(answer[48:] == hmac.digest(key, b"server" + nonce + place, "sha256"), "the server's proof")
    key = hashlib.sha256(token).digest()
    return head(HELLO, flags=2) + plain + hmac.digest(key, b"client" + answer[16:48] + place, "sha256")


def with_token(model, address):
    place = ("%s:%d" % address).encode()
    c, d = Connection(address), Connection(address)
    error_of(c.ask(hello(model)), 4)
    error_of(c.ask(hello(model)[:-32] + hashlib.sha256(TOKEN).digest()), 4)    # sent as it is
    error_of(c.ask(head(HELLO, flags=2) + hello(model)[16:64] + hashlib.sha256(TOKEN).digest()), 4)
    error_of(c.ask(proved(model, c, place, TOKEN[:-1])), 4)
    error_of(c.ask(proved(model, d, place, TOKEN)), 4)    # another connection's challenge
    c.ask(head(HELLO, flags=1) + hello(model)[16:64] + bytes(32))
    error_of(c.ask(head(STATUS)), 5)    # asking for a challenge is no greeting
    good = proved(model, c, place, TOKEN, replica=0)
    for i in range(64, len(good)):
        error_of(c.ask(good[:i] + bytes([good[i] ^ 1]) + good[i + 1:]), 4)
    welcome_of(c.ask(good))
    check(state_of(c)["refused_greetings"] == 37, "refused greetings", state_of(c)["refused_greetings"])

    # one that stands between, in a shared folder under the real server's name
    thief = socket.create_server(("127.0.0.1", 0))
    between = ("127.0.0.1:%d" % thief.getsockname()[1]).encode()
    thief.close()
    e = Connection(address)
    answer = e.ask(head(HELLO, flags=1) + hello(model)[16:64] + bytes(32))
    key = hashlib.sha256(TOKEN).digest()
    check(answer[48:] != hmac.digest(key, b"server" + bytes(32) + between, "sha256"), "a proof for another place")
    error_of(e.ask(head(HELLO, flags=2) + hello(model)[16:64] +
                   hmac.digest(key, b"client" + answer[16:48] + between, "sha256")), 4)


def well_meant(model, address, of):
    c = Connection(address)
    w = welcome_of(c.ask(hello(model, replica=0, incarnation=11)))
    check([s[1] for s in w["shards"]] == [1] * of, "a replica's first epoch")
    versions, row, statistics = row_of(c, w["shards"], model)
    check(versions == [0] * of and row == model.row, "the values are not the model's")
    check(statistics == tuple(model.statistics), "the statistics are not the model's")

    step = gradient(model.size, 1)
    gained = [1.5 * (i + 1) for i in range(len(model.statistics))]
    pieces = []
    for index, _, first, count, *_ in w["shards"]:
        chunks = model.chunks(first, count)
        for chunk in reversed(range(len(chunks))):    # any order will do
            begin, n = chunks[chunk]
            pieces.append((index, chunk, (begin, n), step[begin:begin + n].tobytes(),
                           gained if index == 0 and chunk == 0 else [], chunk == 0))

    def send(sequence, epoch, base, pieces, c=c):
        return [c.ask(push(index, epoch, chunk, sequence, base, extent, numbers, more, factor=0.5))
                for index, chunk, extent, numbers, more, _ in pieces]

    for piece, answer in zip(pieces, send(1, 1, 0, pieces)):
        answer_of(answer, *((ACCEPTED, 1, 1) if piece[-1] else (RECEIVED, 1, 0)))
    expected = model.sgd(array.array("f", model.row), step, RATE * 0.5)
    versions, once, statistics = row_of(c, w["shards"], model)
    check(versions == [1] * of and near(once, expected), "the values after one step of SGD")
    check(once != model.row, "a push that moves nothing")
    check(list(statistics) == [0.5 * s + a for s, a in zip(model.statistics, gained)], "the statistics after it")

    # the same push again, by another connection: answered, not applied
    d = Connection(address)
    check(welcome_of(d.ask(hello(model, replica=0, incarnation=11)))["shards"] ==
          [(*s[:4], 1, 1, 1) for s in w["shards"]], "a second greeting of the same process")
    for answer in send(1, 1, 0, pieces) + send(1, 1, 0, pieces, d):
        answer_of(answer, ACCEPTED, 1, 1)
    check(row_of(c, w["shards"], model) == (versions, once, statistics), "a push was applied twice")

    # not finite
    bad = [(i, k, e, struct.pack("<f", math.nan) + n[4:] if first else n, m, first) for i, k, e, n, m, first in pieces]
    for piece, answer in zip(pieces, send(2, 1, 1, bad)):
        answer_of(answer, *((REFUSED, 2, 1) if piece[-1] else (RECEIVED, 2, 1)))
    check(row_of(c, w["shards"], model) == (versions, once, statistics), "a push with a NaN was applied")

    # what may not be
    index, chunk, extent, numbers, more, _ = pieces[-1]
    good = dict(shard=index, epoch=1, chunk=chunk, sequence=3, base=1, extent=extent, numbers=numbers, statistics=more)
    error_of(c.ask(push(**{**good, "epoch": 2})), 6)
    error_of(c.ask(push(**{**good, "shard": of})), 7)
    error_of(c.ask(push(**{**good, "chunk": 99})), 7)
    error_of(c.ask(push(**{**good, "extent": (extent[0] + 1, extent[1])})), 7)
    error_of(c.ask(push(**{**good, "statistics": list(more) + [1.0]})), 1)
    error_of(c.ask(push(**{**good, "extent": (extent[0], extent[1] + 1)})), 1)    # not as long as it says
    error_of(c.ask(push(**{**good, "factor": 1.5})), 1)
    error_of(c.ask(push(**{**good, "decay": math.nan})), 1)
    for kind in (WELCOME, VALUES, ACCEPTED, STATE, SAVED, ERROR):
        error_of(c.ask(head(kind)), 1)
    error_of(c.ask(fetch(of, 0, 1)), 7)
    error_of(c.ask(fetch(0, model.size, 1)), 7)
    error_of(c.ask(fetch(0, 0, 0)), 7)
    error_of(c.ask(fetch(0, 2 ** 63, 2 ** 63)), 1)
    error_of(c.ask(head(SNAPSHOT, of)), 7)
    error_of(c.ask(head(SNAPSHOT)), 9)
    observer = Connection(address)
    error_of(observer.ask(head(STATUS)), 5)
    welcome_of(observer.ask(hello(model)))
    error_of(observer.ask(push(**good)), 5)

    # another process takes the place
    later = Connection(address)
    check([s[1] for s in welcome_of(later.ask(hello(model, replica=0, incarnation=12)))["shards"]] == [2] * of, "epoch 2")
    error_of(c.ask(push(**good)), 6)
    error_of(d.ask(hello(model, replica=0, incarnation=11)), 6)

    state = state_of(observer)
    check((state["protocol"], state["shards_in_all"], state["optimizer"], state["rate"]) == (1, of, "sgd", RATE),
          "the state", state)
    check([(s["shard"], s["first"], s["count"], s["version"], s["base"]) for s in state["shards"]] ==
          [(s[0], s[2], s[3], 1, 0) for s in w["shards"]], "the state's shards", state["shards"])
    chunks = {s[0]: len(model.chunks(s[2], s[3])) for s in w["shards"]}
    check([(r["shard"], r["replica"], r["epoch"], r["sequence"], r["accepted"], r["accepted_in_all"], r["stale"],
            r["refused"], r["repeats"]) for r in state["replicas"]] ==
          [(i, 0, 2, 0, 0, 1, 0, 1, 2 * n) for i, n in chunks.items()], "the state's replicas", state["replicas"])
    for connection in (c, d, observer, later):
        connection.close()
    return expected


# --- those that do not ---

def memory(process):
    with open("/proc/%d/status" % process.pid) as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM:")) / 1024    # MiB


def altered(rng, message):
    message = bytearray(message)
    for _ in range(rng.randint(1, 3)):
        what = rng.choice((0, 0, 0, 1, 1, 2, 3))
        at = rng.randrange(len(message)) if message else 0
        if what == 0 and message:
            message[at] ^= 1 << rng.randrange(8)
        elif what == 1 and message:
            message[at] = rng.choice((0, 1, 0x7f, 0x80, 0xff))
        elif what == 2:
            del message[at:at + rng.choice((1, 4, 8, len(message)))]
        else:
            message[at:at] = rng.randbytes(rng.choice((1, 4, 8, 300)))
    return bytes(message)


def hostile(model, process, address, of):
    rng = random.Random(20261125)
    observer = Connection(address)
    welcome_of(observer.ask(hello(model)))
    victim = Connection(address)
    shards = welcome_of(victim.ask(hello(model, replica=0, incarnation=13)))["shards"]
    before, before_memory, before_state = row_of(victim, shards, model), memory(process), state_of(observer)

    first, count = model.shard(0, of)
    chunk = model.chunks(first, count)[0]
    # a push whose epoch is nobody's: however it is altered, it is not applied
    seeds = [hello(model), hello(model, replica=500, incarnation=77), fetch(0, first, 100), fetch(1, *model.shard(1, of)),
             fetch(0, first, 1, 1), head(STATUS), head(SNAPSHOT),
             push(0, 0xffffffff, 0, 1, 0, chunk, bytes(4 * chunk[1]), [0.0] * len(model.statistics)),
             push(0, 0xffffffff, 0, 1, 0, (first, 3), bytes(12), [0.0] * len(model.statistics))]
    weights = [4, 4, 4, 1, 2, 1, 1, 1, 6]
    sent = errors = connections = 0
    while sent < MESSAGES:
        c = Connection(address)
        connections += 1
        if rng.random() < 0.6:
            c.ask(hello(model, replica=500 + rng.randrange(3), incarnation=rng.getrandbits(64)) if rng.random() < 0.5
                  else hello(model))
        for _ in range(rng.randint(1, 60)):
            way = rng.random()
            if way < 0.3:
                body = rng.randbytes(rng.choice((0, 1, 15, 16, 17, 64, 300, 5000)))
            elif way < 0.4:
                body = head(rng.randrange(0, 17), rng.getrandbits(2), rng.getrandbits(3)) + rng.randbytes(rng.randrange(120))
            else:
                body = altered(rng, rng.choices(seeds, weights)[0])
            answer = c.ask(body)    # every one is answered
            sent += 1
            kind = kind_of(answer)
            errors += kind == ERROR
            check(kind in (WELCOME, VALUES, STATE, ERROR), "kind", kind, "in answer to", body[:200].hex())
        (c.abort if rng.random() < 0.5 else c.close)()
    check(errors > MESSAGES / 3, "only", errors, "errors")

    # below the messages: lengths, numbers and first bytes that are none; and ten messages that begin and never end,
    # for which a server sets aside what they announce, 2 MiB each
    left = []
    for i in range(300):
        c = Connection(address, handshake=i % 10 != 0)
        if i % 10 == 0:
            c.socket.sendall(rng.randbytes(rng.randrange(1, 64)))
        elif i % 10 < 5 or (i % 10 > 7 and i % 30 != 9):
            c.socket.sendall(struct.pack(">Q", rng.choice((1 << 22, 1 << 26, 1 << 31, 1 << 40, 1 << 63, (1 << 64) - 1))))
            c.socket.settimeout(SECONDS)
            with contextlib.suppress(ConnectionResetError):
                check(c.socket.recv(1) == b"", "a length beyond the limit ends the connection")
        elif 5 <= i % 10 < 7:
            c.socket.sendall(struct.pack(">Q", rng.randrange(4)) + bytes(4))
        elif i % 10 == 7:
            c.socket.sendall(framed(rng.getrandbits(31), hello(model)))    # the highest bit is not set
        else:
            c.socket.sendall(struct.pack(">QI", CHUNK * 4, 0x80000001) + rng.randbytes(100))
        left.append(c)

    grown = memory(process) - before_memory
    check(grown < 48, "the server has grown by", grown, "MiB")
    after_state = state_of(observer)
    check(after_state["errors"] - before_state["errors"] >= errors, "errors are counted")
    check(after_state["requests"] - before_state["requests"] >= MESSAGES, "requests are counted")
    check(row_of(victim, shards, model) == before, "the values have changed")
    mine = lambda state: [{k: v for k, v in r.items() if k != "last_contact"} for r in state["replicas"] if r["replica"] == 0]
    check(mine(after_state) == mine(before_state), "replica 0 has changed")
    for c in left:
        c.abort()
    print("%d messages by %d connections, %d errors; memory %.0f -> %.0f MiB" %
          (sent, connections, errors, before_memory, before_memory + grown))
    return victim, shards


def still_good(model, victim, shards):
    versions, row, _ = row_of(victim, shards, model)
    step = gradient(model.size, 2)
    for index, epoch, first, count, *_ in shards:
        (extent,) = model.chunks(first, count)
        answer_of(victim.ask(push(index, epoch, 0, 1, versions[index], extent, step[first:first + count].tobytes(),
                                  [0.0] * len(model.statistics) if index == 0 else [])), ACCEPTED, 1, versions[index] + 1)
    versions_after, row_after, _ = row_of(victim, shards, model)
    check(versions_after == [v + 1 for v in versions] and
          near(row_after, model.sgd(array.array("f", row), step, RATE)), "a good push after it all")
    victim.close()


def strangers(url, metrics):
    """nngcat and curl, which nobody here wrote: nonsense gets an error of ours, the wrong protocol nothing."""
    if shutil.which("nngcat"):
        for data in ("hello?", "NNPS" + "x" * 200):
            said = subprocess.run(["nngcat", "--req", "--dial", url, "--data", data, "--raw", "--recv-timeout", "30"],
                                  capture_output=True, timeout=SECONDS).stdout
            error_of(said, 1)
    else:
        print("no nngcat: left out")
    if shutil.which("curl"):
        curl = lambda at: subprocess.run(["curl", "-sS", "--noproxy", "*", "-m", "30", at], capture_output=True)
        page = curl(metrics).stdout.decode()
        check('nonna_version{shard="2"} 1\n' in page, "the metrics", page)
        check(curl(url.replace("tcp:", "http:") + "/").returncode != 0, "the servers' port answers HTTP")
        check(curl(metrics + "x").stdout.decode().find("nonna_") < 0, "another page than /metrics")
    else:
        print("no curl: left out")


def main(folder):
    model = Model(folder + "/large.safetensors")
    check(len(model.chunks(0, model.size)) >= 3, "large.safetensors is not large")
    with server(folder, "large") as (process, address, url, metrics):
        well_meant(model, address, greetings(model, address))
    model = Model(folder + "/tiny.safetensors")
    with open(folder + "/token", "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
        f.write(TOKEN + b"\r\n")
    with server(folder, "tiny", "--token", folder + "/token") as (process, address, url, metrics):
        with_token(model, address)
    with server(folder, "tiny", "--shard", "0-2/3", "--metrics", "http://127.0.0.1:0/metrics") as (process, address, url, metrics):
        of = greetings(model, address)
        check(of == 3, "three shards")
        well_meant(model, address, of)
        victim, shards = hostile(model, process, address, of)
        strangers(url, metrics)
        still_good(model, victim, shards)


main(sys.argv[1])
