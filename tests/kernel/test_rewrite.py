"""The kernel's rewriting and its plain twin over the same packets, and rules stated once more."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sfu.kernel import vp8
from sfu.kernel.reference import Malformed, Packet, Resolved, Rewritten, Slot, parse_vp8
from sfu.kernel.rewrite import SlotMap

HISTORY = 32
"""MAP_ENTRIES of rewrite.pxd: epochs and omissions that the kernel remembers."""


@dataclass(frozen=True)
class Sent:
    """A packet with its counters as its sender knows them, before they wrap."""

    packet: Packet
    sequence: int
    picture: int
    tl0: int


@dataclass
class Source:
    """A publisher's encoder and packetizer."""

    name: int
    generation: int
    sequence: int
    timestamp: int
    picture_bits: int
    has_tl0: bool
    picture: int
    tl0: int
    step: int
    left: int = 0
    frame_start: bool = True
    keyframe: bool = True

    def next(self, frame_length: int, keyframe: bool, video: bool) -> Sent:
        self.frame_start = self.left == 0
        if self.left == 0:
            self.left = frame_length
            self.keyframe = keyframe
            self.timestamp += self.step
            self.picture += 1
            self.tl0 += 1
        self.left -= 1
        self.sequence += 1
        payload = self._payload() if video else b"opus"
        packet = Packet(
            self.name, self.generation, self.sequence % 65536, self.timestamp % (1 << 32), payload
        )
        picture = self.picture if video and self.picture_bits else 0
        return Sent(packet, self.sequence, picture, self.tl0 if video and self.has_tl0 else 0)

    def _payload(self) -> bytes:
        first = 0x10 if self.frame_start else 0
        # As long as the header of a keyframe: a shorter one is dropped.
        data = bytes(
            [0 if self.frame_start and self.keyframe else 1, self.sequence & 0xFF]
        ) + bytes(8)
        if not self.picture_bits and not self.has_tl0:
            return bytes([first]) + data
        flags = 0x20 | (0x80 if self.picture_bits else 0) | (0x40 if self.has_tl0 else 0)
        out = bytes([first | 0x80, flags])
        if self.picture_bits == 7:
            out += bytes([self.picture % 128])
        elif self.picture_bits == 15:
            out += (0x8000 | self.picture % 32768).to_bytes(2, "big")
        if self.has_tl0:
            out += bytes([self.tl0 % 256])
        return out + b"\x20" + data


@dataclass
class Native:
    """The kernel's parts put together as its forwarding loop does it."""

    first_sequence: int
    clock_rate: int
    video: bool
    wanted: tuple[int, int] | None = None
    shown: tuple[int, int] | None = None
    map: SlotMap = field(init=False)

    def __post_init__(self) -> None:
        self.map = SlotMap(self.first_sequence)

    def forward(self, sent: Sent, now: float) -> Rewritten | None:
        packet = sent.packet
        key = packet.source, packet.generation
        numbers = (*key, sent.sequence, packet.timestamp, sent.picture % 32768, sent.tl0 % 256)
        starts = not self.video or bool(vp8.parse(packet.payload)["keyframe"])
        if self.wanted == key and starts:
            self.map.switch(*numbers, int(now * self.clock_rate) % (1 << 32))
            self.wanted = None
        out = self.map.forward(*numbers)
        if out is None:
            return None
        sequence, timestamp, picture, tl0 = out
        payload = vp8.rewrite(packet.payload, picture, tl0) if self.video else packet.payload
        return Rewritten(sequence % 65536, timestamp, payload)

    def resolve(self, sequence: int) -> Resolved | None:
        found = self.map.resolve(sequence)
        if found is None:
            return None
        source, generation, in_sequence, _, timestamp, picture, tl0 = found
        if not self.video:
            picture = tl0 = 0
        return Resolved(source, generation, in_sequence % 65536, timestamp, picture, tl0)


class Twins(RuleBasedStateMachine):
    video = True

    @initialize(
        first=st.sampled_from([1, 2, 1000, 32767]),
        starts=st.lists(
            st.tuples(
                st.sampled_from([0, 7, 65500, 65535, 131000]),
                st.sampled_from([0, (1 << 32) - 20000, (1 << 31) - 9000, 12345678]),
                st.sampled_from([0, 7, 15]),
                st.booleans(),
                st.sampled_from([0, 120, 127, 32760, 5000]),
                st.integers(0, 255),
            ),
            min_size=3,
            max_size=3,
        ),
        now=st.sampled_from([0.0, 47721.0, 89478.0, 100.5]),
    )
    def start(
        self, first: int, starts: list[tuple[int, int, int, bool, int, int]], now: float
    ) -> None:
        self.rate = 90000 if self.video else 48000
        self.now = now
        self.reference = Slot(first, clock_rate=self.rate, video=self.video)
        self.native = Native(first, self.rate, self.video)
        step = 3000 if self.video else 960
        self.sources = [Source(i, 0, *numbers, step=step) for i, numbers in enumerate(starts)]
        self.delivered: list[Sent] = []
        self.newest: dict[tuple[int, int], int] = {}
        self.held: list[Sent] = []
        self.out: dict[int, Sent] = {}
        self.first_sending: dict[int, Rewritten] = {}
        self.changes: list[int] = []
        self.epoch_start = first
        self.shown: tuple[int, int] | None = None
        self.highest_in = 0
        self.closed: set[int] = set()
        self.highest: int | None = None
        self.last_timestamp: int | None = None
        self.last_picture: int | None = None
        self.waiting = False
        self.first_sequence = first

    # ------------------------------------------------------------------------- what may happen

    @rule(
        which=st.integers(0, 2),
        count=st.integers(1, 12),
        frame=st.integers(1, 4),
        keyframe=st.booleans(),
    )
    def send(self, which: int, count: int, frame: int, keyframe: bool) -> None:
        for _ in range(count):
            self.deliver(self.sources[which].next(frame, keyframe, self.video))

    @rule(which=st.integers(0, 2), count=st.integers(1, 30))
    def lose(self, which: int, count: int) -> None:
        for _ in range(count):
            self.sources[which].next(2, False, self.video)

    @rule(which=st.integers(0, 2), keyframe=st.booleans())
    def hold(self, which: int, keyframe: bool) -> None:
        self.held.append(self.sources[which].next(1, keyframe, self.video))

    @precondition(lambda self: self.held)
    @rule(index=st.integers(0, 1 << 16))
    def release(self, index: int) -> None:
        self.deliver(self.held.pop(index % len(self.held)))

    @precondition(lambda self: self.delivered)
    @rule(back=st.integers(1, 40))
    def repeat(self, back: int) -> None:
        self.deliver(self.delivered[-min(back, len(self.delivered))])

    @rule(which=st.integers(0, 2))
    def omit(self, which: int) -> None:
        """Padding alone: a packet without a frame, so the encoder's counters stay."""
        source = self.sources[which]
        source.sequence += 1
        self.changes.append(self.highest or 0)
        if self.shown == (which, source.generation) and source.sequence > self.highest_in:
            self.closed.add(source.sequence)
            self.highest_in = source.sequence
        self.reference.omit(which, source.generation, source.sequence % 65536)
        self.native.map.omit(which, source.generation, source.sequence)

    @rule(which=st.integers(0, 2), frame=st.integers(1, 3))
    def leave_out(self, which: int, frame: int) -> None:
        """A whole picture of an upper temporal layer."""
        source = self.sources[which]
        if source.left or not source.picture_bits or not self.video:
            return
        self.changes.append(self.highest or 0)
        for _ in range(frame):
            sent = source.next(frame, False, True)
            if not self.tells_its_picture(sent):
                return
            if self.shown == (which, source.generation) and sent.sequence > self.highest_in:
                self.closed.add(sent.sequence)
                self.highest_in = sent.sequence
            self.reference.leave_out(sent.packet)
            numbers = which, source.generation, sent.sequence, sent.picture % 32768
            self.native.map.leave_out(*numbers)

    @rule(which=st.integers(0, 2))
    def switch(self, which: int) -> None:
        generation = self.sources[which].generation
        self.reference.switch(which, generation)
        self.native.wanted = which, generation

    @rule(
        which=st.integers(0, 2), sequence=st.integers(0, 65535), timestamp=st.integers(0, 1 << 32)
    )
    def restart(self, which: int, sequence: int, timestamp: int) -> None:
        source = self.sources[which]
        source.generation += 1
        source.sequence, source.timestamp, source.left = sequence, timestamp, 0

    @rule(seconds=st.sampled_from([0.0, 0.001, 0.02, 1.0, 30.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.highest is not None)
    @rule(back=st.integers(0, 300))
    def nack(self, back: int) -> None:
        assert self.highest is not None
        number = self.highest - back
        expected = self.reference.resolve_nack(number % 65536)
        got = self.native.resolve(number % 65536)
        newer = sum(1 for at in self.changes if at >= number)
        if got is None and expected is not None:
            assert newer >= HISTORY
            return
        assert self.comparable(got) == self.comparable(expected)
        if number in self.first_sending and got is not None:
            self.repeats_first_sending(number, got)

    def comparable(self, found: Resolved | None) -> Resolved | None:
        """Short picture ids count from wherever each side saw them first."""
        if found is None or self.sources[found.source].picture_bits != 7:
            return found
        return replace(found, picture_offset=found.picture_offset % 128)

    # ---------------------------------------------------------------------- what must then hold

    def repeats_first_sending(self, number: int, found: Resolved) -> None:
        sent, first = self.out[number], self.first_sending[number]
        packet = sent.packet
        assert (found.source, found.generation) == (packet.source, packet.generation)
        assert found.sequence == packet.sequence
        assert (packet.timestamp + found.timestamp_offset) % (1 << 32) == first.timestamp
        if self.video:
            picture = (sent.picture + found.picture_offset) % 32768
            tl0 = (sent.tl0 + found.tl0_offset) % 256
            assert vp8.rewrite(packet.payload, picture, tl0) == first.payload

    def tells_its_picture(self, sent: Sent) -> bool:
        """Whether so few bits still say which one it is, so long after the newest that came."""
        key = sent.packet.source, sent.packet.generation
        newest = self.newest.get(key, sent.picture)
        if self.sources[key[0]].picture_bits == 7 and abs(sent.picture - newest) >= 128:
            return False
        self.newest[key] = max(newest, sent.picture)
        return True

    def deliver(self, sent: Sent) -> None:
        if not self.tells_its_picture(sent):
            return
        self.delivered.append(sent)
        before = len(self.reference.epochs)
        expected = self.reference.forward(sent.packet, self.now)
        got = self.native.forward(sent, self.now)
        switched = len(self.reference.epochs) > before
        if switched:
            self.changes.append(self.highest or 0)
        if got is None and expected is not None:
            # An older packet than the kernel's history reaches back to.
            assert len(self.changes) >= HISTORY
            return
        if got is not None and expected is None:
            # Left out so long ago that the kernel has forgotten.
            assert len(self.changes) >= HISTORY
            return
        assert got == expected
        if got is not None:
            self.check(sent, got, switched)

    def check(self, sent: Sent, out: Rewritten, switched: bool) -> None:
        if self.highest is None:
            assert out.sequence == self.first_sequence
            number = out.sequence
        else:
            ahead = (out.sequence - self.highest + 32768) % 65536 - 32768
            number = self.highest + ahead
        if switched:
            self.continues(number, out)
            self.shown = sent.packet.source, sent.packet.generation
            self.highest_in = sent.sequence
        self.highest_in = max(self.highest_in, sent.sequence)
        assert self.shown == (sent.packet.source, sent.packet.generation)
        first = self.first_sending.setdefault(number, out)
        assert first == out, "two packets under one number"
        self.keeps_distances(number, sent)
        self.out[number] = sent
        self.highest = max(number, self.highest if self.highest is not None else number)
        self.note_time_and_picture(out)

    def continues(self, number: int, out: Rewritten) -> None:
        """After a switch: the next number, a later time stamp, the next picture."""
        assert number == (self.first_sequence if self.highest is None else self.highest + 1)
        if self.last_timestamp is not None:
            assert 0 < (out.timestamp - self.last_timestamp) % (1 << 32) < 1 << 31
        self.epoch_start = number
        self.closed.clear()
        if not self.video:
            return
        if not parse_vp8(out.payload).picture_bits:
            # A stretch without picture ids counts as one picture.
            if self.last_picture is not None:
                self.last_picture = (self.last_picture + 1) % 32768
            return
        assert parse_vp8(out.payload).picture_bits == 15
        if self.last_picture is not None:
            assert (parse_vp8(out.payload).picture - self.last_picture) % 32768 == 1

    def keeps_distances(self, number: int, sent: Sent) -> None:
        """Within an epoch numbers are as far apart as at the source, less what we left out."""
        neighbour = max((n for n in self.out if self.epoch_start <= n < number), default=None)
        if neighbour is None:
            return
        other = self.out[neighbour]
        closed = sum(1 for left_out in self.closed if other.sequence < left_out < sent.sequence)
        assert number - neighbour == sent.sequence - other.sequence - closed

    def note_time_and_picture(self, out: Rewritten) -> None:
        if self.last_timestamp is None or (
            0 < (out.timestamp - self.last_timestamp) % (1 << 32) < 1 << 31
        ):
            self.last_timestamp = out.timestamp
        if self.video and parse_vp8(out.payload).picture_bits:
            picture = parse_vp8(out.payload).picture
            if self.last_picture is None or 0 < (picture - self.last_picture) % 32768 < 16384:
                self.last_picture = picture

    @invariant()
    def no_packet_has_two_numbers_in_an_epoch(self) -> None:
        sent = [s.sequence for n, s in self.out.items() if n >= self.epoch_start]
        assert len(sent) == len(set(sent))


class AudioTwins(Twins):
    video = False


TestVideo = Twins.TestCase
TestVideo.settings = settings(max_examples=150, stateful_step_count=60)
TestAudio = AudioTwins.TestCase
TestAudio.settings = settings(max_examples=60, stateful_step_count=60)


@given(st.binary(max_size=12), st.integers(0, 32767), st.integers(0, 255))
def test_any_octets_as_descriptor(payload: bytes, picture: int, tl0: int) -> None:
    try:
        expected = parse_vp8(payload)
    except Malformed:
        with pytest.raises(ValueError, match="malformed"):
            vp8.parse(payload)
        return
    parsed = vp8.parse(payload)
    assert parsed["length"] == expected.length
    assert parsed["picture_bits"] == expected.picture_bits
    assert parsed["picture"] == expected.picture
    assert parsed["tl0"] == expected.tl0
    assert parsed["keyframe"] == expected.keyframe_start
    if parsed["temporal_layer"]:
        assert parsed["picture_bits"]
        assert parsed["tl0"] is not None
    written = vp8.rewrite(payload, picture, tl0)
    assert written == expected.write(picture, tl0) + payload[expected.length :]
    again = parse_vp8(written)
    assert written[again.length :] == payload[expected.length :]
    assert again.picture_bits == (15 if expected.picture_bits else 0)
    if again.picture_bits:
        assert again.picture == picture
    if again.tl0 is not None:
        assert again.tl0 == tl0


def test_pictures_that_were_left_out_have_no_id() -> None:
    """As with three temporal layers of which the viewer's line bears one; a packet between is lost
    and comes late, once of a picture that nobody knew of, once of one that was left out."""
    slot = SlotMap(100)
    slot.switch(1, 0, 10, 0, 50, 7, 0)

    def send(sequence: int, picture: int) -> tuple[int, int] | None:
        out = slot.forward(1, 0, sequence, 3000 * picture, picture, 7)
        return (out[0], out[2]) if out else None

    assert send(10, 50) == (100, 1)
    for sequence, picture in ((11, 51), (12, 51), (13, 52)):
        slot.leave_out(1, 0, sequence, picture)
    assert send(14, 53) == (101, 2)
    slot.leave_out(1, 0, 15, 54)
    slot.leave_out(1, 0, 18, 56)
    assert send(19, 57) == (104, 4)
    assert send(17, 55) == (103, 3), "its picture was not left out"
    assert send(16, 54) is None, "its picture was"
    assert slot.resolve(104)[2:6] == (19, 104, 0, 4 - 57 & 0x7FFF)  # type: ignore[index]


def test_a_gap_of_the_source_stays_open_for_its_repair() -> None:
    slot = Slot(100, clock_rate=48000, video=False)
    slot.switch(1, 0)

    def send(sequence: int) -> int | None:
        out = slot.forward(Packet(1, 0, sequence, 960 * sequence, b""), 1.0)
        return out.sequence if out else None

    assert [send(10), send(11), send(14)] == [100, 101, 104]
    slot.omit(1, 0, 15)
    assert [send(16), send(12), send(13)] == [105, 102, 103]
    assert slot.resolve_nack(105) == Resolved(1, 0, 16, 48000 - 9600, 0, 0)


def test_what_was_left_out_has_no_number_whatever_comes_under_its_own() -> None:
    slot = SlotMap(100)
    slot.switch(1, 0, 10, 0, 0, 0, 0)

    def send(sequence: int) -> int | None:
        out = slot.forward(1, 0, sequence, 960 * sequence, 0, 0)
        return out[0] if out else None

    assert [send(10), send(13)] == [100, 103]
    for left_out in (14, 15, 17):
        slot.omit(1, 0, left_out)
    assert [send(16), send(18), send(19)] == [104, 105, 106]
    assert [send(n) for n in (14, 15, 17)] == [None, None, None]
    assert [send(11), send(12)] == [101, 102]
