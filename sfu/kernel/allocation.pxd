"""What each slot of a viewer is given of what it wants, by what the viewer's line bears.

Sound is never asked. Then the screen, who speaks, who moderates, then by height: everybody
the smallest first, then more, in this order. Of what does not fit and has nothing smaller stills are
made, a few; the rest is not sent.
"""

from libc.stdint cimport int32_t

from sfu.kernel.state cimport engine

cdef inline void allocation_mark(engine* e, int32_t viewer) noexcept nogil:
    """What the viewer wants, or his line bears, has changed."""
    if not e.sessions[viewer].marked:
        e.sessions[viewer].marked = True
        e.marked[e.marked_count] = viewer
        e.marked_count += 1
cdef void allocation_due(engine* e) noexcept nogil
    # For those who are marked. Slots then know what to choose.
cdef void allocation_check(engine* e, int32_t viewer) noexcept nogil
    # To be called every 50 ms or so.
