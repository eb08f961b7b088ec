"""What browsers tell of a line: transport-wide feedback
(draft-holmer-rmcat-transport-wide-cc-extensions-01), REMB (draft-alvestrand-rmcat-remb-03)."""

import struct

TICK = 250
"""Microseconds of a delta."""
REFERENCE = 64_000


def write_feedback(base: int, arrivals: list[int | None], count: int, sender: int = 7) -> bytes:
    """`arrivals` in µs by transport-wide number from `base` on, None: not arrived."""
    first = next(at for at in arrivals if at is not None)
    reference = first // REFERENCE
    previous = reference * (REFERENCE // TICK)
    symbols, deltas = [], b""
    for at in arrivals:
        if at is None:
            symbols.append(0)
            continue
        delta = at // TICK - previous
        previous += delta
        small = 0 <= delta <= 255
        symbols.append(1 if small else 2)
        deltas += struct.pack("!B" if small else "!h", delta)
    chunks = b""
    for at in range(0, len(symbols), 7):
        chunk = 0xC000
        for place, symbol in enumerate(symbols[at : at + 7]):
            chunk |= symbol << 2 * (6 - place)
        chunks += struct.pack("!H", chunk)
    body = struct.pack("!IIHH", sender, 0, base & 0xFFFF, len(arrivals))
    body += (reference & 0xFFFFFF).to_bytes(3, "big") + bytes([count & 0xFF]) + chunks + deltas
    body += bytes(-len(body) % 4)
    return struct.pack("!BBH", 0x80 | 15, 205, len(body) // 4) + body


def write_remb(bitrate: int, ssrcs: int = 1) -> bytes:
    """`ssrcs` that it names, each of them 1."""
    exponent = max(0, bitrate.bit_length() - 18)
    word = ssrcs << 24 | exponent << 18 | bitrate >> exponent
    body = struct.pack("!II4sI", 7, 0, b"REMB", word) + struct.pack("!I", 1) * ssrcs
    return struct.pack("!BBH", 0x80 | 15, 206, len(body) // 4) + body
