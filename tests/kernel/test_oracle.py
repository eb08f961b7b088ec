"""The whole kernel beside the plain twin of its rewriting rules: SRTP in, SRTP out, RTX.

`test_rewrite.py` compares the mapping alone; here the kernel's own extension of sequence numbers
and picture ids, its rings, its choice of sources and its retransmissions take part.
"""

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.kernel.reference import Packet, Rewritten, Slot, parse_vp8
from tests.kernel.peer import MID, RID, VP8, Peer, Received, Stage, rtp
from tests.kernel.test_rewrite import Sent, Source

REACH = 300
"""Packets; less than a source's ring."""
STEP = 3000


class Publisher:
    """A browser whose camera layer is simulated by `Source`."""

    def __init__(self, stage: Stage, number: int, source: Source) -> None:
        self.peer = stage.join(number)
        self.peer.publish()
        self.source = source
        self.held: list[Sent] = []

    def wire(self, sent: Sent, *, padding: int = 0) -> bytes:
        packet = sent.packet
        return rtp(
            VP8,
            packet.sequence,
            packet.timestamp,
            100 * self.peer.number,
            b"" if padding else packet.payload,
            extensions={MID: b"1", RID: b"f"},
            padding=padding,
        )


class Pair:
    """The kernel and its twin under the same events."""

    def __init__(
        self,
        starts: list[tuple[int, int, int, bool, int, int]],
        now: int,
        *,
        introduce: bool = True,
    ) -> None:
        self.stage = Stage(now=now)
        self.publishers = [
            Publisher(self.stage, 1 + i, Source(i, 0, *numbers, step=STEP))
            for i, numbers in enumerate(starts)
        ]
        self.viewer: Peer = self.stage.join(9)
        self.viewer.view()
        self.twin = Slot(1, clock_rate=90000, video=True)
        self.wanted = -1
        self.first: int | None = None
        self.sent: dict[int, tuple[Sent, Rewritten, Received]] = {}
        self.latest_timestamp: int | None = None
        self.epoch_shift = 0
        for which in range(len(starts) if introduce else 0):
            # So that both know every source before anything is reordered.
            self.send(which, frame=1, keyframe=False)

    def show(self, which: int) -> None:
        if which != self.wanted:
            self.wanted = which
            self.viewer.show(0, self.publishers[which].peer)
            # The kernel stops the previous source as soon as another is wanted.
            self.twin.stop()
            self.twin.switch(which, 0)

    def send(self, which: int, *, frame: int, keyframe: bool) -> None:
        self.deliver(which, self.publishers[which].source.next(frame, keyframe, True))

    def deliver(self, which: int, sent: Sent) -> None:
        publisher = self.publishers[which]
        before = len(self.viewer.video())
        publisher.peer.send(publisher.wire(sent))
        self.stage.wait(10)
        got = self.viewer.video()[before:]
        epochs = len(self.twin.epochs)
        expected = self.twin.forward(sent.packet, 0.0)
        assert len(got) == (expected is not None)
        if expected is not None:
            self.compare(sent, expected, got[0], began=len(self.twin.epochs) > epochs)
        # The twin knows nothing of replays.
        publisher.peer.hide_past()

    def compare(self, sent: Sent, expected: Rewritten, got: Received, *, began: bool) -> None:
        if self.first is None:
            self.first = got.sequence - expected.sequence
        assert (got.sequence - expected.sequence - self.first) % 65536 == 0
        assert got.payload == expected.payload
        if began:
            self.epoch_shift = got.timestamp - expected.timestamp
            if self.latest_timestamp is not None:
                assert 0 < (got.timestamp - self.latest_timestamp) % (1 << 32) < 1 << 31
            self.latest_timestamp = got.timestamp
        assert (got.timestamp - expected.timestamp - self.epoch_shift) % (1 << 32) == 0
        assert self.latest_timestamp is not None
        if (got.timestamp - self.latest_timestamp) % (1 << 32) < 1 << 31:
            self.latest_timestamp = got.timestamp
        self.sent[expected.sequence] = sent, expected, got

    def pad(self, which: int) -> None:
        source = self.publishers[which].source
        source.sequence += 1
        packet = Packet(which, 0, source.sequence % 65536, source.timestamp % (1 << 32), b"")
        publisher = self.publishers[which]
        before = len(self.viewer.video())
        publisher.peer.send(publisher.wire(Sent(packet, source.sequence, 0, 0), padding=20))
        self.stage.wait(10)
        assert len(self.viewer.video()) == before
        self.twin.omit(which, 0, packet.sequence)

    def release(self, which: int) -> None:
        publisher = self.publishers[which]
        if publisher.held:
            sent = publisher.held.pop(0)
            if publisher.source.sequence - sent.sequence < REACH:
                self.deliver(which, sent)

    def nack(self, back: int) -> None:
        """Asks again for what was sent: the same packet must come, whatever is shown now, unless
        it came again a moment ago or is of no use any more."""
        if not self.sent:
            return
        number = max(self.sent) - back
        if number not in self.sent:
            return
        sent, _, first = self.sent[number]
        before, refused = len(self.viewer.repaired()), self.refused()
        report = struct.pack("!BBHIIHH", 0x81, 205, 3, 1, first.ssrc, first.sequence, 0)
        self.viewer.send_rtcp(report)
        self.stage.wait(10)
        again = self.viewer.repaired()[before:]
        if self.publishers[sent.packet.source].source.sequence - sent.sequence < REACH:
            assert len(again) + self.refused() - refused == 1
        if again:
            assert again[0].payload == struct.pack("!H", first.sequence) + first.payload
            assert again[0].timestamp == first.timestamp

    def refused(self) -> int:
        counters = self.stage.kernel.counters()
        return counters["repairs_refused_recent"] + counters["repairs_refused_late"]

    def close(self) -> None:
        self.stage.kernel.close()


WHICH = st.integers(0, 1)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), WHICH, st.integers(1, 4), st.booleans()),
        st.tuples(st.just("send"), WHICH, st.integers(1, 4), st.booleans()),
        st.tuples(st.just("lose"), WHICH, st.integers(1, 20)),
        st.tuples(st.just("hold"), WHICH),
        st.tuples(st.just("release"), WHICH),
        st.tuples(st.just("pad"), WHICH),
        st.tuples(st.just("show"), WHICH),
        st.tuples(st.just("nack"), st.integers(0, 40)),
    ),
    max_size=60,
)
STARTS = st.lists(
    st.tuples(
        st.sampled_from([5, 30000, 65500, 65533]),
        st.sampled_from([0, (1 << 32) - 9000, 1 << 31]),
        st.sampled_from([0, 7, 15]),
        st.booleans(),
        st.sampled_from([0, 60, 63, 120, 32760]),
        st.sampled_from([0, 250]),
    ),
    min_size=2,
    max_size=2,
)


@settings(max_examples=120)
@given(events=EVENTS, starts=STARTS, now=st.sampled_from([1_000_000, 47_721_000_000]))
def test_kernel_and_twin_agree(
    events: list[tuple[str, int] | tuple[str, int, int] | tuple[str, int, int, bool]],
    starts: list[tuple[int, int, int, bool, int, int]],
    now: int,
) -> None:
    pair = Pair(starts, now)
    try:
        pair.show(0)
        pair.send(0, frame=1, keyframe=True)
        for event in events:
            happen(pair, *event)
    finally:
        pair.close()


def happen(pair: Pair, name: str, which: int, count: int = 1, keyframe: bool = False) -> None:
    source = pair.publishers[which % 2].source
    if name == "send":
        for _ in range(count):
            pair.send(which, frame=count, keyframe=keyframe)
    elif name == "lose":
        for _ in range(count):
            source.next(1, False, True)
    elif name == "hold":
        pair.publishers[which].held.append(source.next(1, False, True))
    elif name == "release":
        pair.release(which)
    elif name == "pad":
        pair.pad(which)
    elif name == "show":
        pair.show(which)
    else:
        pair.nack(which)


def test_short_picture_ids_go_on_after_a_long_gap() -> None:
    pair = Pair([(5, 0, 7, False, 62, 0)], 1_000_000, introduce=False)
    try:
        pair.show(0)
        pair.send(0, frame=1, keyframe=True)
        late = pair.publishers[0].source.next(1, False, True)
        for _ in range(98):
            pair.publishers[0].source.next(1, False, True)
        pair.send(0, frame=1, keyframe=False)
        pair.deliver(0, late)
        ids = [parse_vp8(out.payload).picture for _, out, _ in pair.sent.values()]
        assert [picture - ids[0] for picture in ids] == [0, 100, 1]
    finally:
        pair.close()


def test_short_picture_ids_that_begin_out_of_order() -> None:
    pair = Pair([(5, 0, 7, False, 62, 0)], 1_000_000, introduce=False)
    try:
        pair.show(0)
        early = pair.publishers[0].source.next(1, False, True)
        pair.send(0, frame=1, keyframe=True)
        pair.deliver(0, early)
        pair.send(0, frame=1, keyframe=False)
        assert [sent.picture for sent, _, _ in pair.sent.values()] == [64, 65]
    finally:
        pair.close()
