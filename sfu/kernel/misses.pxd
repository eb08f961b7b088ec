"""What a viewer misses of one slot, one after the other: a line that has become narrow lets through part of what is sent, where one
that stands still, or a burst of radio noise, lets through nothing for a moment."""

from libc.stdint cimport int32_t, int64_t

cdef struct misses:
    # Of the run that goes on: its first number, its last, how many of it are missed, and how often something
    # arrived among these
    int64_t first
    int64_t last
    int32_t count
    int32_t breaks
    # What is missed up to this number has been seen to
    int64_t over

cdef void misses_add(misses* m, int64_t number) noexcept nogil
    # A number (extended) that is missed for the first time, each higher than the one before.
cdef void misses_forget(misses* m, int64_t until) noexcept nogil
    # The run, and what will be missed of numbers up to this one.
cdef int32_t misses_arrived(const misses* m) noexcept nogil
    # Per 1024: what still arrives where at least a third does not; 0: there is no such run.
