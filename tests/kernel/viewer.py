"""A viewer behind a line: what he is sent arrives later or never; he answers as a browser does."""

import heapq
import random
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from sfu.kernel.core import SteppedKernel
from tests.kernel.feedback import write_feedback, write_remb
from tests.kernel.peer import (
    BOOTED,
    SLOT_RTX_SSRC,
    SLOT_SSRC,
    TRANSPORT_CC,
    Address,
    Peer,
    Stage,
    parse,
)
from tests.kernel.receptions import Receptions

STEP = 2_000
"""Microseconds between two looks of the kernel."""
OVERHEAD = 28
FEEDBACK_EVERY = 60_000
REPORT_EVERY = 1_000_000
SENDER_REPORT = 200
REMB_EVERY = 300_000
REMB_OVER = 1_000_000
NACK_AGAIN = 100_000
NACK_TRIES = 10


def steady(bitrate: float) -> Callable[[float], float]:
    return lambda _: bitrate


@dataclass
class Bottleneck:
    """A line with a drop-tail queue. Times in µs, `capacity` in bit/s by the seconds."""

    capacity: Callable[[float], float]
    queue: int = 300_000
    """µs of delay at most."""
    delay: int = 20_000
    loss: float = 0.0
    seed: int = 1
    free_at: float = 0.0
    offered: int = 0
    """Bytes."""
    carried: int = 0
    delays: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def send(self, now: int, size: int) -> int | None:
        """When it arrives; None: lost."""
        size += OVERHEAD
        self.offered += size
        start = max(float(now), self.free_at)
        if start - now > self.queue:
            return None
        rate = self.capacity((start - BOOTED) / 1e6)
        if rate <= 0:
            return None
        self.free_at = start + size * 8e6 / rate
        self.delays.append(self.free_at - now)
        if self._random.random() < self.loss:
            return None
        self.carried += size
        return int(self.free_at) + self.delay


class Viewer:
    """Takes the place of a peer on its stage. Everything of him is decided by `advance`."""

    def __init__(self, stage: Stage, peer: Peer, line: Bottleneck, *, answers: bool = True) -> None:
        self.stage, self.peer, self.line = stage, peer, line
        self.answers = answers
        self.tells = True
        """When packets arrived."""
        self.reports = False
        """What arrived of each stream; else he shows only that he is there."""
        self.feedback_every = FEEDBACK_EVERY
        self.report_every = REPORT_EVERY
        self.estimates = True
        """He tells a REMB."""
        self.receptions = Receptions()
        self.highest = 0
        """Number that has arrived in slot 0."""
        self.arriving: list[tuple[int, int, bytes]] = []
        self.heard: dict[int, int] = {}
        self.base: int | None = None
        self.feedbacks = 0
        self.uncounted: deque[tuple[int, int]] = deque()
        """When pictures without a number arrived, and their bytes."""
        self.remb_at = stage.now
        self.feedback_at = self.reported_at = stage.now
        self.frames: dict[int, list[tuple[int, int]]] = {}
        """By slot: when a picture was whole and could be decoded, and its bytes."""
        self.sound: list[int] = []
        self.asked = 0
        self._order = 0
        self._decoders: dict[int, Decoder] = {}
        self._back: list[tuple[int, bytes]] = []

    def take(self, data: bytes) -> None:
        self._order += 1
        at = self.line.send(self.stage.now, len(data))
        if at is not None:
            heapq.heappush(self.arriving, (at, self._order, data))

    def move(self, address: Address, line: Bottleneck) -> None:
        """He is in another network from now on."""
        peers = self.stage.peers
        peers[address] = peers.pop(self.peer.address)
        self.line, self.peer.address = line, address
        self.peer.check()
        self.peer.report()

    def advance(self) -> None:
        while self.arriving and self.arriving[0][0] <= self.stage.now:
            at, _, data = heapq.heappop(self.arriving)
            self._arrive(at, data)
        self._answer()
        while self._back and self._back[0][0] <= self.stage.now:
            self.peer.send_rtcp(self._back.pop(0)[1])

    def _later(self, packet: bytes) -> None:
        self._back.append((self.stage.now + self.line.delay, packet))

    def _arrive(self, at: int, data: bytes) -> None:
        if 192 <= data[1] <= 223 or data[0] >> 6 != 2:
            told = len(self.peer.rtcp)
            self.peer.take(data)
            for kind, _, body in self.peer.rtcp[told:]:
                if kind == SENDER_REPORT:
                    self.receptions.take_sender_report(body, at)
            return
        plain = self.peer.inbound.unprotect(data)
        number = transport_number(plain)
        if number is not None and self.tells:
            self.heard[number] = at
        p = parse(plain)
        if p.ssrc < SLOT_RTX_SSRC:
            self.receptions.take(p.ssrc, p.sequence)
        if p.ssrc < SLOT_SSRC:
            self.sound.append(at)
            return
        if number is None:
            self.uncounted.append((at, len(data)))
        slot = p.ssrc - (SLOT_RTX_SSRC if p.ssrc >= SLOT_RTX_SSRC else SLOT_SSRC)
        decoder = self._decoders.setdefault(slot, Decoder())
        if p.ssrc == SLOT_SSRC:
            self.highest = p.sequence
        if p.ssrc < SLOT_RTX_SSRC:
            decoder.take(at, p.sequence, p.timestamp, p.marker, p.payload)
        elif len(p.payload) > 2:
            sequence = struct.unpack("!H", p.payload[:2])[0]
            decoder.take(at, sequence, p.timestamp, p.marker, p.payload[2:])
        self.frames.setdefault(slot, []).extend(decoder.decoded())

    def _answer(self) -> None:
        now = self.stage.now
        if not self.answers:
            return
        if now - self.feedback_at >= self.feedback_every and self.heard:
            self.feedback_at = now
            self._later(self._feedback())
        if now - self.reported_at >= self.report_every:
            self.reported_at = now
            empty = struct.pack("!BBHI", 0x80, 201, 1, 7)
            self._later(self.receptions.report(now) if self.reports else empty)
        if self.estimates and now - self.remb_at >= REMB_EVERY:
            self.remb_at = now
            self._estimate()
        for slot, decoder in self._decoders.items():
            missing = decoder.missing(now)
            for sequence in missing:
                self.asked += 1
                self._later(struct.pack("!BBHIIHH", 0x81, 205, 3, 7, SLOT_SSRC + slot, sequence, 0))
            if decoder.stuck(now):
                self._later(struct.pack("!BBHII", 0x81, 206, 2, 7, SLOT_SSRC + slot))

    def _estimate(self) -> None:
        """Chromium allows itself half as much again as arrives."""
        while self.uncounted and self.uncounted[0][0] < self.stage.now - REMB_OVER:
            self.uncounted.popleft()
        if self.uncounted:
            arrived = sum(size for _, size in self.uncounted) * 8_000_000 // REMB_OVER
            self._later(write_remb(arrived * 3 // 2))

    def _feedback(self) -> bytes:
        """Of all that arrived since the last one."""
        newest = list(self.heard)[-1]
        heard = {
            (n - newest + 0x8000) % 0x10000 - 0x8000 + newest: at for n, at in self.heard.items()
        }
        base = min(heard) if self.base is None else min(self.base, *heard)
        end = max(heard) + 1
        base = max(base, end - 400)
        arrivals = [heard.get(n) for n in range(base, end)]
        self.base = end if end < 0x10000 else end - 0x10000
        self.heard.clear()
        self.feedbacks += 1
        return write_feedback(base, arrivals, self.feedbacks)


class Decoder:
    """Of one slot: pictures that are whole and of which nothing before is missing."""

    def __init__(self) -> None:
        self.packets: dict[int, tuple[int, int, bool, bytes]] = {}
        self.highest: int | None = None
        self.next: int | None = None
        self.gaps: dict[int, tuple[int, int]] = {}
        """Missing numbers: when they are asked for next, and how often they were."""
        self.waits_since: int | None = None

    def take(self, at: int, sequence: int, timestamp: int, marker: bool, payload: bytes) -> None:
        if self.highest is None:
            self.highest = sequence - 1
        extended = self.highest + ((sequence - self.highest + 0x8000) % 0x10000 - 0x8000)
        if self.next is not None and extended < self.next:
            # Shown already: a probe repeats what left a moment ago.
            return
        self.packets[extended] = (at, timestamp, marker, payload)
        self.gaps.pop(extended, None)
        for missing in range(self.highest + 1, extended):
            self.gaps[missing] = (at + 10_000, 0)
        self.highest = max(self.highest, extended)

    def decoded(self) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        while True:
            start = self.next
            if start is None or start not in self.packets:
                start = self._keyframe()
                if start is None:
                    return found
            end, size = start, 0
            while end in self.packets and self.packets[end][1] == self.packets[start][1]:
                size += len(self.packets[end][3])
                if self.packets[end][2]:
                    break
                end += 1
            else:
                later = self._keyframe(start + 1)
                if later is None:
                    return found
                self._forget(later)
                continue
            found.append((max(self.packets[n][0] for n in range(start, end + 1)), size))
            self._forget(end + 1)

    def _forget(self, before: int) -> None:
        self.next = before
        self.waits_since = None
        for kept in (self.packets, self.gaps):
            for n in [n for n in kept if n < before]:
                del kept[n]

    def _keyframe(self, start: int = -1) -> int | None:
        whole = (
            n for n, (*_, payload) in self.packets.items() if n >= start and is_keyframe(payload)
        )
        return max(whole, default=None)

    def missing(self, now: int) -> list[int]:
        due = []
        for n, (at, tries) in list(self.gaps.items()):
            if tries >= NACK_TRIES:
                del self.gaps[n]
            elif at <= now:
                due.append(n & 0xFFFF)
                self.gaps[n] = (now + NACK_AGAIN, tries + 1)
        return due

    def stuck(self, now: int) -> bool:
        """Asks for a keyframe when nothing could be decoded for a while, as browsers do."""
        if not self.packets:
            return False
        self.waits_since = self.waits_since or now
        if now - self.waits_since < 200_000:
            return False
        self.waits_since = now
        return True


def is_keyframe(payload: bytes) -> bool:
    length = 4 if payload[1] & 0x60 == 0 else 6
    return payload[0] & 0x10 != 0 and payload[length] & 1 == 0


def transport_number(plain: bytes) -> int | None:
    at = 12 + 4 * (plain[0] & 15)
    if not plain[0] & 0x10:
        return None
    end = at + 4 + 4 * struct.unpack("!H", plain[at + 2 : at + 4])[0]
    at += 4
    while at < end:
        size = (plain[at] & 15) + 1
        if plain[at] >> 4 == TRANSPORT_CC:
            return int(struct.unpack("!H", plain[at + 1 : at + 3])[0])
        at += 1 + size if plain[at] else 1
    return None


class Camera:
    """A publisher's layers, as a rule three with three temporal layers each; a request brings
    keyframes."""

    RATES = (150_000, 500_000, 1_800_000)
    FPS = 20
    PATTERN = (0, 2, 1, 2)
    SHARES = {0: 1.6, 1: 1.0, 2: 0.7}

    def __init__(
        self,
        stage: Stage,
        publisher: Peer,
        *,
        layers: tuple[int, ...] = (0, 1, 2),
        temporal: bool = True,
    ) -> None:
        self.stage, self.publisher = stage, publisher
        self.layers = layers
        self.rates = self.RATES
        self.pattern = self.PATTERN if temporal else (0,)
        self.picture = self.tl0 = self.keyframes = 0
        self.next_at = stage.now
        self.asked = 0

    def advance(self) -> None:
        while self.next_at <= self.stage.now:
            self.next_at += 1_000_000 // self.FPS
            asked = self.publisher.keyframes_asked(*map(self.publisher.camera_ssrc, range(3)))
            keyframe = self.picture == 0 or asked > self.asked
            self.asked = asked
            self.keyframes += keyframe
            temporal = 0 if keyframe else self.pattern[self.picture % len(self.pattern)]
            self.tl0 += temporal == 0
            share = 4.0 if keyframe else self.SHARES[temporal] if len(self.pattern) > 1 else 1.0
            for layer in self.layers:
                size = self.rates[layer] / 8 / self.FPS * share
                self._send(layer, int(size), keyframe, temporal)
            self.picture += 1

    def _send(self, layer: int, size: int, keyframe: bool, temporal: int) -> None:
        count = -(-size // 1100)
        for part in range(count):
            self.publisher.camera(
                self.picture & 0x7FFF,
                layer=layer,
                keyframe=keyframe and part == 0,
                size=max(20, size // count),
                height=(180, 360, 720)[layer] if keyframe and part == 0 else 0,
                temporal=(temporal, self.tl0, temporal != 0),
                start=part == 0,
                marker=part == count - 1,
            )


class Cameras:
    """Of several publishers."""

    def __init__(self, cameras: list[Camera]) -> None:
        self.cameras = cameras

    def advance(self) -> None:
        for camera in self.cameras:
            camera.advance()
            # The line to it is alive.
            if camera.stage.now % 1_000_000 < 2_000:
                camera.publisher.check()


class Scene:
    """A publisher with a camera who speaks, and viewers behind lines."""

    def __init__(
        self,
        *lines: Bottleneck,
        height: int = 720,
        layer: int = 2,
        view: Callable[[Peer], None] = lambda peer: peer.view(transport_cc=True),
    ) -> None:
        self.stage = Stage(SteppedKernel(max_sessions=len(lines) + 6))
        self.publisher = self.stage.join(1)
        self.publisher.publish()
        self.camera = Camera(self.stage, self.publisher)
        self.viewers: list[Viewer] = []
        self.speaks_at = self.stage.now
        for i, line in enumerate(lines):
            peer = self.stage.join(2 + i)
            view(peer)
            viewer = Viewer(self.stage, peer, line)
            self.viewers.append(viewer)
            self.stage.peers[peer.address] = viewer  # type: ignore[assignment]
            self.stage.kernel.set_slot(
                peer.handle, 0, self.publisher.handle, 1, layer, height=height
            )

    def run(self, seconds: float) -> None:
        end = self.stage.now + int(seconds * 1e6)
        while self.stage.now < end:
            self.stage.now += STEP
            self.stage.kernel.tick(self.stage.now)
            self.camera.advance()
            if self.stage.now >= self.speaks_at:
                self.speaks_at += 20_000
                self.publisher.speak(size=90)
            self.stage.deliver()
            for viewer in self.viewers:
                viewer.advance()
            if self.stage.now % 1_000_000 < STEP:
                self.publisher.check()

    def events(self) -> list[tuple[int, ...]]:
        return [event[:4] for event in self.stage.kernel.events() if event[0] == 9]
