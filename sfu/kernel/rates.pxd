"""What a layer of a source costs the line of who gets it, by temporal layer, in bits per second."""

from libc.stdint cimport int32_t, int64_t, uint64_t

from sfu.kernel.state cimport engine, packet, source

cdef void rates_add(source* s, const packet* p) noexcept nogil
cdef void rates_settle(source* s, int64_t now) noexcept nogil
    # To be called every 50 ms or so.
cdef void rates_lean(source* s, int64_t now) noexcept nogil
    # Its publisher is asked for less: what it carried until now is soon no measure.
cdef bint rates_have_temporal(engine* e, int32_t track) noexcept nogil
    # Whether its pictures are in temporal layers.
cdef uint64_t rates_cost(engine* e, int32_t track, int32_t layer, int32_t temporal) noexcept nogil
    # Of the pictures up to this temporal layer; of a layer that does not arrive what it carried when
    # it last did, or what our client would send.
