"""How much a viewer's line bears, by when what he was sent arrived.

Delay tells first: when packets wait longer and longer, or have waited for long, the rate falls below
what arrives. Loss tells where nothing can wait. Upwards it goes slowly by itself, never far above what
is in use, and by probes. In the manner of draft-ietf-rmcat-gcc-02.

Rates are bits per second, with IP and UDP; times µs.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from sfu.kernel.cluster cimport probe_cluster
from sfu.kernel.losses cimport losses
from sfu.kernel.sent cimport sent_history
from sfu.kernel.throughput cimport throughput
from sfu.kernel.trend cimport trend

cdef enum:
    # Bits per second
    LEAST = 30000
    MOST = 20000000
    # A wait that is no chance, and one that is none any more
    LONG_WAIT = 80000
    SHORT_WAIT = 30000
    # How much is believed of what shows less than the line was seen to bear: one in so many parts
    PROVEN_FALLS = 4

cdef struct reported:
    # Of receiver reports, in µs: when the last one came (0: none counts), how long packets waited then; the shortest
    # round trip in the last seconds and in those before, and when they began
    int64_t at
    int64_t wait
    # The line has been full, or has lost much; what arrived (bits per second) when nothing more was tried
    bint tried
    uint64_t proven
    # Per 1024: what was missed at the last step down for that, and from where it went
    int32_t missed
    uint64_t missed_from
    # By the last REMB (bits per second); 0: none
    uint64_t remb
    int64_t least
    int64_t before
    int64_t since

cdef struct estimator:
    # What may be sent now, and what arrived lately
    uint64_t target
    uint64_t acked
    # What it was seen to bear: by probes, and by what arrived since the first; 0: not known
    uint64_t proven
    # From departure to feedback, smoothed; 0: not known
    int64_t rtt
    bint overusing
    # What may be risked where nothing tries the line before; 0: nothing
    uint64_t untried
    # Nothing is told any more though packets leave
    bint stalled
    # When feedback came last; 0: never
    int64_t feedback_at
    # How long it takes to come, of late at the most
    int64_t told_every
    # When the newest packet left of which it told that it arrived; 0: of none
    int64_t told_until
    # When the line was back after it had been away
    int64_t resumed_at
    int64_t opened_at
    # Since when the peer is in another network; 0: always
    int64_t moved_at
    # Packets since the last feedback, and when the first of them left
    int32_t untold
    int64_t untold_since
    int64_t raised_at
    int64_t lowered_at
    # The same because much was missed
    int64_t narrowed_at
    # What arrived when the line was full, and how much that varies; 0: not known
    double capacity
    double deviation
    # The least wait in a feedback, and since when it has been long
    int64_t wait
    int64_t waits_since
    # What has waited comes out faster than it went in, or the wait has leapt and this may follow
    bint drains
    bint leapt
    # Steps down for that which did not shorten it, and how long it was at the last
    int32_t vain
    int64_t vain_at
    int64_t wait_before
    uint64_t vain_from
    sent_history history
    trend trend
    # What arrived, by the peer's clock, and the same by when it left
    throughput throughput
    throughput departed
    losses losses
    reported reported
    probe_cluster cluster

cdef void estimator_open(estimator* c, int64_t now, uint64_t start) noexcept nogil
cdef uint16_t estimator_sent(estimator* c, int64_t now, uint32_t size) noexcept nogil
    # The transport-wide number for a packet that leaves.
cdef bint estimator_feedback(estimator* c, int64_t now, const uint8_t* body, size_t length) noexcept nogil
    # The body of transport-wide feedback; False: malformed, and nothing has changed.
cdef void estimator_remb(estimator* c, int64_t now, uint64_t bitrate, uint64_t sent) noexcept nogil
    # Of a viewer who tells no arrivals; `sent` lately.
cdef void estimator_moved(estimator* c, int64_t now) noexcept nogil
    # The peer is in another network: how long the way was, and where it was full, says nothing of this one.
cdef void estimator_slept(estimator* c, int64_t now) noexcept nogil
    # Until now nobody listened.
cdef void estimator_tick(estimator* c, int64_t now) noexcept nogil
    # To be called every 50 ms or so.
cdef uint64_t estimator_pace(const estimator* c) noexcept nogil
    # At which rate what waits may leave.
