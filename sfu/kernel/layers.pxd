"""Which layers of a source arrive, and how high their pictures are."""

from libc.stdint cimport int32_t, int64_t

from sfu.kernel.state cimport engine, packet, source

cdef void layers_heard(engine* e, source* s) noexcept nogil
    # A packet of this one has come that holds more than padding.
cdef void layers_arrive(engine* e, source* s) noexcept nogil
    # Likewise, and whether it begins a keyframe is known.
cdef void layers_tell_height(engine* e, source* s, const packet* p) noexcept nogil
    # Once a second at most: who writes the pictures decides how often they change.
cdef void layers_check(engine* e, int32_t session) noexcept nogil
    # Which have stopped; called about every 50 ms.
cdef void layers_slept(engine* e, int32_t session, int64_t slept) noexcept nogil
    # We have not listened for so long (µs).
