"""A budget given out among the slots of a viewer: pure, and in bits per second."""

from libc.stdint cimport int32_t, int64_t, uint64_t

from sfu.kernel.candidates cimport candidate

cdef enum:
    # Parts in 64: a step up may cost at most so much of what is left, a step down is taken when what
    # is given costs more than this the other way
    STEP = 58
    # Levels below this are half the pictures of the smallest layer, and every fourth
    FLUENT = 2
    # Of every fourth picture there are one or two in the time in which they are counted: what they cost is taken for
    # a quarter more than it is (so is the half of them), which for the least of all is a tile that stays dark
    FEW = 51
    # That goes last. One fall of the estimate (by 0.15) from a full line is no reason yet
    LAST = 37

cdef inline bint is_few(const candidate* c, int32_t place) noexcept nogil:
    """Not all pictures, of the smallest layer."""
    return c.options[place].level < FLUENT

cdef inline uint64_t cost_of(const candidate* c, int32_t place) noexcept nogil:
    """With room to spare where it is more than now; what is there stays until it is clearly too much."""
    cdef uint64_t cost
    if place < 0:
        return 0
    cost = c.options[place].cost
    if place == 0 and c.current >= 0 and is_few(c, 0):
        return cost * LAST // 64
    if is_few(c, place):
        cost = cost * FEW // 64
    return cost * STEP // 64 if place <= c.current else cost * 64 // STEP
cdef inline int32_t sharing_level(const candidate* c, int32_t place) noexcept nogil:
    return c.options[place].level if place >= 0 else -1
cdef int32_t sharing_whole(const candidate* c, int32_t place) noexcept nogil
    # The place of the same layer with all its pictures.
cdef uint64_t sharing_taken(const candidate* c) noexcept nogil
cdef uint64_t sharing_free(const candidate* all, int32_t count) noexcept nogil
    # What a larger layer leaves free.
cdef bint sharing_give(candidate* all, int32_t count, int64_t left, bint upward, bint patient) noexcept nogil
    # `upward`: more than now, too; who has nothing yet may always get something. Whether somebody who has something
    # would have to go without; `patient`: he does not yet, and who goes before him has fewer pictures meanwhile.
cdef bint sharing_raise(candidate* all, int32_t count, int64_t left) noexcept nogil
    # Of all that could have another layer one gets it, the first in order of whom shares alike and has
    # least. More pictures of the same cost nobody a keyframe. Whether anybody got more.
cdef int32_t sharing_next(const candidate* all, int32_t count) noexcept nogil
    # Whose turn it would be if there were more; −1: all have what they want.
