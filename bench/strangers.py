"""What datagrams of strangers cost.

`python -m bench.strangers [--json FILE]`: CPU time per datagram in the stepped kernel, of each kind
that anybody can send without knowing a password, beside one that is thrown away by its first byte.
What the call from Python costs is in both. Verdict: none costs more than 3 times (LIMIT) as much.
"""

import argparse
import hashlib
import hmac
import json
import struct
import sys
import time
import zlib
from pathlib import Path

from sfu.kernel.core import SteppedKernel

COOKIE = 0x2112A442
COUNT, ROUNDS = 20_000, 5
LIMIT = 3.0
LARGE = 1300
"""Bytes of the attribute that makes a message large."""
UFRAG, PASSWORD = b"known123", b"p" * 24
NOW = 1_000_000


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def message(*attributes: bytes, password: bytes | None = None) -> bytes:
    """With a right fingerprint, and integrity by this password if one is given (RFC 8489)."""
    body = b"".join(attributes)

    def whole(extra: int) -> bytes:
        return struct.pack("!HHI", 1, len(body) + extra, COOKIE) + b"transaction!" + body

    if password is not None:
        body += attribute(8, hmac.digest(password, whole(24), hashlib.sha1))
    body += attribute(0x8028, struct.pack("!I", zlib.crc32(whole(8)) ^ 0x5354554E))
    return whole(0)


def kinds() -> dict[str, bytes]:
    padding = attribute(0x8022, bytes(LARGE))
    return {
        "garbage": b"\xff" * 100,
        "large, plain": message(padding),
        "large, of many attributes": message(*[attribute(0x8022, b"")] * (LARGE // 4)),
        "large, of an unknown session": message(
            attribute(6, b"nobody00:peer"), padding, password=PASSWORD
        ),
        "large, with a wrong password": message(
            attribute(6, UFRAG + b":peer"), padding, password=b"w" * 24
        ),
        "media from an unknown address": b"\x80\x60" + bytes(1200),
    }


def cost(kernel: SteppedKernel, data: bytes) -> float:
    """Microseconds of CPU time for one; addresses change, so that no limit of one is met."""
    addresses = [(f"198.51.{i >> 8}.{i & 255}", 5000) for i in range(1000)]
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.thread_time()
        for i in range(COUNT):
            kernel.receive(data, addresses[i % 1000], NOW)
        best = min(best, (time.thread_time() - began) / COUNT * 1e6)
    return best


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.strangers", description=__doc__)
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    kernel = SteppedKernel()
    kernel.open_session(1, 1, UFRAG, PASSWORD)
    costs = {name: round(cost(kernel, data), 2) for name, data in kinds().items()}
    kernel.close()
    limit = LIMIT * costs["garbage"]
    for name, microseconds in costs.items():
        print(f"{'well' if microseconds <= limit else 'BAD '}  {name}: {microseconds} µs")
    if arguments.json:
        arguments.json.write_text(json.dumps(costs))
    return 0 if max(costs.values()) <= limit else 1


if __name__ == "__main__":
    sys.exit(main())
