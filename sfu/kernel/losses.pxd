"""Which part gets lost, and what of that is the line's nature: Wi-Fi loses packets at any rate."""

from libc.stdint cimport int32_t, int64_t

cdef enum:
    SAMPLES = 10

cdef struct losses:
    int64_t since
    int32_t lost
    int32_t expected
    # Lost per 1024 in the last second that had enough packets, and in the one before
    int32_t now
    int32_t before
    # The same of seconds in which nothing waited on its way; a ring
    int32_t samples[SAMPLES]
    int32_t count

cdef bint losses_add(losses* l, int64_t now, int32_t lost, int32_t expected, bint waits) noexcept nogil
    # Whether a second is full and there is a new sample; `waits`: packets wait in a queue on their way.
cdef int32_t losses_nature(const losses* l) noexcept nogil
    # Per 1024: what is always lost.
cdef int32_t losses_above_nature(const losses* l) noexcept nogil
    # Per 1024, in the last second.
cdef int32_t losses_excess(const losses* l) noexcept nogil
    # The same in two seconds in turn, or much of it in one.
cdef void losses_forget(losses* l, int64_t now) noexcept nogil
    # Of the second that has begun: what was lost had another reason.
