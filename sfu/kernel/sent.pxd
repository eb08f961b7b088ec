"""What was sent under which transport-wide number, and what feedback says of it
(draft-holmer-rmcat-transport-wide-cc-extensions-01)."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    # A power of two: numbers that are remembered
    SENT = 1024
    # Numbers that one feedback may tell of: after an outage there are many, most of them lost
    TOLD = 2 * SENT

cdef struct sent_packet:
    # µs, without what is the same for half an hour; 0: nothing, or told already
    uint32_t at
    uint16_t size
    # Which probe it belongs to; 0: none
    uint16_t cluster

cdef struct sent_history:
    # The last number that was given, beyond its wrap
    int64_t last
    # The highest that feedback has told of, arrived or not
    int64_t told
    # Up to that what gets lost counts no more
    int64_t settled
    # Bytes that left and of which nothing is known
    int64_t in_flight
    sent_packet packets[SENT]

cdef struct arrival:
    # µs by our clock and by the peer's
    int64_t sent
    int64_t arrived
    uint16_t size
    uint16_t cluster

cdef struct told_feedback:
    int32_t count
    arrival arrivals[SENT]
    # Of the numbers that it tells of for the first time
    int32_t lost
    int32_t expected

cdef uint16_t sent_add(sent_history* h, int64_t now, uint32_t size, uint16_t cluster) noexcept nogil
cdef bint sent_told(sent_history* h, int64_t now, const uint8_t* body, size_t length, told_feedback* out) noexcept nogil
    # Reads the body of a feedback (after the common header); arrivals in the order of their numbers.
    # Of numbers that are not remembered any more nothing is taken. False: malformed, or about none that
    # is remembered, and nothing has changed.
