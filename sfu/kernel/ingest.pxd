"""From a datagram of a peer to a stored packet on its way to the slots."""

from libc.stdint cimport int32_t, int64_t, uint8_t

from sfu.kernel.state cimport engine

cdef bint ingest_rtp(engine* e, int32_t session, uint8_t* data, size_t length) noexcept nogil
    # Whether it was authentic and new.
cdef bint ingest_rtcp(engine* e, int32_t session, uint8_t* data, size_t length) noexcept nogil
    # Likewise.
cdef void ingest_check_sources(engine* e, int32_t session) noexcept nogil
    # Which layers still arrive, and what need not be kept; called about every 50 ms.
cdef void ingest_forget(engine* e, int32_t session) noexcept nogil
    # Frees what the session's sources hold.
