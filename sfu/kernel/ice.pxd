"""ICE-lite (RFC 8445 §2.5) for all sessions on one port: checks, addresses, consent."""

from libc.stdint cimport int32_t, uint8_t

from sfu.kernel.state cimport address, engine, path

cdef bint ice_open(engine* e) noexcept nogil
cdef void ice_close(engine* e) noexcept nogil
cdef bint ice_credentials(engine* e, int32_t session, const uint8_t* ufrag, size_t ufrag_length,
                          const uint8_t* password, size_t password_length) noexcept nogil
    # The previous credentials stay valid beside the new ones.
cdef void ice_forget(engine* e, int32_t session) noexcept nogil
cdef void ice_check(engine* e, const path* from_path, const uint8_t* data, size_t length) noexcept nogil
    # A STUN datagram: answered, counted or dropped.
cdef int32_t ice_session(engine* e, const address* from_address) noexcept nogil
    # Whose address this is, by an authenticated check; −1: nobody's.
