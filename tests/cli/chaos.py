"""A TCP proxy that does to nng's messages what bad networks and bad days do, seeded.

    chaos.py HOST:PORT SEED [KIND=PROBABILITY...] 2>COUNTS &     prints the tcp:// address it listens at

Each side of a connection first sends 8 bytes (00 'S' 'P' 00, protocol, 00 00), then messages: 8 bytes of length, big-endian,
and a body. Of every message, in either direction, one draw decides: it is dropped, delayed, duplicated (the copy 0 to 0.2 s
later), reordered (after the next one), or the connection is cut in its middle, goes deaf (open, but no more is forwarded
in this direction) or slow (the message trickles). SIGTERM ends it; then it says on stderr how often it did what.
"""
import asyncio
import collections
import os
import random
import signal
import sys

KINDS = ["drop", "delay", "duplicate", "reorder", "cut", "deaf", "slow"]


class Chaos:
    def __init__(self, host, port, seed, chances):
        self.host, self.port, self.seed, self.chances = host, port, seed, chances
        self.connections = 0
        self.done = collections.Counter()
        self.copies = set()

    def draw(self, rng):
        at = rng.random()
        for kind in KINDS:
            at -= self.chances.get(kind, 0)
            if at < 0:
                self.done[kind] += 1
                return kind
        return "pass"

    async def forward(self, reader, writer, rng):
        """One direction, until it ends or is cut (then the caller closes both)."""
        held = None
        whole = asyncio.Lock()    # nothing comes in the middle of a message
        writer.write(await reader.readexactly(8))
        while True:
            head = await reader.readexactly(8)
            message = head + await reader.readexactly(int.from_bytes(head, "big"))
            kind = self.draw(rng)
            if kind == "drop":
                continue
            if kind == "reorder" and held is None:
                held = message
                continue
            if kind == "delay":
                await asyncio.sleep(rng.uniform(0.02, 0.3))
            if kind == "cut":
                async with whole:
                    writer.write(message[: rng.randrange(9, len(message))])
                    await writer.drain()
                    writer.close()
                return
            if kind == "deaf":
                while await reader.read(65536):
                    pass
                return
            if kind == "slow":
                async with whole:
                    for at in range(0, len(message), len(message) // 8 + 1):
                        writer.write(message[at : at + len(message) // 8 + 1])
                        await asyncio.sleep(0.02)
            else:
                writer.write(message)
            if held is not None:
                writer.write(held)
                held = None
            await writer.drain()
            if kind == "duplicate":
                task = asyncio.ensure_future(self.again(writer, whole, message, rng.uniform(0, 0.2)))
                self.copies.add(task)
                task.add_done_callback(self.copies.discard)

    @staticmethod
    async def again(writer, whole, message, seconds):
        await asyncio.sleep(seconds)
        async with whole:
            if not writer.is_closing():
                writer.write(message)

    async def connection(self, reader, writer):
        number = self.connections
        self.connections += 1
        try:
            far_reader, far_writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.close()
            return
        ways = [self.forward(reader, far_writer, random.Random(f"{self.seed} {number} there")),
                self.forward(far_reader, writer, random.Random(f"{self.seed} {number} back"))]
        tasks = [asyncio.ensure_future(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for w in (writer, far_writer):
            w.close()


async def main():
    host, port = sys.argv[1].rsplit(":", 1)
    chances = {kind: float(value) for kind, value in (word.split("=") for word in sys.argv[3:])}
    assert all(kind in KINDS for kind in chances), sorted(chances)
    chaos = Chaos(host, int(port), sys.argv[2], chances)
    server = await asyncio.start_server(chaos.connection, "127.0.0.1", 0)
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    print("tcp://127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await end.wait()
    for kind in KINDS:
        print(kind, chaos.done[kind], file=sys.stderr)
    print("connections", chaos.connections, file=sys.stderr, flush=True)
    os._exit(0)    # connections under way are nobody's any more


asyncio.run(main())
