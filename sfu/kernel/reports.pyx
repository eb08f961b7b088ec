from libc.stdint cimport int32_t, int64_t, uint64_t

from sfu.kernel.estimate cimport MOST, SHORT_WAIT, reported
from sfu.kernel.losses cimport losses_above_nature, losses_add, losses_excess, losses_forget, losses_nature
from sfu.kernel.lowering cimport is_vain, lowering_by_delay, lowering_by_loss, lowering_to, lowering_waits_long
from sfu.kernel.rising cimport rising_step

cdef enum:
    # Reports come every second, of some stacks every five
    HOLDS = 12000000
    LONGEST_RISE = 2000000
    # In more time a burst would be lost in the mean
    LONG_REPORT = 2000000
    # The shortest round trip is that of the last one to two spans: a way may become a longer one
    SPAN = 15000000
    # What round trips differ by though nothing waits, and a wait that one report proves
    JITTER = 30000
    SURELY = 250000
    # Lost per 1024 beyond what is always lost: with less the target rises
    RISES_BELOW = 20
    LOST_BY_TRYING = 82
    # The same that leaves no doubt: what arrives is all that the line bears
    LOST_MUCH = 128
    # Lost per 256: what costs pictures where nothing is repaired
    COSTS_PICTURES = 5
    # Bits per second that are not given up for it: a small picture and speech
    UNREPAIRED_LEAST = 300000
    # Missed of so many, per 1024 beyond what is always lost, so that no report is waited for: after a step up or at
    # the beginning, and else, where it may be a burst; bits per second that are believed then where none has come
    SENT_TRYING = 40
    MISSED_TRYING = 205
    SENT_ENOUGH = 100
    MISSED_MUCH = 256
    UNTOLD = 240000


cdef int64_t waited(reported* r, int64_t now, int64_t rtt) noexcept nogil:
    """µs above the shortest round trip."""
    if r.least == 0 or now - r.since > SPAN:
        r.before = r.least if r.least and now - r.since < 2 * SPAN else rtt
        r.least = rtt
        r.since = now
    r.least = min(r.least, rtt)
    return max(<int64_t>0, rtt - min(r.least, r.before) - JITTER)


cdef void note(estimator* c, int64_t now, int32_t loss, int64_t rtt, uint64_t sent) noexcept nogil:
    cdef int64_t wait = waited(&c.reported, now, rtt) if rtt else 0
    cdef int64_t passed = now - c.reported.at if c.reported.at else 1000000
    # A queue that grows takes what does not arrive; one that shrinks gives it back.
    cdef double share = 1 - (wait - c.reported.wait) / <double>max(passed, <int64_t>1000000)
    c.acked = <uint64_t>(sent * (256 - loss) / 256.0 * max(0.1, min(1.5, share)))
    # One round trip of many may be longer by chance.
    c.wait = wait if wait > SURELY else min(wait, c.reported.wait)
    if rtt:
        c.rtt = rtt
    c.reported.wait = wait
    c.reported.at = c.feedback_at = now


cdef void give_up_for_pictures(estimator* c, int64_t now) noexcept nogil:
    """Each loss costs all pictures until the next keyframe: of fewer packets fewer get lost."""
    c.reported.tried = True
    c.target = max(min(c.target, <uint64_t>UNREPAIRED_LEAST), c.target * 3 // 4)
    c.raised_at = now


cdef void rise(estimator* c, int64_t now) noexcept nogil:
    cdef double passed = min(now - c.raised_at, <int64_t>LONGEST_RISE) / 1e6, more
    # What is not in use proves nothing.
    cdef double most = max(1.5 * c.acked + 10000, 1.125 * c.untried)
    c.raised_at = now
    if c.wait > SHORT_WAIT and not is_vain(c):
        return
    if c.capacity and c.target > c.capacity + 3 * c.deviation:
        c.capacity = 0
    more = rising_step(c, passed) if c.reported.tried else c.target
    c.target = max(c.target, min(<uint64_t>MOST, <uint64_t>min(most, c.target + more)))


cdef void go_back(estimator* c, int64_t now) noexcept nogil:
    """To somewhat less than was in use before more was tried: what arrived meanwhile is in the queue in part, and
    that has to drain."""
    c.reported.tried = True
    if c.reported.proven:
        lowering_to(c, now, c.reported.proven * 7 // 8)
    else:
        lowering_to(c, now, max(<uint64_t>UNTOLD, c.reported.remb * 2 // 3))
    c.feedback_at = now


cdef void judge(estimator* c, int64_t now, int32_t loss, bint repaired) noexcept nogil:
    cdef int32_t excess = losses_excess(&c.losses)
    if excess > LOST_MUCH:
        c.reported.tried = True
        lowering_to(c, now, min(<double>c.target, 0.95 * c.acked))
    elif lowering_by_loss(c, now, excess):
        c.reported.tried = True
    elif not repaired and loss >= COSTS_PICTURES:
        give_up_for_pictures(c, now)
    elif losses_above_nature(&c.losses) < RISES_BELOW:
        c.reported.proven = c.acked
        rise(c, now)


cdef void settle(estimator* c, int64_t now, int32_t loss, int64_t passed) noexcept nogil:
    """What the first report after a step down tells of left for the most part before it."""
    if loss * 16 < c.reported.missed and passed < LONG_REPORT:
        # It had only been overtaken by what came after it, or come late.
        c.target = max(c.target, c.reported.missed_from)
    c.reported.missed = 0
    c.waits_since = now
    losses_forget(&c.losses, now)


cdef void reports_take(estimator* c, int64_t now, const report_sum* r) noexcept nogil:
    cdef bint settles = c.lowered_at and c.reported.at <= c.lowered_at, full
    cdef int64_t passed = now - c.reported.at
    if c.reported.at == 0:
        c.target = max(c.target, min(<uint64_t>MOST, r.sent))
    note(c, now, r.loss, r.rtt, r.sent)
    if settles:
        settle(c, now, r.loss, passed)
        return
    # What is lost by nature is known only where the round trip says that nothing waits.
    full = losses_add(&c.losses, now, r.loss * 4, 1024, r.rtt == 0 or c.wait > SHORT_WAIT)
    c.overusing = lowering_waits_long(c, now) and not is_vain(c)
    if r.tries:
        # At once: what is lost in one second is hardly chance then.
        if c.overusing or losses_above_nature(&c.losses) > LOST_BY_TRYING:
            go_back(c, now)
    elif c.overusing:
        lowering_by_delay(c, now, True)
        c.reported.tried = True
    elif full:
        judge(c, now, r.loss, r.repaired)


cdef bint reports_missed(estimator* c, int64_t now, int32_t missed, int64_t sent, bint tries) noexcept nogil:
    cdef int32_t share = <int32_t>(min(missed, sent) * 1024 // max(<int64_t>1, sent))
    cdef bint trying = tries or c.reported.at == 0
    if (sent < (SENT_TRYING if trying else SENT_ENOUGH)
            or share < (MISSED_TRYING if trying else MISSED_MUCH) + losses_nature(&c.losses)):
        return False
    c.reported.missed = share
    c.reported.missed_from = c.target
    if trying:
        go_back(c, now)
    else:
        c.reported.tried = True
        lowering_to(c, now, (min(c.target, c.reported.proven) if c.reported.proven else c.target) * (1 - share / 1024.0))
    return True


cdef bint reports_fresh(const estimator* c, int64_t now) noexcept nogil:
    return c.reported.at != 0 and now - c.reported.at < HOLDS
