"""How much of what anybody may send is taken: a rate and a burst in one number.

`pace` is when the events so far would have come at the highest rate (the generic cell rate
algorithm, ITU-T I.371 annex A). Times in µs.
"""

from libc.stdint cimport int64_t


cdef inline bint within(int64_t* pace, int64_t now, int64_t interval, int64_t burst) noexcept nogil:
    """Whether one more, every `interval` and `burst` ahead of that, is taken now."""
    if pace[0] < now:
        pace[0] = now
    if pace[0] - now > burst:
        return False
    pace[0] += interval
    return True
