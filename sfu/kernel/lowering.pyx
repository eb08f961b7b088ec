from libc.math cimport sqrt
from libc.stdint cimport int32_t, int64_t, uint64_t

from sfu.kernel.estimate cimport LEAST, LONG_WAIT, PROVEN_FALLS, SHORT_WAIT
from sfu.kernel.losses cimport losses_forget
from sfu.kernel.throughput cimport throughput_over

cdef enum:
    # Span over which arrivals are counted to fall to
    RECENT = 300000
    WAITS_FOR = 250000
    # Steps down for a long wait that did not shorten it: it is somebody else who fills the queue
    VAIN = 5
    VAIN_FOR = 5000000
    # What is waited after a step down before the next, beside the round trip of an empty line
    SETTLES = 120000
    # After a step down for what was missed a full queue drains, and of what arrives most has no number (µs)
    DRAINS = 800000
    # Per 1024: excess of loss that says by itself that the line is full, and with a queue
    LOSS_MUCH = 256
    LOSS_ALONE = 82
    LOSS_WITH_WAIT = 51
    # Until a probe after a full line
    PROBE_AFTER_FULL = 1500000

cdef double DECREASE = 0.85


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


cdef inline double arrived(const estimator* c) noexcept nogil:
    return c.acked if c.reported.at else throughput_over(&c.throughput, RECENT)


cdef int64_t settles(const estimator* c) noexcept nogil:
    """How long a step down takes to show. Where much less arrives than is sent there is no need to wait:
    that is what the line bears."""
    if arrived(c) * 2 < c.target:
        return SETTLES
    return max(<int64_t>0, c.rtt - c.wait) + SETTLES


cdef void lowering_to(estimator* c, int64_t now, double target) noexcept nogil:
    if target * 2 < c.target:
        # What left before was far more than the line bears, and would get lost now in the eyes of who counts.
        c.history.settled = c.history.last
        losses_forget(&c.losses, now)
    c.target = max(<uint64_t>LEAST, min(c.target, <uint64_t>target))
    c.lowered_at = c.raised_at = now
    c.cluster.sending = False
    c.cluster.rate = 0
    c.cluster.next = max(c.cluster.next, now + PROBE_AFTER_FULL)


cdef void lower(estimator* c, int64_t now, double factor) noexcept nogil:
    cdef double rate = arrived(c)
    note_capacity(c, rate)
    if rate < c.proven:
        c.proven -= (c.proven - <uint64_t>rate) // PROVEN_FALLS
    # Where next to nothing arrives the line stands still, and that may soon be over.
    lowering_to(c, now, factor * rate if rate * 8 > c.target else c.target / 2.0)


cdef bint lowering_by_loss(estimator* c, int64_t now, int32_t excess) noexcept nogil:
    if excess > LOSS_MUCH:
        lower(c, now, 0.95)
    elif excess > (LOSS_WITH_WAIT if c.wait > SHORT_WAIT else LOSS_ALONE):
        # Less than half of what there is may be in use: what arrives says little.
        lowering_to(c, now, c.target * (1 - excess / 2048.0))
    else:
        return False
    return True


cdef bint is_vain(const estimator* c) noexcept nogil:
    return c.vain >= VAIN


cdef bint lowering_waits_long(estimator* c, int64_t now) noexcept nogil:
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


cdef bint lowering_drains(const estimator* c, int64_t now) noexcept nogil:
    return c.narrowed_at != 0 and now - c.narrowed_at < DRAINS


cdef void lowering_by_misses(estimator* c, int64_t now, double arrives) noexcept nogil:
    c.narrowed_at = now
    lowering_to(c, now, DECREASE * arrives)


cdef void lowering_by_delay(estimator* c, int64_t now, bint long_wait) noexcept nogil:
    if now - c.lowered_at <= settles(c) or lowering_drains(c, now):
        return
    if long_wait:
        note_vain(c, now)
    lower(c, now, DECREASE)
    if is_vain(c):
        # It is of no use to give way to who takes all.
        c.target = max(c.target, c.vain_from * 7 // 10)
