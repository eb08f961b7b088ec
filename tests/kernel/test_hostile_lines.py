"""Viewers whose feedback lies, has another form, or is not what they have promised."""

import struct

from sfu.kernel.estimate import Estimator


def feedback_body(base: int, reference: int, deltas: list[int]) -> bytes:
    """Of packets that all arrived: two-byte deltas in units of 250 µs."""
    chunk = struct.pack("!H", 2 << 13 | len(deltas))
    head = struct.pack("!IIHH", 7, 0, base & 0xFFFF, len(deltas)) + reference.to_bytes(3, "big")
    return head + b"\0" + chunk + b"".join(struct.pack("!h", delta) for delta in deltas)


def test_arrivals_before_the_reference_at_zero_are_counted_and_write_nowhere_else() -> None:
    """The clock of who just started may be at 0, and deltas may be negative. Arrivals are counted
    in a ring by their time: a time below 0 has no place in it."""
    now = 1_000_000
    line = Estimator(now)
    for round_ in range(60):
        base = 0
        for i in range(5):
            now += 10_000
            number = line.sent(now, 1000)
            base = base if i else number
        # 50 ms on each time, all of it before the peer's time 0.
        first = -30_000 + 200 * round_
        assert line.feedback(now, feedback_body(base, 0, [first, 40, 40, 40, 40]))
    assert 750_000 < line.state["acked"] < 850_000
