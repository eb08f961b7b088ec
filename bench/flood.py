"""What others feel of a lesson that floods the media server: `python -m bench.flood [--json FILE]`.

12 seats of one call send ten of the dearest offers that are accepted each second, ten times what
signaling lets through, and 256 more seats of it begin a handshake and stop there. Meanwhile people
of ten other calls offer and connect, one at a time.

Told are the milliseconds from the offer to its answer, and from the ClientHello to `connected`,
before and during the attack. Verdict: 99 of 100 honest answers, and as many handshakes, take at
most 0.5 s (LIMIT_MS).
"""

import argparse
import asyncio
import json
import re
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from redis.asyncio import Redis

from tests.sfu.dtls_client import CERTIFICATE, DtlsClient
from zvonok.service.bus import connect

from .offers import FINGERPRINT, largest, many_formats, shapes
from .offers import offer as make_offer
from .peers import check
from .sdp import measure
from .worker import Told, answer, offer, worker

LIMIT_MS = 500.0
FLOODERS, RATE, STALLED, CALLS, HONEST = 12, 10.0, 256, 10, 200
ATTACK = "attack"
OURS = CERTIFICATE.fingerprint(hashes.SHA256()).hex(":").upper()


def honest_offer() -> str:
    return make_offer(17).replace(FINGERPRINT, OURS)


class Peer:
    """A browser's transport: checks, and a DTLS client as far as it is let."""

    def __init__(self, sdp: str, address: str) -> None:
        found = [re.search(rf"a={name}:(\S+)", sdp) for name in ("ice-ufrag", "ice-pwd")]
        port = re.search(r"127\.0\.0\.1 (\d+) typ host", sdp)
        ufrag, password = (match.group(1).encode() for match in found if match)
        assert port is not None
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.connect(("127.0.0.1", int(port.group(1))))
        self.socket.setblocking(False)
        self.check = check(ufrag, password)
        self.dtls = DtlsClient()

    def step(self) -> bool:
        """Sends what the handshake has to say; True once it is over."""
        for record in self.dtls.send():
            self.socket.send(record)
        return self.dtls.done

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        self.socket.send(self.check)
        self.step()
        repeat = time.monotonic() + 0.1
        while True:
            try:
                async with asyncio.timeout(0.1):
                    datagram = await loop.sock_recv(self.socket, 2048)
            except TimeoutError:
                datagram = b""
            if time.monotonic() >= repeat:
                self.dtls.repeat()
                repeat = time.monotonic() + 0.1
            if datagram and 20 <= datagram[0] <= 63:
                self.dtls.receive(datagram)
            if self.step():
                return

    def close(self) -> None:
        self.socket.close()


async def behave(redis: Redis, told: Told, first: int) -> tuple[list[float], list[float]]:
    """HONEST people, one after the other: ms to the answer, ms of the handshake."""
    answers, handshakes = [], []
    for number in range(first, first + HONEST):
        call = f"honest-{number % CALLS}"
        began = time.monotonic()
        session = await offer(redis, call, number, 1, honest_offer())
        await told.until(session, offer_id=1)
        answers.append((time.monotonic() - began) * 1000)
        peer = Peer(await answer(redis, call, session), f"127.0.1.{number % 200 + 1}")
        began = time.monotonic()
        await peer.connect()
        await told.until(session, connected=True)
        handshakes.append((time.monotonic() - began) * 1000)
        peer.close()
    return answers, handshakes


async def flood(url: str) -> None:
    """Runs in a process of its own until it is killed."""
    texts = [largest(shape.text) for shape in shapes() if shape.sections == 64]
    dearest = max((*texts, many_formats()), key=lambda text: measure("", text)["ms"])
    async with connect(url) as redis:
        began = time.monotonic()
        for offer_id in range(1, 1 << 30):
            # Another certificate each time: another connection, the dearest thing to ask for.
            other = dearest.replace(FINGERPRINT, ":".join([f"{offer_id % 256:02X}"] * 32))
            for number in range(1, FLOODERS + 1):
                await offer(redis, ATTACK, number, offer_id, other)
            if offer_id == 1:
                print(flush=True)
            await asyncio.sleep(max(0.0, began + offer_id / RATE - time.monotonic()))


@asynccontextmanager
async def flooded(redis: Redis) -> AsyncIterator[None]:
    url = f"unix://{redis.connection_pool.connection_kwargs['path']}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.flood", "--flood", url), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        yield
    finally:
        process.kill()
        await process.wait()


async def stall(redis: Redis, told: Told) -> list[Peer]:
    peers = []
    sdp = make_offer(1).replace(FINGERPRINT, OURS)
    for number in range(1000, 1000 + STALLED):
        session = await offer(redis, ATTACK, number, 1, sdp)
        await told.until(session, offer_id=1)
        peers.append(Peer(await answer(redis, ATTACK, session), "127.0.2.1"))
    for peer in peers:
        peer.socket.send(peer.check)
        peer.step()
    return peers


def summary(name: str, values: list[float]) -> dict[str, Any]:
    ordered = sorted(values)
    row = {
        "name": name,
        "p50": round(ordered[len(ordered) // 2], 1),
        "p99": round(ordered[int(len(ordered) * 0.99)], 1),
        "worst": round(ordered[-1], 1),
    }
    print(
        f"{name:28} p50 {row['p50']:7.1f} ms  p99 {row['p99']:7.1f} ms  worst {row['worst']:7.1f}"
    )
    return row


async def run() -> list[dict[str, Any]]:
    rows = []
    async with worker() as (redis, _):
        told = Told(redis)
        calls = [ATTACK, *(f"honest-{n}" for n in range(CALLS))]
        listening = asyncio.create_task(told.listen(calls))
        await asyncio.sleep(0.2)
        answers, handshakes = await behave(redis, told, 1)
        rows += [summary("answers, quiet", answers), summary("handshakes, quiet", handshakes)]
        peers = await stall(redis, told)
        async with flooded(redis):
            answers, handshakes = await behave(redis, told, 1 + HONEST)
        rows += [summary("answers, attacked", answers), summary("handshakes, attacked", handshakes)]
        rounds = told.actual[f"{ATTACK}-1"].offer_id
        print(f"{rounds} rounds of the flood were answered")
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        for peer in peers:
            peer.close()
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--flood", metavar="REDIS", help="only attack the media server there")
    arguments = parser.parse_args()
    if arguments.flood is not None:
        asyncio.run(flood(arguments.flood))
    target = arguments.json
    rows = asyncio.run(run())
    if target is not None:
        target.write_text(json.dumps(rows, indent=1))
    return 0 if all(row["p99"] <= LIMIT_MS for row in rows[2:]) else 1


if __name__ == "__main__":
    sys.exit(main())
