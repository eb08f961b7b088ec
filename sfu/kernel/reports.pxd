"""How much a viewer's line bears, by his receiver reports (RFC 3550 §6.4): of one who tells neither when
packets arrived nor an estimate of his own they are all there is.

In the manner of the loss-based part of draft-ietf-rmcat-gcc-02 §6, with the round trip beside it.
"""

from libc.stdint cimport int32_t, int64_t, uint64_t

from sfu.kernel.estimate cimport estimator

cdef struct report_sum:
    # Of a second or more: lost per 256, the shortest round trip (µs; 0: not told), bits per second that left
    int32_t loss
    int64_t rtt
    uint64_t sent
    # More was tried a moment ago; what gets lost is sent again
    bint tries
    bint repaired

cdef void reports_take(estimator* c, int64_t now, const report_sum* r) noexcept nogil
cdef bint reports_missed(estimator* c, int64_t now, int32_t missed, int64_t sent, bint tries) noexcept nogil
    # He misses so many (NACK) of the pictures' packets `sent` since the last report; whether that was too much. `tries` as
    # in the sum.
cdef bint reports_fresh(const estimator* c, int64_t now) noexcept nogil
    # Whether they say what the line bears.
