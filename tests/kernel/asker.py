"""A viewer at the end of a line who asks for what is missing, and reports, as Chromium does."""

import struct
from dataclasses import dataclass

from bench.line.direction import Direction
from bench.line.traits import Traits
from tests.kernel.peer import SLOT_RTX_SSRC, SLOT_SSRC, Peer, Received, Stage, parse, rtcp_packets

OVERHEAD = 28
"""IP and UDP."""
LOOKS_EVERY = 20_000
RTT_UNTIL_KNOWN = 100_000
TRIES = 10
STEP = 5_000
REPORT_EVERY = 1_000_000
VIDEO = range(SLOT_SSRC, SLOT_SSRC + 25)
REPAIRS = range(SLOT_RTX_SSRC, SLOT_RTX_SSRC + 25)


@dataclass
class Missing:
    asked_at: int
    tries: int = 0


@dataclass
class Stream:
    """What came of a slot. Numbers are extended, in order of arrival."""

    first: int
    highest: int
    received: int = 0
    told_expected: int = 0
    told_received: int = 0
    last_report: int = 0
    report_arrived: int = 0


class Asker(Peer):
    """`down` and `up` are what lies between; `rtt`: what it takes for the round trip, in µs."""

    def __init__(
        self,
        stage: Stage,
        number: int,
        down: Traits,
        up: Traits,
        *,
        rtt: int = RTT_UNTIL_KNOWN,
        seed: int = 1,
    ) -> None:
        super().__init__(stage, number, 1)
        self.down, self.up = Direction(down, f"{seed} down"), Direction(up, f"{seed} up")
        self.rtt = rtt
        self.originals = 0
        self.repairs: list[tuple[int, int, int]] = []
        """What was sent again: when, the slot's SSRC, the original number."""
        self.arrived: dict[tuple[int, int], int] = {}
        """When each number of a slot came first, by RTX or not."""
        self.duplicates = 0
        self.missing: dict[tuple[int, int], Missing] = {}
        self.streams: dict[int, Stream] = {}
        self.looks_at = self.reports_at = stage.now
        stage.peers[self.address] = self
        self.check()
        self.take_keys()
        stage.deliver()
        self.view()

    def take(self, data: bytes) -> None:
        """What the kernel sends: it arrives later, or never."""
        size = len(data) + OVERHEAD
        now = self.stage.now / 1e6
        if data[0] >> 6 != 2:
            return
        if 192 <= data[1] <= 223:
            for packet in rtcp_packets(self.inbound.unprotect_rtcp(data)):
                self.down.push(now, size, packet)
                size = 0
            return
        received = parse(self.inbound.unprotect(data))
        if received.ssrc in VIDEO:
            self.originals += 1
        elif received.ssrc in REPAIRS and received.payload:
            original = struct.unpack("!H", received.payload[:2])[0]
            slot = received.ssrc - SLOT_RTX_SSRC + SLOT_SSRC
            self.repairs.append((self.stage.now, slot, original))
        self.down.push(now, size, received)

    def advance(self) -> None:
        """To the time of the stage."""
        for at, packet in self.down.pop(self.stage.now / 1e6):
            if isinstance(packet, Received):
                self._media(packet)
            elif packet[0] == 200:
                self._report(packet[2], round(at * 1e6))
        if self.stage.now >= self.looks_at:
            self.looks_at = self.stage.now + LOOKS_EVERY
            self._ask()
        if self.stage.now >= self.reports_at:
            self.reports_at = self.stage.now + REPORT_EVERY
            self._tell()
        for _, wire in self.up.pop(self.stage.now / 1e6):
            self.stage.receive(wire, self.address)
            self.stage.deliver()

    def upward(self, packet: bytes) -> None:
        wire = self.outbound.protect_rtcp(packet)
        self.up.push(self.stage.now / 1e6, len(wire) + OVERHEAD, wire)

    def _media(self, p: Received) -> None:
        self.media.append(p)
        if p.ssrc in REPAIRS and p.payload:
            slot = p.ssrc - SLOT_RTX_SSRC + SLOT_SSRC
            self._came(slot, struct.unpack("!H", p.payload[:2])[0])
        elif p.ssrc in VIDEO:
            stream = self.streams.get(p.ssrc)
            if stream is None:
                stream = self.streams[p.ssrc] = Stream(p.sequence, p.sequence)
            stream.received += 1
            ahead = (p.sequence - stream.highest + 0x8000 & 0xFFFF) - 0x8000
            for number in range(stream.highest + 1, stream.highest + ahead):
                self.missing[p.ssrc, number & 0xFFFF] = Missing(-(10**9))
            stream.highest += max(0, ahead)
            self._came(p.ssrc, p.sequence)
            if ahead > 1:
                self._ask()

    def _came(self, slot: int, number: int) -> None:
        self.missing.pop((slot, number), None)
        if (slot, number) in self.arrived:
            self.duplicates += 1
        else:
            self.arrived[slot, number] = self.stage.now

    def _ask(self) -> None:
        due: dict[int, list[int]] = {}
        for (slot, number), m in list(self.missing.items()):
            if self.stage.now - m.asked_at >= self.rtt:
                m.asked_at = self.stage.now
                m.tries += 1
                due.setdefault(slot, []).append(number)
                if m.tries == TRIES:
                    del self.missing[slot, number]
        for slot, numbers in due.items():
            items = b"".join(struct.pack("!HH", number, 0) for number in numbers[:300])
            header = struct.pack("!BBHII", 0x81, 205, 2 + len(items) // 4, 1, slot)
            self.upward(header + items)

    def _report(self, body: bytes, at: int) -> None:
        ssrc, ntp = struct.unpack("!IQ", body[:12])
        if ssrc in self.streams:
            self.streams[ssrc].last_report = ntp >> 16 & 0xFFFFFFFF
            self.streams[ssrc].report_arrived = at

    def _tell(self) -> None:
        """A receiver report on each slot (RFC 3550 §6.4.2)."""
        blocks = b""
        for ssrc, s in self.streams.items():
            expected = s.highest - s.first + 1
            interval = expected - s.told_expected
            recent = max(0, interval - (s.received - s.told_received))
            since = (self.stage.now - s.report_arrived) * 65536 // 1_000_000
            fraction = min(255, 256 * recent // max(1, interval))
            lost = fraction << 24 | max(0, expected - s.received) & 0xFFFFFF
            highest, last = s.highest & 0xFFFFFFFF, s.last_report
            blocks += struct.pack("!6I", ssrc, lost, highest, 0, last, since if last else 0)
            s.told_expected, s.told_received = expected, s.received
        count = len(blocks) // 24
        self.upward(struct.pack("!BBHI", 0x80 | count, 201, 1 + 6 * count, self.number) + blocks)


def lesson(stage: Stage, asker: Asker, seconds: float) -> Peer:
    """A camera of 1.8 Mbit/s: 12 packets of 1100 bytes in 60 ms are a picture; a keyframe when one
    is asked for."""
    publisher = stage.join(1)
    publisher.publish()
    asker.show(0, publisher)
    asked, wanted = 0, True
    for step in range(round(seconds * 1e6 / STEP)):
        stage.now += STEP
        stage.kernel.tick(stage.now)
        stage.deliver()
        begins = step % 12 == 0
        publisher.camera(step // 12 & 0x3FFF, keyframe=begins and wanted, size=1100)
        if begins:
            requests = len([1 for kind, count, _ in publisher.rtcp if (kind, count) == (206, 1)])
            asked, wanted = requests, requests > asked
        asker.advance()
    return publisher
