"""Whether packets wait longer and longer on their way: the trend of one-way delay
(draft-ietf-rmcat-gcc-02 §5, with a line fitted to the delay of bursts instead of a Kalman filter)."""

from libc.stdint cimport int32_t, int64_t

from sfu.kernel.sent cimport arrival

cdef enum:
    POINTS = 20

cdef struct trend:
    # The burst that is being put together: times of its first and last packet
    bint open
    int64_t first_sent
    int64_t sent
    int64_t arrived
    # The burst before
    bint began
    int64_t last_sent
    int64_t last_arrived
    # Delay variation added up, smoothed (ms), by time of arrival (ms); a ring
    double delay
    double smoothed
    int64_t origin
    double times[POINTS]
    double delays[POINTS]
    int32_t count
    int32_t next
    double slope
    double threshold
    int64_t judged_at
    int64_t over_since
    bint overusing
    bint underusing
    # One-way delay above the least of late (µs), and the least of this span of time and the one before
    int64_t queue
    int64_t least
    int64_t least_before
    int64_t least_since

cdef void trend_open(trend* t) noexcept nogil
cdef void trend_add(trend* t, const arrival* a) noexcept nogil
cdef void trend_forget(trend* t) noexcept nogil
    # What comes next was not sent under the conditions of what came before.
