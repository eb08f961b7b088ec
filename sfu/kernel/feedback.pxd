"""RTCP of the sessions: what peers report and ask, what we report and ask in turn."""

from libc.stdint cimport int32_t, uint8_t

from sfu.kernel.state cimport engine, source

cdef enum:
    # A longer gap is not repaired but replaced by a keyframe.
    NACK_GAP = 100
    # Nor is a packet asked for any longer than this (µs).
    NACK_FOR = 1000000
    # Packets that came of which half may be asked for again: so many are saved up, for bursts of losses
    NACK_SAVED = 256

cdef void feedback_receive(engine* e, int32_t session, const uint8_t* data, size_t length) noexcept nogil
    # A decrypted compound from this session.
cdef void feedback_periodic(engine* e, int32_t session) noexcept nogil
    # What is due by now; called about every 50 ms.
cdef bint nack_missing(engine* e, source* s, long long first, long long end) noexcept nogil
    # Packets first … end − 1 did not come before later ones. False: they will not be asked for,
    # because they are too many or the publisher does not repeat packets.
cdef bint nack_found(source* s, long long sequence) noexcept nogil
cdef void nack_came(source* s) noexcept nogil
    # A packet, whether it was asked for or not.
cdef void nack_due(engine* e, source* s) noexcept nogil
