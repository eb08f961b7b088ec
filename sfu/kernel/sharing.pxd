"""A budget given out among the slots of a viewer: pure, and in bits per second."""

from libc.stdint cimport int32_t, int64_t, uint64_t

from sfu.kernel.candidates cimport candidate

cdef enum:
    # Parts in 64: a step up may cost at most so much of what is left, a step down is taken when what
    # is given costs more than this the other way
    STEP = 58

cdef inline uint64_t cost_of(const candidate* c, int32_t place) noexcept nogil:
    """With room to spare where it is more than now; what is there stays until it is clearly too much."""
    if place < 0:
        return 0
    return c.options[place].cost * STEP // 64 if place <= c.current else c.options[place].cost * 64 // STEP
cdef inline int32_t sharing_level(const candidate* c, int32_t place) noexcept nogil:
    return c.options[place].level if place >= 0 else -1
cdef int32_t sharing_whole(const candidate* c, int32_t place) noexcept nogil
    # The place of the same layer with all its pictures.
cdef uint64_t sharing_taken(const candidate* c) noexcept nogil
cdef uint64_t sharing_free(const candidate* all, int32_t count) noexcept nogil
    # What a larger layer leaves free.
cdef void sharing_give(candidate* all, int32_t count, int64_t left, bint upward) noexcept nogil
    # `upward`: more than now, too; who has nothing yet may always get something.
cdef bint sharing_raise(candidate* all, int32_t count, int64_t left) noexcept nogil
    # Of all that could have another layer one gets it, the first in order of whom shares alike and has
    # least. More pictures of the same cost nobody a keyframe. Whether anybody got more.
cdef int32_t sharing_next(const candidate* all, int32_t count) noexcept nogil
    # Whose turn it would be if there were more; −1: all have what they want.
