"""Whether a line bears more, tried with what harms nothing: packets that were sent, again, or padding."""

from libc.stdint cimport int32_t

from sfu.kernel.state cimport engine

cdef void probing_begin(engine* e, int32_t viewer) noexcept nogil
    # A probe that is due is made of what waits.
cdef bint probing_send(engine* e, int32_t viewer) noexcept nogil
    # What is due of a probe now; the caller has seen outbox_room. False: none is under way.
