"""The rewriting rules of one outgoing slot in plain Python: the oracle for the kernel.

It remembers everything and searches by walking, so that each rule is one line that can be read:

- Outgoing numbers are contiguous, but for gaps of the source, which stay open so that a late
  repair still fits. Only what we left out ourselves is closed: numbers, and the ids of pictures
  that were left out as a whole. What comes late of those is dropped.
- Numbers are mapped per epoch: from one switch of source to the next. A packet of an earlier
  epoch, or from before the keyframe with which its epoch began, is dropped.
- A NACK is resolved to the packet first sent under that number and to its rewriting, also after a
  switch.
- A switch waits for the start of a keyframe (video). The time stamp then continues on the SFU's
  clock and never goes back; picture id and TL0PICIDX continue with the next value.
- A picture id is always written with 15 bits (RFC 7741 §4.2); where there was none, none is added.
"""

from dataclasses import dataclass, field

__all__ = ["Descriptor", "Malformed", "Packet", "Resolved", "Rewritten", "Slot", "parse_vp8"]


class Malformed(ValueError):
    """Not a VP8 payload descriptor with at least one octet of data behind it."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """RFC 7741 §4.2. `rest` is the octet with TID, Y and KEYIDX as it came, empty if absent."""

    first: int
    flags: int
    picture_bits: int
    picture: int
    tl0: int | None
    rest: bytes
    length: int
    keyframe_start: bool

    def write(self, picture: int, tl0: int) -> bytes:
        if self.picture_bits == 0 and self.tl0 is None and not self.rest:
            return bytes([self.first] if self.length == 1 else [self.first, self.flags])
        out = bytes([self.first, self.flags])
        if self.picture_bits:
            out += (0x8000 | picture % 0x8000).to_bytes(2, "big")
        if self.tl0 is not None:
            out += bytes([tl0 % 0x100])
        return out + self.rest


def parse_vp8(payload: bytes) -> Descriptor:
    octets = iter(payload)
    try:
        first = next(octets)
        flags = next(octets) if first & 0x80 else 0
        bits = picture = 0
        if flags & 0x80:
            bits, picture = 7, next(octets)
            if picture & 0x80:
                bits, picture = 15, (picture & 0x7F) << 8 | next(octets)
        tl0 = next(octets) if flags & 0x40 else None
        rest = bytes([next(octets)]) if flags & 0x30 else b""
        data = next(octets)
    except StopIteration:
        raise Malformed from None
    length = len(payload) - len(bytes(octets)) - 1
    keyframe_start = first & 0x1F == 0x10 and data & 1 == 0
    return Descriptor(first, flags, bits, picture, tl0, rest, length, keyframe_start)


@dataclass(frozen=True, slots=True)
class Packet:
    """As received: 16-bit sequence, 32-bit time stamp. `generation` changes when a source starts
    anew under other numbers."""

    source: int
    generation: int
    sequence: int
    timestamp: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Rewritten:
    sequence: int
    timestamp: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Resolved:
    """Which packet was sent, or was to be sent, under an outgoing number, and with what added."""

    source: int
    generation: int
    sequence: int
    timestamp_offset: int
    picture_offset: int
    tl0_offset: int


class Unwrapper:
    """Continues a counter of `modulus` values beyond its wrap, taking the nearest value."""

    def __init__(self) -> None:
        self.highest: int | None = None

    def __call__(self, value: int, modulus: int) -> int:
        if self.highest is None:
            self.highest = value
        ahead = (value - self.highest + modulus // 2) % modulus - modulus // 2
        extended = self.highest + ahead
        self.highest = max(self.highest, extended)
        return extended


class Pictures:
    """Continues picture ids beyond their wrap: a newer packet's are none of the past."""

    def __init__(self) -> None:
        self.newest: tuple[int, int] | None = None

    def __call__(self, picture: int, modulus: int, sequence: int) -> int:
        """`sequence` is the packet's, beyond its wrap."""
        if self.newest is None:
            self.newest = sequence, picture
        newest_sequence, newest = self.newest
        if sequence <= newest_sequence:
            return newest - (newest - picture) % modulus
        self.newest = sequence, newest + (picture - newest) % modulus
        return self.newest[1]


@dataclass(slots=True)
class Epoch:
    source: int
    generation: int
    first_in: int
    first_out: int
    timestamp_offset: int
    picture_offset: int
    tl0_offset: int
    highest_in: int
    omitted: set[int] = field(default_factory=set)
    left_out: dict[int, int] = field(default_factory=dict)
    """Pictures, each with the number of its first packet that was left out."""

    def number(self, sequence: int) -> int:
        closed = sum(1 for left_out in self.omitted if left_out < sequence)
        return self.first_out + (sequence - self.first_in) - closed

    def picture_shift(self, sequence: int) -> int:
        return self.picture_offset - sum(1 for first in self.left_out.values() if first < sequence)

    def sequence(self, number: int) -> int:
        sequence = self.first_in
        while sequence in self.omitted or self.number(sequence) != number:
            sequence += 1
        return sequence


class Slot:
    """One outgoing stream. `first_sequence` is the first number that it will send."""

    def __init__(self, first_sequence: int, *, clock_rate: int, video: bool) -> None:
        self.clock_rate = clock_rate
        self.video = video
        self.epochs: list[Epoch] = []
        self.wanted: tuple[int, int] | None = None
        self.stopped = False
        self.highest_out = first_sequence - 1
        self.timestamp: int | None = None
        self.picture = 0
        self.tl0 = 0
        self._sequences: dict[tuple[int, int], Unwrapper] = {}
        self._pictures: dict[tuple[int, int], Pictures] = {}
        self._tl0s: dict[tuple[int, int], Unwrapper] = {}

    def switch(self, source: int, generation: int) -> None:
        """From its next keyframe on (audio: its next packet) show this source."""
        self.wanted = source, generation

    def stop(self) -> None:
        """Sends nothing until the next switch has taken place."""
        self.stopped = True

    def forward(self, packet: Packet, now: float) -> Rewritten | None:
        """`now` in seconds on the SFU's clock. None: not sent. Raises Malformed (video)."""
        descriptor = parse_vp8(packet.payload) if self.video else None
        key = packet.source, packet.generation
        sequence = self._sequences.setdefault(key, Unwrapper())(packet.sequence, 1 << 16)
        picture = tl0 = 0
        if descriptor and descriptor.picture_bits:
            unwrap = self._pictures.setdefault(key, Pictures())
            picture = unwrap(descriptor.picture, 1 << descriptor.picture_bits, sequence)
        if descriptor and descriptor.tl0 is not None:
            tl0 = self._tl0s.setdefault(key, Unwrapper())(descriptor.tl0, 1 << 8)
        if self.wanted == key and (descriptor is None or descriptor.keyframe_start):
            self._begin(key, sequence, packet.timestamp, picture, tl0, now)
        epoch = self._current(key)
        if epoch is None:
            return None
        if sequence < epoch.first_in or sequence in epoch.omitted:
            return None
        if sequence <= epoch.highest_in and picture in epoch.left_out:
            return None
        return self._send(epoch, packet, descriptor, sequence, picture, tl0)

    def omit(self, source: int, generation: int, sequence: int) -> None:
        """Leaves out a packet on purpose. If a later one was sent, its number stays a gap."""
        unwrap = self._sequences.setdefault((source, generation), Unwrapper())
        extended = unwrap(sequence, 1 << 16)
        epoch = self._current((source, generation))
        if epoch is not None and extended > epoch.highest_in:
            epoch.omitted.add(extended)
            epoch.highest_in = extended

    def leave_out(self, packet: Packet) -> None:
        """Leaves out a packet of a picture that is left out as a whole."""
        descriptor = parse_vp8(packet.payload)
        key = packet.source, packet.generation
        sequence = self._sequences.setdefault(key, Unwrapper())(packet.sequence, 1 << 16)
        unwrap = self._pictures.setdefault(key, Pictures())
        picture = unwrap(descriptor.picture, 1 << descriptor.picture_bits, sequence)
        if descriptor.tl0 is not None:
            self._tl0s.setdefault(key, Unwrapper())(descriptor.tl0, 1 << 8)
        epoch = self._current(key)
        if epoch is not None and sequence > epoch.highest_in:
            epoch.omitted.add(sequence)
            epoch.highest_in = sequence
            epoch.left_out.setdefault(picture, sequence)

    def resolve_nack(self, out_sequence: int) -> Resolved | None:
        """What belongs to the newest number with these 16 bits; None: never sent that far."""
        number = self.highest_out - (self.highest_out - out_sequence) % (1 << 16)
        for epoch in reversed(self.epochs):
            if number >= epoch.first_out:
                sequence = epoch.sequence(number)
                return Resolved(
                    epoch.source,
                    epoch.generation,
                    sequence % (1 << 16),
                    epoch.timestamp_offset % (1 << 32),
                    epoch.picture_shift(sequence) % (1 << 15),
                    epoch.tl0_offset % (1 << 8),
                )
        return None

    def _current(self, key: tuple[int, int]) -> Epoch | None:
        """The epoch now, if it is of this source."""
        if self.stopped or not self.epochs:
            return None
        epoch = self.epochs[-1]
        return epoch if key == (epoch.source, epoch.generation) else None

    def _begin(
        self,
        key: tuple[int, int],
        sequence: int,
        timestamp: int,
        picture: int,
        tl0: int,
        now: float,
    ) -> None:
        start = int(now * self.clock_rate)
        if self.timestamp is not None:
            start = max(start, self.timestamp + 1)
        self.timestamp = start
        self.epochs.append(
            Epoch(
                source=key[0],
                generation=key[1],
                first_in=sequence,
                first_out=self.highest_out + 1,
                timestamp_offset=start - timestamp,
                picture_offset=self.picture + 1 - picture if self.video else 0,
                tl0_offset=self.tl0 + 1 - tl0 if self.video else 0,
                highest_in=sequence - 1,
            )
        )
        self.wanted = None
        self.stopped = False

    def _send(
        self,
        epoch: Epoch,
        packet: Packet,
        descriptor: Descriptor | None,
        sequence: int,
        picture: int,
        tl0: int,
    ) -> Rewritten:
        number = epoch.number(sequence)
        epoch.highest_in = max(epoch.highest_in, sequence)
        self.highest_out = max(self.highest_out, number)
        timestamp = packet.timestamp + epoch.timestamp_offset
        self._advance_timestamp(timestamp)
        payload = packet.payload
        if descriptor is not None:
            picture += epoch.picture_shift(sequence)
            tl0 += epoch.tl0_offset
            self.picture = max(self.picture, picture)
            self.tl0 = max(self.tl0, tl0)
            payload = descriptor.write(picture, tl0) + payload[descriptor.length :]
        return Rewritten(number % (1 << 16), timestamp % (1 << 32), payload)

    def _advance_timestamp(self, timestamp: int) -> None:
        assert self.timestamp is not None
        ahead = (timestamp - self.timestamp + (1 << 31)) % (1 << 32) - (1 << 31)
        self.timestamp += max(ahead, 0)
