"""What the kernel thread tells Python, in a bounded ring: one writer, one reader, no lock."""

from libc.stdint cimport int32_t, uint8_t

from sfu.kernel.state cimport engine

cdef enum:
    EVENT_DTLS = 1
    EVENT_CONNECTED = 2
    EVENT_LOST = 3
    EVENT_SOURCE = 4
    EVENT_SPEAKERS = 5
    # The session's index may be used again
    EVENT_CLOSED = 6
    # All commands before the mark are done
    EVENT_MARK = 7
    # A picture of a layer has another height than the one before
    EVENT_HEIGHT = 8
    # What a slot is given of what it wants has changed
    EVENT_GIVEN = 9
    EVENT_LIMIT = 8192
    # Places that only EVENT_CLOSED and EVENT_MARK take: without the one an index would be lost
    # for good, without the other nothing would be known to be done any more
    EVENTS_KEPT = 4096

cdef bint event_put(engine* e, int32_t kind, int32_t a, int32_t b, int32_t c, const uint8_t* data,
                    size_t length) noexcept nogil
cdef bint events_open(engine* e) noexcept nogil
cdef void events_close(engine* e) noexcept nogil
