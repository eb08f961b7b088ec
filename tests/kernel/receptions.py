"""What a receiver counts of the streams that he is sent, and reports (RFC 3550 §6.4.1)."""

import struct
from dataclasses import dataclass

RECEIVER_REPORT = 201
MOST_BLOCKS = 31


@dataclass
class Reception:
    """Sequence numbers extended to more bits."""

    first: int
    highest: int
    received: int = 0
    expected_before: int = 0
    lost_before: int = 0

    def take(self, sequence: int) -> None:
        ahead = (sequence - self.highest + 0x8000) % 0x10000 - 0x8000
        self.highest = max(self.highest, self.highest + ahead)
        self.received += 1

    def counts(self) -> tuple[int, int]:
        """Packets expected and lost in all."""
        expected = self.highest - self.first + 1
        return expected, expected - self.received


class Receptions:
    """By SSRC."""

    def __init__(self) -> None:
        self._streams: dict[int, Reception] = {}
        self._sender_reports: dict[int, tuple[int, int]] = {}
        """The middle of the NTP time, and when it came (µs)."""

    def take(self, ssrc: int, sequence: int) -> None:
        self._streams.setdefault(ssrc, Reception(sequence, sequence)).take(sequence)

    def take_sender_report(self, body: bytes, at: int) -> None:
        ssrc, seconds, fraction = struct.unpack("!III", body[:12])
        self._sender_reports[ssrc] = ((seconds & 0xFFFF) << 16 | fraction >> 16, at)

    def report(self, now: int) -> bytes:
        """A receiver report on all streams of which packets came since the last."""
        blocks = [
            self._block(ssrc, stream, now)
            for ssrc, stream in self._streams.items()
            if stream.counts()[0] > stream.expected_before
        ][:MOST_BLOCKS]
        head = struct.pack("!BBHI", 0x80 | len(blocks), RECEIVER_REPORT, 1 + 6 * len(blocks), 7)
        return head + b"".join(blocks)

    def _block(self, ssrc: int, stream: Reception, now: int) -> bytes:
        expected, lost = stream.counts()
        interval = expected - stream.expected_before
        fraction = max(0, lost - stream.lost_before) * 256 // interval
        stream.expected_before, stream.lost_before = expected, lost
        told, at = self._sender_reports.get(ssrc, (0, now))
        return struct.pack(
            "!IIIIII",
            ssrc,
            min(255, fraction) << 24 | lost & 0xFFFFFF,
            stream.highest & 0xFFFFFFFF,
            0,
            told,
            (now - at) * 0x10000 // 1_000_000,
        )
