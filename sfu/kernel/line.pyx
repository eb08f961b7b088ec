from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free

from sfu.kernel.allocation cimport allocation_mark
from sfu.kernel.counters cimport FEEDBACK_RECEIVED, FEEDBACK_REFUSED
from sfu.kernel.pacing cimport pacing_watch
from sfu.kernel.estimate cimport (
    estimator, estimator_feedback, estimator_open, estimator_pace, estimator_remb, estimator_report, estimator_tick)

cdef enum:
    # Bits per second to begin with: speech and a small picture. A line that bears more shows it
    # within the first probes
    START = 300000
    # Of whom nothing is known, and nothing will be
    UNKNOWN = 0x7FFFFFFF
    PACE_UNKNOWN = 25000000
    # Everything he wants has fitted for so long: then REMB is enough (µs)
    SETTLED_AFTER = 10000000
    # Parts in 4 of what is in use that a settled line must bear
    SETTLED_SPARE = 6
    UNSETTLED_SPARE = 5
    # Lost per 256 by his own reports
    UNSETTLED_LOSS = 8


cdef void line_open(engine* e, int32_t viewer, bint transport_cc) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    if v.estimator == NULL:
        v.estimator = <estimator*>calloc(1, sizeof(estimator))
        if v.estimator == NULL:
            return
        estimator_open(v.estimator, e.now, START)
    if transport_cc:
        v.counts = True
        v.may_count = True


cdef void line_close(session* v) noexcept nogil:
    free(v.estimator)
    v.estimator = NULL


cdef inline bint is_known(const session* v) noexcept nogil:
    """Whether anything will be told of the line, or has been."""
    return v.estimator != NULL and (v.may_count or v.estimator.feedback_at != 0)


cdef uint64_t line_budget(const session* v) noexcept nogil:
    return v.estimator.target if is_known(v) else UNKNOWN


cdef uint64_t line_pace(const session* v) noexcept nogil:
    return estimator_pace(v.estimator) if is_known(v) else PACE_UNKNOWN


cdef void react(engine* e, int32_t viewer) noexcept nogil:
    """Less than is given out is seen to at once; more in its turn."""
    if line_budget(&e.sessions[viewer]) < e.sessions[viewer].allotted:
        allocation_mark(e, viewer)


# ── who counts ──


cdef void count(session* v, int64_t now) noexcept nogil:
    v.counts = v.may_count
    v.unsettled_at = now


cdef void settle(session* v, int64_t now) noexcept nogil:
    """Transport-wide feedback comes 16 times a second and is dear; who has all that he wants, with
    room to spare, is told by his browser's own estimate."""
    if v.wishes or not v.counts or v.estimator.overusing or 4 * v.estimator.target < SETTLED_SPARE * v.allotted:
        v.unsettled_at = now
    elif now - v.unsettled_at > SETTLED_AFTER and v.id_send_time:
        v.counts = False


# ── what comes ──


cdef void line_feedback(engine* e, int32_t viewer, const rtcp_packet* p) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    if v.estimator == NULL or not estimator_feedback(v.estimator, e.now, p.body, p.length):
        e.counters[FEEDBACK_REFUSED] += 1
        return
    e.counters[FEEDBACK_RECEIVED] += 1
    react(e, viewer)


cdef void line_remb(engine* e, int32_t viewer, uint64_t bitrate) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    if v.estimator == NULL:
        return
    estimator_remb(v.estimator, e.now, bitrate)
    if not v.counts and 4 * bitrate < UNSETTLED_SPARE * v.allotted:
        count(v, e.now)
    react(e, viewer)


cdef void line_report(engine* e, int32_t viewer, uint8_t fraction_lost, int64_t rtt) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    if v.estimator == NULL:
        return
    estimator_report(v.estimator, e.now, fraction_lost, rtt)
    if not v.counts and fraction_lost >= UNSETTLED_LOSS:
        count(v, e.now)
    react(e, viewer)


cdef void line_visit(engine* e, int32_t viewer) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    if v.estimator == NULL:
        return
    estimator_tick(v.estimator, e.now)
    if v.may_count:
        if not v.counts and (v.wishes or 4 * line_budget(v) < UNSETTLED_SPARE * v.allotted):
            count(v, e.now)
        settle(v, e.now)
        if v.wishes > line_budget(v):
            pacing_watch(e, viewer)
    react(e, viewer)
