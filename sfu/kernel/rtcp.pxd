"""RTCP (RFC 3550, 4585, 5104, transport-wide feedback, REMB): reading and writing."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    RTCP_SR = 200
    RTCP_RR = 201
    RTCP_BYE = 203
    RTCP_RTPFB = 205
    RTCP_PSFB = 206
    RTCP_XR = 207
    RTPFB_NACK = 1
    RTPFB_TRANSPORT_CC = 15
    PSFB_PLI = 1
    PSFB_FIR = 4
    PSFB_AFB = 15
    FEEDBACK_WINDOW = 512

cdef struct rtcp_packet:
    uint8_t type
    uint8_t count
    # After the common header; `length` without padding
    const uint8_t* body
    size_t length

cdef int rtcp_next(const uint8_t* data, size_t length, size_t* at, rtcp_packet* out) noexcept nogil
    # 1: the next packet of a compound; 0: the end; −1: malformed
cdef uint64_t rtcp_remb(const rtcp_packet* p) noexcept nogil
    # Bits per second, or 0 when this is no REMB

cdef struct report_block:
    uint32_t ssrc
    uint8_t fraction
    int32_t lost
    uint32_t highest
    uint32_t jitter
    uint32_t last_sr
    uint32_t since_sr

cdef int rtcp_write_report(uint8_t* out, size_t cap, uint32_t sender, const report_block* blocks,
                           size_t count) noexcept nogil
    # Writers return the length, or −1 when `cap` is too small.
cdef int rtcp_write_sender(uint8_t* out, size_t cap, uint32_t ssrc, uint64_t ntp, uint32_t timestamp,
                           uint32_t packets, uint32_t octets) noexcept nogil
cdef int rtcp_write_pli(uint8_t* out, size_t cap, uint32_t sender, uint32_t media) noexcept nogil
cdef int rtcp_write_nack(uint8_t* out, size_t cap, uint32_t sender, uint32_t media,
                         const uint16_t* sequences, size_t count) noexcept nogil
    # `sequences` ascending
cdef int rtcp_write_remb(uint8_t* out, size_t cap, uint32_t sender, uint64_t bitrate,
                         const uint32_t* ssrcs, size_t count) noexcept nogil

cdef struct arrivals:
    # Arrival of packets by transport-wide number, for feedback to a publisher. Times in µs, 0:
    # not arrived.
    int64_t at[FEEDBACK_WINDOW]
    int64_t base
    int64_t highest
    int64_t heard
    uint8_t feedbacks
    bint started

cdef void arrivals_add(arrivals* a, uint16_t sequence, int64_t now) noexcept nogil
cdef int arrivals_write(arrivals* a, uint8_t* out, size_t cap, uint32_t sender, uint32_t media) noexcept nogil
    # One feedback packet for what has arrived since the last; 0: nothing to tell.
