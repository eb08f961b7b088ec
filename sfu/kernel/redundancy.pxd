"""Which earlier frames of a speaker a viewer gets once more: where packets get lost the last one or
two with every packet, and what he asks for with the next."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t

from sfu.kernel.state cimport engine, outgoing, session, slot, source

cdef enum:
    # Bytes of a payload that carries others
    REDUNDANT_ROOM = 1180

cdef uint16_t redundancy_choose(engine* e, session* v, slot* s, const outgoing* o) noexcept nogil
    # For sound that is about to leave: which of those before it go with it (bit n − 1: the one n
    # numbers earlier).
cdef int32_t redundancy_write(engine* e, const slot* s, const outgoing* o, uint8_t* out) noexcept nogil
    # The payload (RFC 2198) with what was chosen; `out` takes REDUNDANT_ROOM. Its length.
cdef void redundancy_ask(engine* e, session* v, slot* s, uint16_t sequence) noexcept nogil
    # A viewer misses this number.
cdef void redundancy_report(engine* e, session* v) noexcept nogil
    # `session.loss` is new.
