"""`python -m fuzz.messages SECONDS`: what a browser may say on the WebSocket.

Only what signaling answers with a refusal may be raised, and what is accepted means the same after
encoding. The decoder is C without coverage, so valid messages are changed at random, first in their
structure and then in their bytes.
"""

import json
import random
import sys
import time
from typing import Any

import msgspec

from zvonok.wire.client import MAX_MESSAGE, decode_client, encode

from . import seeds
from .build import OUT

VALUES: list[Any] = [
    *(None, True, 0, -1, 1.5, 1e400, 2**31 - 1, 2**31, 2**63, -(2**63) - 1, 10**400),
    *("", "x" * 5000, "\ud800", "\0", "é\u202e", "camera", "screen", "good"),
    *([], {}, [[]] * 2000, {"x": {"x": {}}}, [{"slot": 0}] * 10),
]
PIECES = [b"\0", b"\xff", b"\xed\xa0\x80", b'"', b"{", b"[" * 20000, b"\\u", b"1e999", b",,", b"\\"]


def changed(value: Any, numbers: random.Random) -> Any:
    """The same structure with something in it replaced, removed or added."""
    if not value or not isinstance(value, dict | list) or numbers.random() < 0.2:
        return numbers.choice(VALUES)
    if isinstance(value, list):
        at = numbers.randrange(len(value))
        return [changed(item, numbers) if i == at else item for i, item in enumerate(value)]
    key = numbers.choice(list(value))
    action = numbers.random()
    if action < 0.1:
        return {other: item for other, item in value.items() if other != key}
    if action < 0.2:
        return {**value, numbers.choice(["x", "", "type", "id", "media"]): numbers.choice(VALUES)}
    return {**value, key: changed(value[key], numbers)}


def broken(data: bytes, numbers: random.Random) -> bytes:
    at = numbers.randrange(len(data) + 1)
    return data[:at] + numbers.choice(PIECES) + data[at + numbers.randrange(3) :]


def message(numbers: random.Random) -> bytes:
    value = json.loads(numbers.choice(seeds.MESSAGES))
    for _ in range(numbers.randrange(4)):
        value = changed(value, numbers)
    data = json.dumps(value).encode()
    for _ in range(max(0, numbers.randrange(6) - 3)):
        data = broken(data, numbers)
    return data


def one(data: bytes) -> bool:
    """Whether it was taken for a message."""
    if len(data) > MAX_MESSAGE:
        return False
    try:
        decoded = decode_client(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    assert decode_client(encode(decoded)) == decoded
    return True


def main() -> int:
    end = time.monotonic() + int(sys.argv[1])
    seed = random.SystemRandom().randrange(1 << 32)
    numbers = random.Random(seed)
    tried = accepted = 0
    while time.monotonic() < end:
        data = message(numbers)
        try:
            accepted += one(data)
        except BaseException:
            found = OUT / "found" / f"messages-{seed}"
            found.parent.mkdir(parents=True, exist_ok=True)
            found.write_bytes(data)
            print(f"broken by {found}")
            raise
        tried += 1
    print(f"{tried} messages, {accepted} accepted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
