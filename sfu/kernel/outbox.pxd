"""What is to be sent: datagrams of one batch, segments of one viewer joined (UDP GSO)."""

from libc.stdint cimport uint8_t, uint32_t

from sfu.kernel.addresses cimport path
from sfu.kernel.state cimport DOUBTFUL, REACHABLE, engine, outgoing, session

cdef bint outbox_open(engine* e) noexcept nogil
cdef void outbox_close(engine* e) noexcept nogil
cdef bint outbox_room(engine* e) noexcept nogil
    # Whether one viewer's run fits; sends what is there first if need be. False: the socket is
    # full, and what is in the outbox waits for EPOLLOUT.
cdef enum:
    # Parts of a socket's buffer that may be in use when those are served who are perhaps not there:
    # anybody at all, up to a quarter; who knows a session's password, up to a half. What goes to a
    # machine that does not answer ARP is held for seconds, and the rest is for who surely is there.
    STRANGERS = 4
    KNOWN = 2

cdef bint outbox_has_spare(engine* e, uint8_t family, uint32_t part) noexcept nogil
    # Whether less than one `part`th of that family's (4 or 6) socket is in use. False: what was meant
    # to be sent is counted as dropped.
cdef inline bint outbox_allows(engine* e, const session* s) noexcept nogil:
    """Whether media may go to this peer now."""
    if s.reachability == REACHABLE:
        return True
    return s.reachability == DOUBTFUL and outbox_has_spare(e, s.current.remote.family, KNOWN)
cdef void outbox_look(engine* e) noexcept nogil
    # Time has passed: how full the sockets are is asked of the system when it matters next.
cdef void outbox_raw(engine* e, const path* to, const uint8_t* data, size_t length) noexcept nogil
    # A datagram of its own; dropped and counted while the socket is full.
cdef void outbox_rtp(engine* e, int session, const outgoing* o, uint32_t longest) noexcept nogil
    # Writes, encrypts and appends one packet; the caller has seen outbox_room. `longest`: payload
    # bytes to pad to when that is at most TAIL_ROOM more, 0: as it is.
cdef void outbox_padding(engine* e, int session, int slot_index, uint8_t size) noexcept nogil
    # A packet of so many bytes of padding alone, as repair of a slot that has RTX; the caller has seen
    # outbox_room.
cdef void outbox_rtcp(engine* e, int session, uint8_t* data, size_t length, size_t cap) noexcept nogil
    # Encrypts in place and appends.
cdef bint outbox_flush(engine* e) noexcept nogil
    # True: all is sent.
cdef int outbox_blocked_socket(engine* e) noexcept nogil
    # The socket that what is left waits for; −1: none.
