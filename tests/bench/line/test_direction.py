"""What packets meet in one direction of a line, over many seeds and in no time."""

from itertools import pairwise
from random import Random
from statistics import mean

import pytest

from bench.line.bottleneck import CODEL, QUEUE
from bench.line.capacity import Stalls, Steps, Wander, carried, steady
from bench.line.direction import DELIVERED, LOSS, OUTAGE, Direction
from bench.line.line import Line, Preset
from bench.line.loss import Loss
from bench.line.rival import Greedy, Window
from bench.line.traits import PLAIN, Codel, Queue, Traits
from tests.bench.line.flows import Flow, even, uneven

MBIT = 1e6
CROWDED = Stalls(Wander(MBIT, 0.5), every=1.0, length=0.1)
EVERYTHING = [
    PLAIN,
    Traits(delay=0.05, jitter=0.02),
    Traits(delay=0.05, jitter=0.02, reorder=True, loss=Loss(0.05)),
    Traits(capacity=steady(MBIT), queue=Queue(bytes=30_000), loss=Loss(0.05, 4)),
    Traits(capacity=CROWDED, queue=Queue(seconds=0.3), delay=0.02, outages=((2, 3), (5, 5.5))),
    Traits(capacity=CROWDED, queue=Queue(bytes=60_000, codel=Codel()), jitter=0.01, reorder=True),
    Traits(capacity=steady(MBIT), queue=Queue(bytes=60_000), rival=Greedy(rtt=0.04)),
    Traits(capacity=steady(MBIT), queue=Queue(bytes=60_000, codel=Codel()), rival=Greedy(rtt=0.04)),
]
kinds = pytest.mark.parametrize("traits", EVERYTHING, ids=range(len(EVERYTHING)))


@kinds
def test_the_same_seed_and_packets_have_the_same_fate(traits: Traits) -> None:
    packets = uneven(1.3 * MBIT, 8, seed=2)
    flow = Flow(traits, packets)
    dice = Random(9)
    asked_often = Flow(traits, packets, looks=[dice.uniform(0, 9) for _ in range(3000)])
    assert flow.fates == asked_often.fates
    assert flow.came == asked_often.came
    assert flow.waited == asked_often.waited


@kinds
def test_each_packet_has_one_fate_and_each_drop_is_counted(traits: Traits) -> None:
    for seed in range(10):
        packets = uneven(1.3 * MBIT, 5, seed)
        flow = Flow(traits, packets, seed)
        assert sorted(flow.fates) == list(range(len(packets)))
        delivered = sorted(n for n, fate in flow.fates.items() if fate == DELIVERED)
        assert sorted(flow.numbers) == delivered
        counted = {why: sum(f == why for f in flow.fates.values()) for why in flow.dropped}
        assert flow.dropped == counted


@kinds
def test_other_seeds_have_other_dice(traits: Traits) -> None:
    packets = uneven(1.3 * MBIT, 5, seed=2)
    random = traits.loss or traits.jitter or not isinstance(traits.capacity, Steps | None)
    assert (Flow(traits, packets, 1).came == Flow(traits, packets, 2).came) != bool(random)


@kinds
def test_nothing_overtakes_unless_it_is_said(traits: Traits) -> None:
    for seed in range(10):
        flow = Flow(traits, uneven(1.3 * MBIT, 5, seed), seed)
        assert [at for at, _ in flow.came] == sorted(at for at, _ in flow.came)
        assert (flow.numbers == sorted(flow.numbers)) != traits.reorder
        assert all(delay >= traits.delay - 1e-9 for delay in flow.delays)


@pytest.mark.parametrize("codel", [None, Codel()])
@pytest.mark.parametrize("capacity", [steady(MBIT), CROWDED], ids=["steady", "crowded"])
def test_no_more_comes_out_than_the_line_carries(
    codel: Codel | None, capacity: Steps | Stalls
) -> None:
    """In any span of time: what has come since its begin was sent within it."""
    for seed in range(20):
        traits = Traits(capacity=capacity, queue=Queue(bytes=40_000, codel=codel))
        flow = Flow(traits, uneven(2 * MBIT, 6, seed), seed)
        times = [(at, flow.sent[number][1] * 8) for at, number in flow.came]
        for begin in range(0, len(times) - 100, 37):
            span = times[begin : begin + 100]
            bits = sum(size for _, size in span[1:])
            segments = capacity.segments(Random(f"{seed} capacity"))
            assert bits <= carried(segments, [span[0][0], span[-1][0]])[0] + 1e-3


def test_a_line_that_is_wanted_carries_all_it_can() -> None:
    for seed in range(20):
        traits = Traits(capacity=CROWDED, queue=Queue(bytes=200_000))
        flow = Flow(traits, even(20 * MBIT, 6), seed)
        last = flow.came[-1][0]
        bits = sum(flow.sent[number][1] * 8 for number in flow.numbers)
        could = carried(CROWDED.segments(Random(f"{seed} capacity")), [0, last])[0]
        assert bits == pytest.approx(could, rel=1e-3)


def test_drop_tail_holds_what_it_has_room_for_and_no_more() -> None:
    for limit in (4_000, 20_000, 100_000):
        traits = Traits(capacity=steady(MBIT), queue=Queue(bytes=limit))
        flow = Flow(traits, even(2 * MBIT, 10))
        assert max(flow.waited.values()) <= limit * 8 / MBIT
        assert max(flow.waited.values()) > (limit - 2 * 1200) * 8 / MBIT
        assert flow.share(QUEUE) == pytest.approx(0.5, abs=0.05)


def test_a_limit_in_seconds_follows_the_rate() -> None:
    traits = Traits(capacity=Steps(((0, 4e6), (5, 1e6))), queue=Queue(seconds=0.2))
    flow = Flow(traits, even(8 * MBIT, 20))
    before = [flow.waited[n] for n, (at, _) in enumerate(flow.sent) if 1 < at < 4.7]
    after = [flow.waited[n] for n, (at, _) in enumerate(flow.sent) if at > 6]
    assert 0.18 < max(before) <= 0.2
    assert 0.18 < max(after) <= 0.2


@pytest.mark.parametrize(
    ("queue", "spared"), [(Queue(bytes=6_000), True), (Queue(seconds=0.05), False)]
)
def test_small_packets_are_spared_by_a_limit_in_bytes_alone(queue: Queue, spared: bool) -> None:
    flow = Flow(Traits(capacity=steady(MBIT), queue=queue), uneven(4 * MBIT, 100, 3))

    def arrived(least: int, most: int) -> float:
        numbers = [n for n, (_, size) in enumerate(flow.sent) if least <= size < most]
        return mean(flow.fates[n] == DELIVERED for n in numbers)

    assert (arrived(0, 300) - arrived(1000, 1500) > 0.1) is spared
    assert spared or arrived(0, 300) == pytest.approx(arrived(1000, 1500), abs=0.03)


def test_one_packet_always_finds_room() -> None:
    traits = Traits(capacity=steady(100_000), queue=Queue(bytes=100))
    assert Flow(traits, even(90_000, 5)).share() == 1


def test_without_loss_a_line_that_is_wide_enough_only_delays() -> None:
    traits = Traits(capacity=steady(10 * MBIT), delay=0.03)
    flow = Flow(traits, even(MBIT, 5))
    assert flow.share() == 1
    assert max(flow.delays) == pytest.approx(0.03 + 1200 * 8 / (10 * MBIT))


def test_jitter_is_as_large_as_said() -> None:
    overtaking = Flow(Traits(delay=0.1, jitter=0.02, reorder=True), even(MBIT, 100))
    assert mean(overtaking.delays) == pytest.approx(0.12, abs=0.001)
    in_order = Flow(Traits(delay=0.1, jitter=0.02), even(MBIT, 100))
    assert mean(in_order.delays) > 0.12, "whoever must not overtake waits"


def test_an_outage_takes_what_leaves_in_it_and_nothing_else() -> None:
    traits = Traits(capacity=steady(MBIT), outages=((2, 3), (5, 5.5)), delay=0.2)
    flow = Flow(traits, even(MBIT / 2, 8))
    out = [flow.sent[n][0] for n, fate in flow.fates.items() if fate == OUTAGE]
    assert all(1.98 <= at < 3 or 4.98 <= at < 5.5 for at in out)
    assert flow.share(OUTAGE) == pytest.approx(1.5 / 8, abs=0.01)
    assert flow.share() + flow.share(OUTAGE) == 1


def test_an_outage_does_not_change_who_is_lost_after_it() -> None:
    packets = even(MBIT, 10)
    without = Flow(Traits(loss=Loss(0.1, 3)), packets)
    with_it = Flow(Traits(loss=Loss(0.1, 3), outages=((2, 4),)), packets)
    after = [number for number, (at, _) in enumerate(packets) if at >= 4]
    assert [without.fates[n] for n in after] == [with_it.fates[n] for n in after]
    assert LOSS in without.fates.values()


# ── CoDel ──


@pytest.mark.parametrize("seed", range(20))
def test_codel_keeps_the_wait_near_its_target(seed: int) -> None:
    """Of a sender who answers drops as TCP does; drop-tail lets him fill the whole queue."""
    voice = even(50_000, 30, size=160)
    target = Codel(target=0.015)

    def waits(codel: Codel | None) -> list[float]:
        queue = Queue(bytes=125_000, codel=codel)
        traits = Traits(capacity=steady(2 * MBIT), queue=queue, rival=Greedy(rtt=0.05))
        flow = Flow(traits, voice, seed)
        return sorted(flow.waited[n] for n, (at, _) in enumerate(voice) if at > 5)

    controlled, full = waits(target), waits(None)
    assert controlled[len(controlled) // 2] < 0.02
    assert controlled[len(controlled) * 95 // 100] < 0.1
    assert full[len(full) // 2] > 0.25


def test_codel_lets_a_burst_through() -> None:
    """What has gone within an interval is a good queue (RFC 8289 §3)."""
    traits = Traits(capacity=steady(MBIT), queue=Queue(bytes=100_000, codel=Codel()))
    flow = Flow(traits, [(second, 1000) for second in range(5) for _ in range(10)])
    assert flow.share() == 1
    assert max(flow.waited.values()) > 0.05


def test_codel_drops_nothing_while_no_more_than_a_packet_waits() -> None:
    """On a slow line each waits for longer than the target, and there is nothing to be gained."""
    slow = Traits(capacity=steady(100_000), queue=Queue(bytes=100_000, codel=Codel()))
    flow = Flow(slow, [(0.0, 1200), *even(100_000, 20)])
    assert min(list(flow.waited.values())[10:]) > Codel().target
    assert flow.share() == 1


def test_codel_drops_ever_faster_who_does_not_yield() -> None:
    """The gaps between drops shrink with the square root of their number (RFC 8289 §4.2)."""
    traits = Traits(capacity=steady(MBIT), queue=Queue(bytes=10**9, codel=Codel()))
    drops: list[float] = []

    def watch(fate: str, came: float, waited: float, at: float, *_: object) -> None:
        if fate == CODEL:
            drops.append(at)

    direction = Direction(traits, 1, watch)
    for at, size in even(2 * MBIT, 20):
        direction.push(at, size)
    assert drops[0] == pytest.approx(0.1, abs=0.05)
    gaps = [later - earlier for earlier, later in pairwise(drops)]
    for number in (1, 5, 20, 60):
        assert gaps[number] == pytest.approx(0.1 / (number + 1) ** 0.5, abs=0.012)


# ── a rival ──


@pytest.mark.parametrize("seed", range(5))
def test_a_rival_fills_the_queue_and_leaves_little(seed: int) -> None:
    traits = Traits(capacity=steady(MBIT), queue=Queue(seconds=1.0), rival=Greedy(rtt=0.03))
    voice = even(40_000, 40, size=160)
    flow = Flow(traits, voice, seed)
    late = sorted(flow.waited[n] for n, (at, _) in enumerate(voice) if at > 10)
    assert late[len(late) // 2] > 0.5
    assert flow.share() > 0.9


def test_a_window_halves_once_for_what_is_lost_together() -> None:
    """What was under way when the first loss was noticed is one event; the next loss is another."""
    window = Window(100)
    for _ in range(30):
        window.hear(True, under_way=9)
    assert window.segments == 40
    for under_way in (39, 38, 37):
        window.hear(False, under_way)
    assert window.segments == 20
    for _ in range(37):
        window.hear(True, under_way=19)
    assert 21 < window.segments < 22
    window.hear(False, under_way=19)
    assert 10.5 < window.segments < 11


def test_a_rival_keeps_the_line_busy() -> None:
    """Also with a queue of one round trip only."""
    traits = Traits(capacity=steady(5 * MBIT), queue=Queue(seconds=0.05), rival=Greedy(rtt=0.05))
    voice = even(200_000, 60, size=500)
    flow = Flow(traits, voice)
    busy = [flow.waited[n] > 0 for n, (at, _) in enumerate(voice) if at > 10]
    assert mean(busy) > 0.9


def test_a_rival_begins_and_ends() -> None:
    traits = Traits(
        capacity=steady(MBIT), queue=Queue(seconds=0.5), rival=Greedy(rtt=0.03, begin=5, end=10)
    )
    voice = even(40_000, 20, size=160)
    flow = Flow(traits, voice)

    def longest(begin: float, end: float) -> float:
        return max(flow.waited[n] for n, (at, _) in enumerate(voice) if begin <= at < end)

    assert longest(0, 5) == 0
    assert longest(5, 10) > 0.3
    assert longest(11, 20) == 0


# ── a line ──


def test_both_directions_have_dice_of_their_own() -> None:
    lossy = Traits(loss=Loss(0.5))
    line = Line(Preset("lossy", "", lossy, lossy), seed=1)
    for number in range(100):
        line.up.push(0, 100, number)
        line.down.push(0, 100, number)
    assert line.next == 0
    assert line.up.pop(0) != line.down.pop(0)


def test_of_one_direction_only_nothing_is_felt_in_the_other() -> None:
    preset = Preset("lossy", "", Traits(delay=1), Traits(delay=2))
    assert preset.only("up") == Preset("lossy", "", Traits(delay=1), PLAIN)
    assert preset.only("down") == Preset("lossy", "", PLAIN, Traits(delay=2))
    with pytest.raises(ValueError, match="direction"):
        preset.only("sideways")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Queue(),
        lambda: Queue(bytes=1, seconds=1),
        lambda: Queue(bytes=0),
        lambda: Traits(delay=-1),
        lambda: Traits(rival=Greedy(0.1)),
        lambda: Traits(outages=((3, 2),)),
        lambda: Traits(outages=((3, 5), (4, 6))),
    ],
)
def test_traits_that_cannot_be_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"queue|delay|rival|outages"):
        wrong()  # type: ignore[operator]
