"""Repairs must not make a line worse that is too narrow or too far."""

import struct

import pytest

from bench.line.capacity import steady
from bench.line.loss import Loss
from bench.line.traits import Queue, Traits
from tests.kernel.asker import STEP, Asker, lesson
from tests.kernel.feedback import write_remb
from tests.kernel.peer import BOOTED, SLOT_SSRC, Peer, Received, Stage
from tests.kernel.test_forward import pair
from tests.kernel.test_repair import asked, nack, plis
from tests.kernel.test_roundtrip import answer, asked_for_time, publish_for

SPACING = 80
"""Milliseconds while the round trip is unknown."""


def refused(stage: Stage, reason: str) -> int:
    return stage.kernel.counters()[f"repairs_refused_{reason}"]


def soonest(asker: Asker, *, after: int = 0) -> float:
    """µs between two repairs of one packet, at the least."""
    last: dict[tuple[int, int], int] = {}
    least = float("inf")
    for at, slot, number in asker.repairs:
        if (slot, number) in last and at >= after:
            least = min(least, at - last[slot, number])
        last[slot, number] = at
    return least


def originals(repairs: list[Received]) -> list[int]:
    return [struct.unpack("!H", p.payload[:2])[0] for p in repairs]


# ── behind a line ──


@pytest.mark.parametrize("rate", [300_000, 1_000_000])
def test_a_narrow_line_is_not_flooded_with_repairs(stage: Stage, rate: int) -> None:
    down = Traits(capacity=steady(rate), queue=Queue(seconds=0.3), delay=0.025)
    asker = Asker(stage, 2, down, Traits(delay=0.025))
    lesson(stage, asker, 20)
    assert len(asker.repairs) * 1128 * 8 <= 0.25 * 20 * rate
    assert soonest(asker) >= 50_000
    assert refused(stage, "share") > 0


@pytest.mark.parametrize("milliseconds", [10, 100, 300, 600])
def test_what_a_line_loses_comes_again_and_hardly_anything_twice(
    stage: Stage, milliseconds: int
) -> None:
    down = Traits(delay=milliseconds / 2000, loss=Loss(0.05))
    asker = Asker(stage, 2, down, Traits(delay=milliseconds / 2000), rtt=1000 * milliseconds + STEP)
    publisher = lesson(stage, asker, 20)
    before = asker.originals * (20 - 1.5 - 2 * milliseconds / 1000) / 20
    assert len(asker.arrived) >= before
    assert len(asker.repairs) <= 0.06 * asker.originals
    assert asker.duplicates <= 10
    assert soonest(asker, after=BOOTED + 6_000_000) >= 1000 * milliseconds
    assert plis(publisher) == 0 or milliseconds == 600


@pytest.mark.parametrize("milliseconds", [300, 600, 2000])
def test_who_asks_sooner_than_the_round_trip_gets_it_once_in_that_time(
    stage: Stage, milliseconds: int
) -> None:
    """By satellite, or behind a long queue, and a browser that does not know it."""
    far = milliseconds / 2000
    down = Traits(delay=far, loss=Loss(0.05))
    asker = Asker(stage, 2, down, Traits(delay=far), rtt=80_000)
    lesson(stage, asker, 20)
    known = [repair for repair in asker.repairs if repair[0] > BOOTED + 6_000_000]
    assert len(known) <= 0.06 * asker.originals
    assert soonest(asker, after=BOOTED + 6_000_000) >= 960 * milliseconds
    assert refused(stage, "recent") > 2 * len(asker.repairs)


def test_who_asks_again_after_the_shortest_round_trip_is_not_refused(stage: Stage) -> None:
    """The mean is longer by what packets wait by chance, and each refusal costs a round trip."""
    line = Traits(delay=0.05, jitter=0.002, loss=Loss(0.1))
    asker = Asker(stage, 2, line, line, rtt=104_000)
    lesson(stage, asker, 30)
    assert refused(stage, "recent") <= 0.15 * len(asker.repairs)
    assert len(asker.repairs) <= 0.2 * asker.originals


def test_what_a_burst_loses_comes_again(stage: Stage) -> None:
    down = Traits(delay=0.02, loss=Loss(0.05, burst=10))
    asker = Asker(stage, 2, down, Traits(delay=0.02))
    lesson(stage, asker, 20)
    assert len(asker.arrived) >= 0.98 * asker.originals
    assert len(asker.repairs) <= 0.1 * asker.originals


def test_packets_that_overtake_each_other_cost_a_share_at_most(stage: Stage) -> None:
    down = Traits(delay=0.02, jitter=0.02, reorder=True)
    asker = Asker(stage, 2, down, Traits(delay=0.02))
    lesson(stage, asker, 20)
    assert len(asker.repairs) <= 0.3 * asker.originals


def test_who_asks_for_everything_all_the_time_gets_a_share(stage: Stage) -> None:
    asker = Asker(stage, 2, Traits(delay=0.02), Traits(delay=0.02))
    publisher = lesson(stage, asker, 3)
    before, again = asker.originals, len(asker.repairs)
    first = asker.streams[SLOT_SSRC].first
    for step in range(1000):
        stage.wait(10)
        publisher.camera(60 + step // 6, size=1100)
        asker.advance()
        newest = first + before + step
        for block in range(newest - 340, newest, 17):
            asker.send_rtcp(nack(SLOT_SSRC, block, 0xFFFF))
    assert len(asker.repairs) - again <= 0.25 * (asker.originals - before) + 80
    assert soonest(asker) >= 20_000


# ── one packet ──


def shown(stage: Stage, pictures: int = 4) -> tuple[Peer, Peer]:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    for picture in range(pictures):
        publisher.camera(picture, keyframe=picture == 0)
    return publisher, viewer


def test_what_has_just_been_sent_again_is_not_sent_again(stage: Stage) -> None:
    _, viewer = shown(stage)
    number = viewer.video()[2].sequence
    for _ in range(SPACING // 10 - 1):
        viewer.send_rtcp(nack(SLOT_SSRC, number))
        stage.wait(10)
    assert originals(viewer.repaired()) == [number]
    assert refused(stage, "recent") == SPACING // 10 - 2
    stage.wait(20)
    viewer.send_rtcp(nack(SLOT_SSRC, number))
    assert originals(viewer.repaired()) == [number, number]


def test_what_waits_does_not_wait_twice(stage: Stage) -> None:
    _, viewer = shown(stage)
    number = viewer.video()[2].sequence
    stage.kernel.set_socket(blocked=True)
    for _ in range(3):
        viewer.send_rtcp(nack(SLOT_SSRC, number))
        stage.wait(200)
    stage.kernel.set_socket()
    stage.wait(10)
    assert originals(viewer.repaired()) == [number]


def test_what_has_not_left_yet_is_not_repaired(stage: Stage) -> None:
    publisher, viewer = shown(stage)
    number = viewer.video()[-1].sequence
    stage.kernel.set_socket(blocked=True)
    publisher.camera(4)
    stage.wait(10)
    viewer.send_rtcp(nack(SLOT_SSRC, number + 1))
    stage.kernel.set_socket()
    stage.wait(10)
    assert viewer.video()[-1].sequence == number + 1 & 0xFFFF
    assert viewer.repaired() == []


def test_a_repair_goes_before_all_that_waits(stage: Stage) -> None:
    publisher, viewer = shown(stage)
    for picture in range(4, 100):
        publisher.camera(picture, size=1100)
    first = viewer.video()[2].sequence
    before = len(viewer.media)
    viewer.send_rtcp(nack(SLOT_SSRC, first))
    stage.wait(10)
    assert len(viewer.media) > before + 1
    assert [viewer.media[before]] == viewer.repaired()
    assert viewer.video()[-1].sequence > first


def test_what_is_older_than_a_keyframe_that_arrived_is_not_repaired(stage: Stage) -> None:
    publisher, viewer = shown(stage)
    publisher.camera(4, keyframe=True)
    publisher.camera(5)
    numbers = [p.sequence for p in viewer.video()]
    stage.wait(200)
    before = plis(publisher)
    viewer.send_rtcp(nack(SLOT_SSRC, numbers[2]))
    viewer.send_rtcp(nack(SLOT_SSRC, numbers[5]))
    stage.wait(10)
    assert originals(viewer.repaired()) == [numbers[5]]
    assert refused(stage, "late") == 1
    assert plis(publisher) == before, "he has one"


def test_what_the_viewer_waits_for_no_more_is_replaced_by_a_keyframe(stage: Stage) -> None:
    publisher, viewer = shown(stage)
    stage.wait(1300)
    publisher.camera(4)
    publisher.hide_past()
    before = plis(publisher)
    viewer.send_rtcp(nack(SLOT_SSRC, viewer.video()[2].sequence))
    stage.wait(10)
    assert viewer.repaired() == []
    assert refused(stage, "late") == 1
    assert plis(publisher) == before + 1


def test_what_comes_late_from_its_publisher_is_not_repaired_as_well(stage: Stage) -> None:
    """The viewer asks twice for what the SFU lacks itself; the second time crosses its coming."""
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    lost = publisher.camera_packet(1)
    publisher.camera(2)
    missing = viewer.video()[0].sequence + 1
    viewer.send_rtcp(nack(SLOT_SSRC, missing))
    stage.wait(50)
    assert len(asked(publisher)) == 1, "by us, and not because somebody asked us"
    publisher.send(lost)
    viewer.send_rtcp(nack(SLOT_SSRC, missing))
    stage.wait(50)
    assert [p.sequence for p in viewer.video()].count(missing & 0xFFFF) == 1
    assert viewer.repaired() == []
    viewer.send_rtcp(nack(SLOT_SSRC, missing))
    stage.wait(60)
    viewer.send_rtcp(nack(SLOT_SSRC, missing))
    assert originals(viewer.repaired()) == [missing & 0xFFFF], "it got lost there, too"


def test_a_keyframe_is_repaired_beyond_the_share(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    for part in range(20):
        publisher.camera(0, keyframe=part == 0, size=1100)
    for picture in range(1, 90):
        publisher.camera(picture, size=1100)
    stage.wait(50)
    viewer.send_rtcp(write_remb(20_000_000))
    numbers = [p.sequence for p in viewer.video()]
    for number in numbers[20:]:
        viewer.send_rtcp(nack(SLOT_SSRC, number))
    stage.wait(100)
    repaired = len(viewer.repaired())
    assert 60 < repaired < 80
    for number in numbers[:20]:
        viewer.send_rtcp(nack(SLOT_SSRC, number))
    stage.wait(100)
    assert len(viewer.repaired()) == repaired + 20


def test_repairs_that_wait_are_freed_with_their_viewer(stage: Stage) -> None:
    publisher, viewer = shown(stage)
    stage.kernel.set_socket(blocked=True)
    for p in viewer.video():
        viewer.send_rtcp(nack(SLOT_SSRC, p.sequence))
    stage.kernel.close_session(viewer.handle)
    stage.kernel.set_socket()
    publisher.camera(4)
    stage.wait(100)
    assert viewer.repaired() == []


# ── from publishers ──


@pytest.mark.parametrize(("milliseconds", "spacing"), [(0, 100), (10, 40), (60, 75), (300, 375)])
def test_a_publisher_is_asked_again_after_a_round_trip(
    stage: Stage, milliseconds: int, spacing: int
) -> None:
    publisher, _ = pair(stage)
    while not asked_for_time(publisher):
        publish_for(stage, publisher, 1)
    stage.wait(milliseconds)
    if milliseconds:
        publisher.send_rtcp(answer(publisher, asked_for_time(publisher)[-1], held=0))
    publisher.camera_packet(150)
    start, times = stage.now, []
    for picture in range(151, 151 + 110):
        before = len(asked(publisher))
        publisher.camera(picture)
        stage.wait(10)
        times += [stage.now - start] * (len(asked(publisher)) - before)
    gaps = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    assert times[0] <= 30_000
    assert gaps
    assert all(abs(gap / 1000 - spacing) <= 15 for gap in gaps)


@pytest.mark.parametrize(("lost", "of"), [(3, 4), (9, 10)])
def test_a_publisher_is_not_asked_for_more_than_half_of_what_comes(
    stage: Stage, lost: int, of: int
) -> None:
    """Where most gets lost his line is full: of a stack that answers each request at once all of it
    would be repairs, and his sound would be lost with them."""
    publisher, _ = pair(stage)
    came = 0
    for picture in range(1, 1001):
        if picture % of < lost:
            publisher.camera_packet(picture)
        else:
            publisher.camera(picture)
            came += 1
        stage.wait(10)
    assert 50 <= len(asked(publisher)) <= 128 + came / 2


def test_what_a_line_loses_is_asked_for_until_it_comes(stage: Stage) -> None:
    """A fifth of the packets, and a fifth of the repairs."""
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    sent: dict[int, bytes] = {}
    answered = repaired = 0
    for picture in range(1, 1001):
        packet = publisher.camera_packet(picture, keyframe=picture == 1)
        if picture % 5:
            publisher.send(packet)
        else:
            sent[publisher.next_sequence[3] - 1 & 0xFFFF] = packet
        viewer.check()
        stage.wait(10)
        requests = asked(publisher)
        for sequence in requests[answered:]:
            repaired += 1
            if repaired % 5 and sequence in sent:
                publisher.send(sent.pop(sequence))
        answered = len(requests)
    assert len(viewer.video()) >= 1000 - 5


@pytest.mark.parametrize(("lost", "most"), [(6, 8), (2, 40)])
def test_a_publisher_whose_line_is_full_is_asked_for_few_keyframes(
    stage: Stage, lost: int, most: int
) -> None:
    """None of them would come whole, and each makes it fuller."""
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    for picture in range(1, 1501):
        if picture % 10 < lost:
            publisher.camera_packet(picture)
        else:
            publisher.camera(picture)
        if picture % 20 == 0:
            viewer.check()
            viewer.send_rtcp(struct.pack("!BBHII", 0x81, 206, 2, 7, SLOT_SSRC))
        stage.wait(10)
    assert most / 2 <= plis(publisher) <= most
