"""How much has arrived lately, by one clock or the other."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

cdef enum:
    # Of 25 ms each
    BUCKETS = 32

cdef struct throughput:
    int64_t newest
    uint32_t bytes[BUCKETS]

cdef void throughput_add(throughput* t, int64_t arrived, uint32_t size) noexcept nogil
cdef uint64_t throughput_over(const throughput* t, int64_t span) noexcept nogil
    # Bits per second of the last `span` µs, up to 0.8 s.
