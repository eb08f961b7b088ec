"""What a viewer's line bears, and what of it is in use: the estimator between reports and budget."""

from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t, uint64_t

from sfu.kernel.estimate cimport estimator_sent
from sfu.kernel.rtcp cimport rtcp_packet
from sfu.kernel.sizes cimport WIRE_OVERHEAD
from sfu.kernel.state cimport engine, session, slot

cdef void line_open(engine* e, int32_t viewer, bint transport_cc, bint tries) noexcept nogil
    # For each video slot. `transport_cc`: he tells when packets arrived that have transport-wide
    # numbers; `tries`: packets are repeated for him (RFC 4588), by which his line can be tried, too.
cdef void line_close(session* v) noexcept nogil
cdef uint64_t line_budget(const engine* e, const session* v) noexcept nogil
    # Bits per second that may be sent; more than there can be while nothing is known.
cdef uint64_t line_pace(const engine* e, const session* v) noexcept nogil
    # Bits per second at which what waits may leave.
cdef inline uint16_t line_sent(engine* e, session* v, uint32_t size) noexcept nogil:
    """The transport-wide number of a packet with so many bytes of payload."""
    return estimator_sent(v.estimator, e.now, size + WIRE_OVERHEAD)
cdef void line_feedback(engine* e, int32_t viewer, const rtcp_packet* p) noexcept nogil
cdef void line_remb(engine* e, int32_t viewer, uint64_t bitrate) noexcept nogil
cdef void line_report(engine* e, int32_t viewer) noexcept nogil
    # `session.loss` is new.
cdef void line_missed(session* v, slot* s, int64_t number) noexcept nogil
    # A packet for which he asks again, and that had left for him.
cdef void line_moved(const engine* e, session* v) noexcept nogil
    # To another network: there is an estimator, and what the line was says nothing of this one.
cdef void line_slept(engine* e, int32_t viewer) noexcept nogil
    # What was told meanwhile is still to be read.
cdef void line_visit(engine* e, int32_t viewer) noexcept nogil
    # To be called every 50 ms or so.
