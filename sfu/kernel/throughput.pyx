from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memset

cdef enum:
    WIDTH = 25000


cdef void throughput_add(throughput* t, int64_t arrived, uint32_t size) noexcept nogil:
    cdef int64_t bucket = arrived // WIDTH
    if bucket > t.newest + BUCKETS or bucket < t.newest - 40 * BUCKETS:
        memset(t.bytes, 0, sizeof(t.bytes))
        t.newest = bucket
    while t.newest < bucket:
        t.newest += 1
        t.bytes[t.newest % BUCKETS] = 0
    if bucket > t.newest - BUCKETS:
        t.bytes[bucket % BUCKETS] += size


cdef uint64_t throughput_over(const throughput* t, int64_t span) noexcept nogil:
    cdef int64_t count = max(1, min(span // WIDTH, BUCKETS - 1)), i
    cdef uint64_t sum = 0
    # The newest is not full yet.
    for i in range(1, count + 1):
        if t.newest - i >= 0:
            sum += t.bytes[(t.newest - i) % BUCKETS]
    return sum * 8000000 // (count * WIDTH)
