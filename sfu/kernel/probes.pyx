from libc.stdint cimport int64_t, uint64_t

from sfu.kernel.cluster cimport cluster_begin, cluster_due, cluster_result
from sfu.kernel.estimate cimport PROVEN_FALLS, SHORT_WAIT
from sfu.kernel.rising cimport rising_most

cdef enum:
    FRESH = 2000000
    # Between two probes, and after ones that brought nothing, at the most
    PROBE_SOON = 150000
    PROBE_WAIT_MOST = 4000000
    # The answer to a probe takes the round trip and this; the most where feedback comes seldom, or gets lost
    PROBE_ANSWER = 150000
    PROBE_ANSWER_MOST = 600000
    # Below that, the packets that a probe must have take as long as the longest
    SLOW = 500000
    # From there on long probes have room beside the middle layer at its richest
    WIDE = 1500000


cdef void note_proven(estimator* c, uint64_t result) noexcept nogil:
    """The target grows by itself beyond what was tried; of this each probe that filled the line tells."""
    if result * 10 < c.cluster.rate * 9 and result < c.proven:
        c.proven -= (c.proven - result) // PROVEN_FALLS
    else:
        c.proven = max(c.proven, result)


cdef bint is_full(const estimator* c) noexcept nogil:
    """Much of what the line was seen to bear is in use: a longer probe would fill it, and show the same."""
    return SLOW < c.proven < min(2 * c.acked, c.target) and c.proven < WIDE


cdef bint is_answered(const estimator* c, int64_t now) noexcept nogil:
    cdef int64_t passed = now - c.cluster.began - c.rtt
    return passed >= (PROBE_ANSWER if c.told_until >= c.cluster.last else PROBE_ANSWER_MOST)


cdef void probes_judge(estimator* c, int64_t now) noexcept nogil:
    cdef uint64_t result
    if c.cluster.rate == 0 or c.cluster.sending or not is_answered(c, now):
        return
    result = cluster_result(&c.cluster)
    if result:
        note_proven(c, result)
    if result > c.target and not c.overusing:
        c.target = min(result, c.cluster.rate)
        c.cluster.failed = 0
        c.cluster.wait = PROBE_WAIT
        c.cluster.next = now + (PROBE_SOON if result * 4 > c.cluster.rate * 3 else 2 * PROBE_WAIT)
        if c.target > c.capacity:
            c.capacity = 0
    else:
        if is_full(c) and result * 8 >= c.proven * 7:
            c.cluster.failed = 0
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
    return min(rising_most(c), min(max(wanted * 17 // 16, c.target * 5 // 4), c.target * (3 if fresh else 2)))


cdef int64_t probes_due(estimator* c, int64_t now, uint64_t wanted) noexcept nogil:
    if c.stalled:
        return -1
    if not c.cluster.sending:
        if c.cluster.rate or wanted <= c.target or now < c.cluster.next or c.overusing or c.wait > SHORT_WAIT:
            return -1
        cluster_begin(&c.cluster, now, probe_rate(c, now, wanted))
    return cluster_due(&c.cluster, now)
