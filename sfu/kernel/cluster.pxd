"""A probe: packets sent at a rate that is tried, and the rate at which they arrived."""

from libc.stdint cimport int32_t, int64_t, uint16_t, uint64_t

from sfu.kernel.sent cimport arrival

cdef struct probe_cluster:
    # Of the one that is being sent, or was last; they are numbered from 1
    uint16_t number
    bint sending
    uint64_t rate
    int64_t began
    # When the last packet of it left
    int64_t last
    int64_t bytes
    int32_t packets
    # Of what arrived: first and last by both clocks, with the bytes of all but the first (or last)
    int32_t arrived
    int64_t first_sent
    int64_t last_sent
    int64_t first_arrived
    int64_t last_arrived
    int64_t arrived_bytes
    int32_t first_size
    int32_t last_size
    # How many in turn found nothing, when the next may begin, and how long is waited after one that failed
    int32_t failed
    int64_t next
    int64_t wait

cdef void cluster_begin(probe_cluster* p, int64_t now, uint64_t rate) noexcept nogil
cdef int64_t cluster_due(probe_cluster* p, int64_t now) noexcept nogil
    # Bytes that have to leave by now; −1: all of it has left.
cdef void cluster_sent(probe_cluster* p, int64_t now, uint16_t size) noexcept nogil
cdef void cluster_take(probe_cluster* p, const arrival* a) noexcept nogil
cdef uint64_t cluster_result(const probe_cluster* p) noexcept nogil
    # Bits per second that the line bore; 0: too little has arrived to tell.
