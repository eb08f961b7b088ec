"""RTP headers (RFC 3550 §5.1) with one- and two-byte extensions (RFC 8285)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef enum:
    RTP_HEADER = 12
    RTP_MALFORMED = -1

cdef struct rtp_header:
    uint8_t payload_type
    bint marker
    bint padded
    uint16_t sequence
    uint32_t timestamp
    uint32_t ssrc
    # 0xBEDE: one-byte, 0x1000: two-byte elements, 0: none
    uint16_t profile
    const uint8_t* extension
    size_t extension_length
    size_t length

cdef bint rtp_is_rtcp(const uint8_t* data, size_t length) noexcept nogil
    # RFC 5761 §4
cdef int rtp_parse(const uint8_t* data, size_t length, rtp_header* out) noexcept nogil
    # 0 or RTP_MALFORMED. Reads the header only, which SRTP leaves in clear.
cdef int rtp_payload(const uint8_t* data, size_t length, const rtp_header* h) noexcept nogil
    # Bytes of payload without padding in a decrypted packet, or RTP_MALFORMED.
cdef const uint8_t* rtp_extension(const rtp_header* h, uint8_t id, size_t* length) noexcept nogil
    # The element's data, or NULL when it is absent or the block is malformed before it.
