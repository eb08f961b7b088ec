"""ICE-lite (RFC 8445 §2.5) for all sessions on one port: credentials, checks and their limits."""

from libc.stdint cimport int32_t, uint8_t

from sfu.kernel.addresses cimport path
from sfu.kernel.state cimport engine, session

cdef bint ice_open(engine* e) noexcept nogil
cdef void ice_close(engine* e) noexcept nogil
cdef bint ice_credentials(engine* e, int32_t session, const uint8_t* ufrag, size_t ufrag_length,
                          const uint8_t* password, size_t password_length) noexcept nogil
    # The previous credentials stay valid beside the new ones.
cdef bint ice_peer(session* s, const uint8_t* ufrag, size_t ufrag_length, const uint8_t* password,
                   size_t password_length) noexcept nogil
    # The peer's own credentials, with which it answers checks of ours.
cdef void ice_forget(engine* e, int32_t session) noexcept nogil
cdef void ice_check(engine* e, const path* from_path, const uint8_t* data, size_t length) noexcept nogil
    # A STUN datagram: answered, counted or dropped.
