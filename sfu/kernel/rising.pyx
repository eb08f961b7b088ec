from libc.stdint cimport int64_t, uint64_t

from sfu.kernel.estimate cimport MOST, SHORT_WAIT
from sfu.kernel.lowering cimport is_vain
from sfu.kernel.sent cimport SENT

# Per second, far from what is known to be the line's end
cdef double INCREASE = 0.08
# The same where no probe goes before
cdef double UNTRIED = 0.25
cdef double PACKET_BITS = 9600.0


cdef bint is_near(const estimator* c) noexcept nogil:
    cdef double off = c.target - c.capacity
    return c.capacity > 0 and -3 * c.deviation - 0.1 * c.capacity < off < 3 * c.deviation


cdef double rising_step(const estimator* c, double passed) noexcept nogil:
    if is_near(c):
        return PACKET_BITS * passed * 1e6 / (c.rtt + 100000)
    return (UNTRIED if c.untried > c.target else INCREASE) * c.target * passed


cdef uint64_t rising_most(const estimator* c) noexcept nogil:
    return min(<uint64_t>MOST, <uint64_t>(SENT * 5 // 8 * PACKET_BITS * 1e6 / (c.rtt + 100000)))


cdef void rising(estimator* c, int64_t now) noexcept nogil:
    cdef double passed = min(now - c.raised_at, 1000000) / 1e6
    cdef double more
    c.raised_at = now
    if (c.wait > SHORT_WAIT and not is_vain(c)) or c.trend.underusing:
        return
    if c.capacity and c.target > c.capacity + 3 * c.deviation:
        c.capacity = 0
    if is_vain(c):
        more = max(INCREASE * c.target * passed, PACKET_BITS * passed * 1e6 / (c.rtt + 100000))
    else:
        more = rising_step(c, passed)
    # What is not in use proves nothing.
    if c.target + more <= max(1.5 * c.acked + 10000, 1.125 * c.untried):
        c.target = max(c.target, min(rising_most(c), <uint64_t>(c.target + more)))
