"""Which source an SSRC is: learned from its first authentic packet."""

from libc.stdint cimport int32_t, uint8_t, uint32_t

from sfu.kernel.places cimport kind_at
from sfu.kernel.rtp cimport rtp_header
from sfu.kernel.srtp cimport srtp_context, srtp_stream
from sfu.kernel.state cimport engine, expectation, session, ssrc_entry

cdef ssrc_entry* binding_find(session* s, uint32_t ssrc) noexcept nogil
    # NULL: not bound.
cdef int binding_unprotect(engine* e, int32_t session, ssrc_entry* n, uint8_t* data, size_t length,
                           size_t header_length) noexcept nogil
    # As srtp_unprotect. A source that has gone on unheard for too many numbers begins anew.
cdef int binding_unprotect_first(srtp_context* keys, srtp_stream* state, uint8_t* data, size_t length,
                                 size_t header_length) noexcept nogil
    # The same of an SSRC that is not bound.
cdef bint binding_is_retired(const session* s, uint32_t ssrc) noexcept nogil
    # Another SSRC has taken this one's place.
cdef inline bint binding_takes(const session* s, int32_t place, bint rtx, uint8_t payload_type) noexcept nogil:
    """Whether this payload type was answered for this source."""
    cdef const expectation* x = &s.tracks[kind_at(place)].expect
    if rtx:
        return payload_type == x.rtx_payload_type
    return payload_type == x.payload_type or (x.red_payload_type != 0 and payload_type == x.red_payload_type)


cdef ssrc_entry* binding_add(engine* e, int32_t index, const rtp_header* h, const srtp_stream* state) noexcept nogil
    # After the first authentic packet of a new SSRC: binds it to the source it belongs to. NULL: to
    # none that is expected.
