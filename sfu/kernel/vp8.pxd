"""The VP8 payload descriptor (RFC 7741 §4.2)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef enum:
    VP8_MALFORMED = -1
    VP8_MAX_DESCRIPTOR = 6

cdef struct vp8_descriptor:
    uint8_t length
    # 0, 7 or 15
    uint8_t picture_bits
    uint16_t picture
    bint has_tl0
    uint8_t tl0
    # Of pictures whose ids and TL0PICIDX say what they need; else 0
    uint8_t temporal_layer
    # Needs nothing but the last picture of layer 0 (Y)
    bint layer_sync
    # First packet of a frame, and of one that needs no other frame
    bint frame_start
    bint keyframe
    # The octets themselves, as they came
    uint8_t raw[VP8_MAX_DESCRIPTOR]

cdef int vp8_parse(const uint8_t* payload, size_t length, vp8_descriptor* out) noexcept nogil
    # 0 or VP8_MALFORMED
cdef uint16_t vp8_height(const uint8_t* frame, size_t length) noexcept nogil
    # Lines of the picture whose keyframe begins here, behind the descriptor (RFC 6386 §9.1); 0: not
    # told
cdef bint vp8_exceeds(const uint8_t* frame, size_t length, uint32_t pixels) noexcept nogil
    # Whether the picture whose keyframe begins here is larger, or its size is cut off, to come in a
    # later packet
cdef int vp8_write(const vp8_descriptor* d, uint16_t picture, uint8_t tl0,
                   uint8_t* end) noexcept nogil
    # Writes the descriptor so that it ends just before `end`, the picture id (when there is one)
    # always with 15 bits. Returns its length, at most VP8_MAX_DESCRIPTOR.
