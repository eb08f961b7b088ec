from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

from sfu.kernel.cluster cimport cluster_begin, cluster_due, cluster_result, cluster_sent, cluster_take
from sfu.kernel.losses cimport losses_add, losses_excess, losses_forget
from sfu.kernel.sent cimport SENT, sent_add, sent_told, told_feedback
from sfu.kernel.throughput cimport throughput_add, throughput_over
from sfu.kernel.trend cimport trend_add, trend_forget, trend_open

cdef enum:
    LEAST = 30000
    MOST = 20000000
    # Spans over which arrivals are counted: to fall to, and to rise from
    RECENT = 300000
    LATELY = 700000
    # A wait that is no chance, and one that is none any more
    LONG_WAIT = 80000
    SHORT_WAIT = 30000
    WAITS_FOR = 250000
    # Steps down for a long wait that did not shorten it: it is somebody else who fills the queue
    VAIN = 5
    VAIN_FOR = 5000000
    # What is waited after a step down before the next, beside the round trip of an empty line
    SETTLES = 120000
    # Per 1024: excess of loss that says by itself that the line is full, and with a queue
    LOSS_MUCH = 256
    LOSS_ALONE = 82
    LOSS_WITH_WAIT = 51
    # Without feedback for so long, and with so many packets out, the line is away
    STALLED_AFTER = 600000
    STALLED_PACKETS = 6
    STALLED_PACE = 150000
    FRESH = 2000000
    # Between two probes, after one that brought nothing, at the most, and after a full line
    PROBE_SOON = 150000
    PROBE_WAIT = 1000000
    PROBE_WAIT_MOST = 4000000
    PROBE_AFTER_FULL = 1500000
    # The answer to a probe takes the round trip and this
    PROBE_ANSWER = 150000

cdef double DECREASE = 0.85
# Per second, far from what is known to be the line's end
cdef double INCREASE = 0.08
# The same where no probe goes before
cdef double UNTRIED = 0.25
cdef double PACKET_BITS = 9600.0


cdef void estimator_open(estimator* c, int64_t now, uint64_t start) noexcept nogil:
    memset(c, 0, sizeof(estimator))
    trend_open(&c.trend)
    c.target = start
    c.opened_at = c.raised_at = now
    c.cluster.wait = PROBE_WAIT


cdef uint16_t estimator_sent(estimator* c, int64_t now, uint32_t size) noexcept nogil:
    cdef uint16_t cluster = c.cluster.number if c.cluster.sending else 0
    if cluster:
        cluster_sent(&c.cluster, <uint16_t>min(size, <uint32_t>0xFFFF))
    if c.untold == 0:
        c.untold_since = now
    c.untold += 1
    return sent_add(&c.history, now, size, cluster)


# ── down ──


cdef void note_capacity(estimator* c, double rate) noexcept nogil:
    cdef double off
    if c.capacity == 0:
        c.capacity = rate
        c.deviation = 0.1 * rate
        return
    off = rate - c.capacity
    if off * off > 9 * c.deviation * c.deviation:
        # Another line than it was.
        c.capacity = rate
        c.deviation = 0.1 * rate
        return
    c.capacity += 0.1 * off
    c.deviation = max(0.02 * c.capacity, sqrt(0.9 * c.deviation * c.deviation + 0.1 * off * off))


cdef int64_t settles(const estimator* c) noexcept nogil:
    """How long a step down takes to show. Where much less arrives than is sent there is no need to wait:
    that is what the line bears."""
    if throughput_over(&c.throughput, RECENT) * 2 < c.target:
        return SETTLES
    return max(<int64_t>0, c.rtt - c.wait) + SETTLES


cdef void lower_to(estimator* c, int64_t now, double target) noexcept nogil:
    c.target = max(<uint64_t>LEAST, min(c.target, <uint64_t>target))
    c.lowered_at = c.raised_at = now
    c.cluster.sending = False
    c.cluster.rate = 0
    c.cluster.next = max(c.cluster.next, now + PROBE_AFTER_FULL)


cdef uint64_t arrived_over(const estimator* c, int64_t span) noexcept nogil:
    """No faster than it left: what was held up comes all at once, and a peer's clock may be slow."""
    return min(throughput_over(&c.throughput, span), throughput_over(&c.departed, span))


cdef void lower(estimator* c, int64_t now, double factor) noexcept nogil:
    cdef double arrived = throughput_over(&c.throughput, RECENT)
    note_capacity(c, arrived)
    # Where next to nothing arrives the line stands still, and that may soon be over.
    lower_to(c, now, factor * arrived if arrived * 8 > c.target else c.target / 2.0)


cdef void lower_by_loss(estimator* c, int64_t now) noexcept nogil:
    cdef int32_t excess = losses_excess(&c.losses)
    if excess > LOSS_MUCH:
        lower(c, now, 0.95)
    elif excess > (LOSS_WITH_WAIT if c.wait > SHORT_WAIT else LOSS_ALONE):
        # Less than half of what there is may be in use: what arrives says little.
        lower_to(c, now, c.target * (1 - excess / 2048.0))


cdef inline bint is_vain(const estimator* c) noexcept nogil:
    return c.vain >= VAIN


cdef bint waits_long(estimator* c, int64_t now) noexcept nogil:
    if c.wait < LONG_WAIT:
        c.waits_since = now
    if c.wait < SHORT_WAIT:
        c.vain = 0
    elif is_vain(c) and now - c.lowered_at > VAIN_FOR:
        # Perhaps the others are gone and it is ours by now.
        c.vain = VAIN - 2
        c.vain_from = c.target
    return now - c.waits_since > WAITS_FOR


cdef void note_vain(estimator* c, int64_t now) noexcept nogil:
    """A step down because packets wait long: has the one before helped, once it could?"""
    if now - c.vain_at < c.rtt + SETTLES:
        return
    c.vain_at = now
    if c.wait * 10 < c.wait_before * 8:
        c.vain = 0
    c.vain += 1
    c.wait_before = c.wait
    if c.vain == 1:
        c.vain_from = c.target


# ── up ──


cdef bint is_near(const estimator* c) noexcept nogil:
    cdef double off = c.target - c.capacity
    return c.capacity > 0 and -3 * c.deviation - 0.1 * c.capacity < off < 3 * c.deviation


cdef uint64_t most(const estimator* c) noexcept nogil:
    """No more packets may be under way than are remembered: a wide line through space."""
    return min(<uint64_t>MOST, <uint64_t>(SENT * 5 // 8 * PACKET_BITS * 1e6 / (c.rtt + 100000)))


cdef void rise(estimator* c, int64_t now) noexcept nogil:
    cdef double passed = min(now - c.raised_at, 1000000) / 1e6
    cdef double more
    c.raised_at = now
    if (c.wait > SHORT_WAIT and not is_vain(c)) or c.trend.underusing:
        return
    if c.capacity and c.target > c.capacity + 3 * c.deviation:
        c.capacity = 0
    if is_vain(c):
        more = max(INCREASE * c.target * passed, PACKET_BITS * passed * 1e6 / (c.rtt + 100000))
    elif is_near(c):
        more = PACKET_BITS * passed * 1e6 / (c.rtt + 100000)
    else:
        more = (UNTRIED if c.untried > c.target else INCREASE) * c.target * passed
    # What is not in use proves nothing.
    if c.target + more <= max(1.5 * c.acked + 10000, 1.125 * c.untried):
        c.target = max(c.target, min(most(c), <uint64_t>(c.target + more)))


cdef void judge_probe(estimator* c, int64_t now) noexcept nogil:
    cdef uint64_t result
    if c.cluster.rate == 0 or c.cluster.sending or now - c.cluster.began < c.rtt + PROBE_ANSWER:
        return
    result = cluster_result(&c.cluster)
    if result > c.target and not c.overusing:
        c.target = min(result, c.cluster.rate)
        c.cluster.failed = 0
        c.cluster.wait = PROBE_WAIT
        c.cluster.next = now + (PROBE_SOON if result * 4 > c.cluster.rate * 3 else 2 * PROBE_WAIT)
        if c.target > c.capacity:
            c.capacity = 0
    else:
        # What is in use already was borne before: jitter has hidden what the probe would have shown.
        c.cluster.failed += result * 8 < c.target * 7
        c.cluster.next = now + c.cluster.wait
        c.cluster.wait = min(2 * c.cluster.wait, <int64_t>PROBE_WAIT_MOST)
    c.cluster.rate = 0


cdef uint64_t probe_rate(const estimator* c, int64_t now, uint64_t wanted) noexcept nogil:
    """A probe that is little above the target shows nothing: its packets are few. The first steps are long,
    because nothing is known yet."""
    cdef bint fresh = c.feedback_at == 0 or now - c.opened_at < FRESH
    return min(most(c), min(max(wanted * 9 // 8, c.target * 5 // 4), c.target * (3 if fresh else 2)))


cdef int64_t estimator_probe(estimator* c, int64_t now, uint64_t wanted) noexcept nogil:
    if c.stalled:
        return -1
    if not c.cluster.sending:
        if c.cluster.rate or wanted <= c.target or now < c.cluster.next or c.overusing or c.wait > SHORT_WAIT:
            return -1
        cluster_begin(&c.cluster, now, probe_rate(c, now, wanted))
    return cluster_due(&c.cluster, now)


# ── what is told ──


cdef void note_arrivals(estimator* c, int64_t now, const told_feedback* told) noexcept nogil:
    cdef int32_t i
    cdef int64_t newest = 0
    c.wait = c.trend.queue
    for i in range(told.count):
        trend_add(&c.trend, &told.arrivals[i])
        throughput_add(&c.throughput, told.arrivals[i].arrived, told.arrivals[i].size)
        throughput_add(&c.departed, told.arrivals[i].sent, told.arrivals[i].size)
        cluster_take(&c.cluster, &told.arrivals[i])
        newest = max(newest, told.arrivals[i].sent)
        c.wait = c.trend.queue if i == 0 else min(c.wait, c.trend.queue)
    if newest:
        c.rtt += (max(<int64_t>0, now - newest) - c.rtt) // (8 if c.rtt else 1)
    c.acked = arrived_over(c, LATELY)


cdef void resume(estimator* c, int64_t now) noexcept nogil:
    """The line is back: what was lost meanwhile says nothing, and it may bear less."""
    c.stalled = False
    c.target = max(<uint64_t>LEAST, c.target * 3 // 4)
    losses_forget(&c.losses, now)
    trend_forget(&c.trend)


cdef bint estimator_feedback(estimator* c, int64_t now, const uint8_t* body, size_t length) noexcept nogil:
    cdef told_feedback told
    cdef bint long_wait
    if not sent_told(&c.history, now, body, length, &told):
        return False
    c.feedback_at = now
    c.untold = 0
    note_arrivals(c, now, &told)
    if c.stalled:
        resume(c, now)
    elif losses_add(&c.losses, now, told.lost, told.expected, c.wait > SHORT_WAIT):
        lower_by_loss(c, now)
    long_wait = waits_long(c, now)
    c.overusing = not is_vain(c) and (long_wait or (c.trend.overusing and c.wait > 10000))
    if not c.overusing:
        rise(c, now)
    elif now - c.lowered_at > settles(c):
        if long_wait:
            note_vain(c, now)
        lower(c, now, DECREASE)
        if is_vain(c):
            # It is of no use to give way to who takes all.
            c.target = max(c.target, c.vain_from * 7 // 10)
    judge_probe(c, now)
    return True


cdef void estimator_remb(estimator* c, int64_t now, uint64_t bitrate, uint64_t sent) noexcept nogil:
    c.feedback_at = now
    c.acked = min(sent, bitrate)
    if bitrate < sent:
        # It follows from how little was sent before, perhaps: not all of it is believed at once.
        c.target = max(<uint64_t>LEAST, max(bitrate, sent // 2))
    elif bitrate * 5 > sent * 6:
        # His browser allows itself at most half as much again as arrives: there may be more.
        c.target = max(c.target, min(<uint64_t>MOST, 2 * bitrate))


cdef void estimator_slept(estimator* c, int64_t now) noexcept nogil:
    # Feedback has a whole time to come, and a wait another to prove long.
    c.untold_since = c.waits_since = now


cdef void estimator_tick(estimator* c, int64_t now) noexcept nogil:
    # The feedback that told of a probe may be the last for a while.
    judge_probe(c, now)
    if c.feedback_at == 0 or c.stalled or now - max(c.untold_since, c.feedback_at) <= STALLED_AFTER + 2 * c.rtt:
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
        return estimator_probe(&self.c, now, wanted)

    @property
    def pace(self):
        return estimator_pace(&self.c)

    @property
    def state(self):
        return {
            "target": self.c.target, "acked": self.c.acked, "rtt": self.c.rtt, "wait": self.c.wait,
            "overusing": bool(self.c.overusing), "stalled": bool(self.c.stalled),
            "in_flight": self.c.history.in_flight, "lost": self.c.losses.now}
