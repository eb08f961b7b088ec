"""Where a session's peer is: known addresses, the one in use, and whether anything may go there.

The path in use follows authentic media. Once it has been quiet for a while it follows authentic
checks too, to an address that has proven itself: by media, by DTLS, or by answering a check of
ours (a check alone can be replayed from any address). A path without an authentic packet for
longer than consent lasts (RFC 7675) is sent nothing; one from which nothing of ours has been
answered gets media for two seconds.
"""

from libc.stdint cimport int32_t, int64_t, uint8_t

from sfu.kernel.addresses cimport address, path
from sfu.kernel.state cimport engine
from sfu.kernel.stun cimport stun_request

cdef bint paths_open(engine* e) noexcept nogil
cdef void paths_close(engine* e) noexcept nogil
cdef int32_t path_owner(engine* e, const address* a) noexcept nogil
    # Whose address this is, by an authentic check; −1: nobody's.
cdef bint path_admit(engine* e, int32_t session, const path* from_path, int which) noexcept nogil
    # The sender of an authentic check, which named this one of our two credentials, becomes a
    # known address. False: the check counts for
    # nothing, as the address is another session's, or too many new ones came.
cdef void path_checked(engine* e, int32_t session, const path* from_path, bint nominated) noexcept nogil
    # After path_admit.
cdef void path_media(engine* e, int32_t session, const path* from_path) noexcept nogil
    # An authentic SRTP or SRTCP packet came, from a known address.
cdef void path_dtls(engine* e, int32_t session, const path* from_path) noexcept nogil
cdef void path_answered(engine* e, const path* from_path, const uint8_t* data, size_t length,
                        const stun_request* r) noexcept nogil
    # A binding success; checked here.
cdef void path_time(engine* e, int32_t session) noexcept nogil
    # Asks how long it takes to the path in use and back, unless another question is open.
cdef void path_keyed(engine* e, int32_t session) noexcept nogil
    # Media may go where the peer is heard, now that there are keys.
cdef void path_visit(engine* e, int32_t session) noexcept nogil
    # What time alone does; about every 50 ms.
cdef void path_slept(engine* e, int32_t session, int64_t slept) noexcept nogil
    # We have not listened for so long (µs).
cdef bint path_is_alive(engine* e, int32_t session, const path* p) noexcept nogil
    # Whether it is the session's path in use, with media going there.
cdef bint path_bears_dtls(engine* e, int32_t session) noexcept nogil
cdef void path_forget(engine* e, int32_t session) noexcept nogil
