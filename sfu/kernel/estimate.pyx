from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

from sfu.kernel.cluster cimport cluster_sent, cluster_take
from sfu.kernel.losses cimport losses_add, losses_excess, losses_forget
from sfu.kernel.lowering cimport is_vain, lowering_by_delay, lowering_by_loss, lowering_drains, lowering_waits_long
from sfu.kernel.probes cimport PROBE_WAIT, probes_due, probes_judge
from sfu.kernel.rising cimport rising
from sfu.kernel.sent cimport sent_add, sent_told, told_feedback
from sfu.kernel.throughput cimport throughput_add, throughput_over
from sfu.kernel.trend cimport trend_add, trend_forget, trend_open

cdef enum:
    # Span over which arrivals are counted to rise from
    LATELY = 700000
    # Without feedback for so long, and half as long again as it takes to come, and with so many packets out, the line is away
    STALLED_AFTER = 600000
    TOLD_SELDOM = 1500000
    STALLED_PACKETS = 6
    STALLED_PACE = 150000
    # A wait that is longer by so much from one feedback to the next may be a stall's
    LEAPS = 40000
    # For so long after a move loss says nothing of the way that is used now, and that may be as long
    MOVES = 1000000
    LONG_WAY = 500000


# Bits, times a million: µs on a line of so many bit/s
cdef int64_t TWO_PACKETS = 19200000000


cdef void estimator_open(estimator* c, int64_t now, uint64_t start) noexcept nogil:
    memset(c, 0, sizeof(estimator))
    trend_open(&c.trend)
    c.target = start
    c.opened_at = c.raised_at = now
    c.cluster.wait = PROBE_WAIT


cdef uint16_t estimator_sent(estimator* c, int64_t now, uint32_t size) noexcept nogil:
    cdef uint16_t cluster = c.cluster.number if c.cluster.sending else 0
    if cluster:
        cluster_sent(&c.cluster, now, <uint16_t>min(size, <uint32_t>0xFFFF))
    if c.untold == 0:
        c.untold_since = now
    c.untold += 1
    return sent_add(&c.history, now, size, cluster)


cdef uint64_t arrived_over(const estimator* c, int64_t span) noexcept nogil:
    """No faster than it left: what was held up comes all at once, and a peer's clock may be slow."""
    return min(throughput_over(&c.throughput, span), throughput_over(&c.departed, span))


cdef void note_draining(estimator* c, int64_t before, int64_t first, int64_t last) noexcept nogil:
    """Where the line stood still for a moment, all that waited comes at once: each packet has waited less than
    the one before, which behind a full line none does. Whether it is so the next feedback says."""
    # On a narrow line a packet is no stall.
    cdef int64_t packets = TWO_PACKETS // <int64_t>c.target
    c.leapt = not c.leapt and c.wait > before + max(<int64_t>LEAPS, packets)
    c.drains = c.leapt or (first > packets and last * 4 < first * 3)


cdef void note_arrivals(estimator* c, int64_t now, const told_feedback* told) noexcept nogil:
    cdef int32_t i
    cdef int64_t newest = 0, before = c.wait, first = 0
    c.wait = c.trend.queue
    for i in range(told.count):
        if told.arrivals[i].sent <= c.moved_at:
            continue
        trend_add(&c.trend, &told.arrivals[i])
        throughput_add(&c.throughput, told.arrivals[i].arrived, told.arrivals[i].size)
        throughput_add(&c.departed, told.arrivals[i].sent, told.arrivals[i].size)
        cluster_take(&c.cluster, &told.arrivals[i])
        newest = max(newest, told.arrivals[i].sent)
        if i == 0:
            c.wait = first = c.trend.queue
        c.wait = min(c.wait, c.trend.queue)
    if told.count:
        note_draining(c, before, first, c.trend.queue)
    c.told_until = max(c.told_until, newest)
    if newest:
        c.rtt += (max(<int64_t>0, now - newest) - c.rtt) // (8 if c.rtt else 1)
    c.acked = arrived_over(c, LATELY)
    # As of a probe: what arrived after a wait came at all that there is.
    if c.proven:
        c.proven = max(c.proven, c.acked * 15 // 16)


cdef inline int64_t untold_for(const estimator* c, int64_t now) noexcept nogil:
    return now - max(c.untold_since, c.feedback_at)


cdef void note_interval(estimator* c, int64_t now) noexcept nogil:
    """An outage counts as well, until feedback has come as usual for a while."""
    c.told_every = max(c.told_every - c.told_every // 8, min(untold_for(c, now), <int64_t>TOLD_SELDOM) if c.untold else 0)


cdef void resume(estimator* c, int64_t now) noexcept nogil:
    """The line is back: what was lost meanwhile says nothing, and it may bear less."""
    c.stalled = False
    c.resumed_at = now
    c.target = max(<uint64_t>LEAST, c.target * 3 // 4)
    c.cluster.next = now
    c.cluster.wait = PROBE_WAIT
    losses_forget(&c.losses, now)
    trend_forget(&c.trend)


cdef bint estimator_feedback(estimator* c, int64_t now, const uint8_t* body, size_t length) noexcept nogil:
    cdef told_feedback told
    cdef bint long_wait
    if not sent_told(&c.history, now, body, length, &told):
        return False
    note_interval(c, now)
    c.feedback_at = now
    c.untold = 0
    note_arrivals(c, now, &told)
    if c.stalled:
        resume(c, now)
    elif now - c.moved_at < MOVES or lowering_drains(c, now):
        # What had left for the other way, or before less did, may never have arrived.
        losses_forget(&c.losses, now)
    elif losses_add(&c.losses, now, told.lost, told.expected, c.wait > SHORT_WAIT):
        lowering_by_loss(c, now, losses_excess(&c.losses))
    long_wait = lowering_waits_long(c, now)
    c.overusing = not is_vain(c) and (long_wait or (c.trend.overusing and c.wait > 10000 and not c.drains))
    if c.overusing:
        lowering_by_delay(c, now, long_wait)
    else:
        rising(c, now)
    probes_judge(c, now)
    return True


cdef void estimator_remb(estimator* c, int64_t now, uint64_t bitrate, uint64_t sent) noexcept nogil:
    c.feedback_at = now
    c.acked = min(sent, bitrate)
    c.reported.remb = bitrate
    if bitrate < sent:
        # It follows from how little was sent before, perhaps: not all of it is believed at once.
        c.target = max(<uint64_t>LEAST, min(c.target, max(bitrate, sent // 2)))
    elif bitrate * 5 > sent * 6:
        # His browser allows itself at most half as much again as arrives: there may be more.
        c.target = max(c.target, min(<uint64_t>MOST, 2 * bitrate))


cdef void estimator_moved(estimator* c, int64_t now) noexcept nogil:
    c.moved_at = c.resumed_at = c.waits_since = now
    c.wait = c.rtt = 0
    c.vain = 0
    c.capacity = 0
    c.proven = 0
    c.losses.now = c.losses.before = 0
    c.cluster.next = now
    c.cluster.wait = PROBE_WAIT
    c.reported.least = c.reported.before = c.reported.wait = 0
    c.reported.tried = False
    c.reported.proven = c.reported.remb = 0
    trend_open(&c.trend)


cdef void estimator_slept(estimator* c, int64_t now) noexcept nogil:
    # Feedback has a whole time to come, and a wait another to prove long.
    c.untold_since = c.waits_since = now


cdef void estimator_tick(estimator* c, int64_t now) noexcept nogil:
    cdef int64_t usual = max(<int64_t>STALLED_AFTER, c.told_every * 3 // 2)
    # The feedback that told of a probe may be the last for a while.
    probes_judge(c, now)
    if c.feedback_at == 0 or c.stalled or untold_for(c, now) <= usual + 2 * (c.rtt if c.rtt else LONG_WAY):
        return
    if c.untold > STALLED_PACKETS:
        c.stalled = True
        c.cluster.sending = False
        c.cluster.rate = 0
        return
    # Next to nothing is sent that could be told of: what waited has long left the queue.
    c.wait = 0
    c.waits_since = now
    c.overusing = False


cdef uint64_t estimator_pace(const estimator* c) noexcept nogil:
    if c.stalled:
        return STALLED_PACE
    if c.cluster.sending:
        return max(c.cluster.rate, c.target)
    # What waits on the way drains first.
    if c.wait > LONG_WAIT:
        return c.target * 3 // 4
    return c.target * 9 // 8


cdef class Estimator:
    """One estimator by itself, for the tests."""

    cdef estimator c

    def __init__(self, int64_t now, start=300_000):
        estimator_open(&self.c, now, start)

    def sent(self, int64_t now, int size):
        return estimator_sent(&self.c, now, size)

    def feedback(self, int64_t now, bytes body):
        return bool(estimator_feedback(&self.c, now, body, len(body)))

    def remb(self, int64_t now, bitrate, sent):
        estimator_remb(&self.c, now, bitrate, sent)

    def tick(self, int64_t now):
        estimator_tick(&self.c, now)

    def probe(self, int64_t now, wanted):
        return probes_due(&self.c, now, wanted)

    @property
    def pace(self):
        return estimator_pace(&self.c)

    @property
    def state(self):
        return {
            "target": self.c.target, "acked": self.c.acked, "rtt": self.c.rtt, "wait": self.c.wait,
            "overusing": bool(self.c.overusing), "stalled": bool(self.c.stalled),
            "in_flight": self.c.history.in_flight, "lost": self.c.losses.now}
