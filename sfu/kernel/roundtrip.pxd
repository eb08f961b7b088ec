"""The round trip to each peer, and what of ours it says got lost: by its reports (RFC 3550 §6.4.1),
and where it is sent nothing to report on by RTCP XR (RFC 3611 §4.4 f.)."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from sfu.kernel.rtcp cimport rtcp_packet
from sfu.kernel.state cimport engine, session

cdef enum:
    # Until it is known (µs)
    RTT_UNKNOWN = 100000
    OFF_MOST = 10000

cdef inline int64_t rtt_or_default(const session* s) noexcept nogil:
    return s.rtt if s.rtt else RTT_UNKNOWN
cdef inline int64_t roundtrip_shortest(const session* s) noexcept nogil:
    """Of the last seconds, less what clocks and looks are off; 0: unknown. Who asks again after that
    may know that what he asked for has not come."""
    cdef int64_t least = min(s.rtt_least, s.rtt_least_before)
    return least - min(least // 32, <int64_t>OFF_MOST)
cdef void roundtrip_note(const engine* e, session* s, int64_t sample) noexcept nogil
    # One was measured (µs); what cannot be is not believed.
cdef void roundtrip_reported(engine* e, session* s, const rtcp_packet* p) noexcept nogil
    # A sender or receiver report of the peer.
cdef bint roundtrip_settle(session* s) noexcept nogil
    # Whether there is a new `session.loss` of what was reported since the last; to be called about once a second.
cdef void roundtrip_extended(engine* e, session* s, const rtcp_packet* p) noexcept nogil
    # An RTCP XR of the peer: it answers us, or asks itself.
cdef bint roundtrip_is_due(const engine* e, const session* s) noexcept nogil
    # Whether the peer's reports have not told it of late, so that it has to be asked.
cdef bint roundtrip_is_unknown(const engine* e, const session* s) noexcept nogil
    # Whether that has not helped, so that it has to be told by a check.
cdef int roundtrip_ask(engine* e, uint8_t* out, size_t cap, uint32_t sender) noexcept nogil
    # Writes an XR packet; the length, or −1 when `cap` is too small.
cdef int roundtrip_answer(engine* e, session* s, uint8_t* out, size_t cap, uint32_t sender) noexcept nogil
    # The same to the peer who has asked last; 0: nobody has.
