"""RED: frames of sound that travel once more with a later one (RFC 2198)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef enum:
    RED_MALFORMED = -1
    # Earlier frames in a packet that is read
    RED_BLOCKS = 8
    # What a block's header can say: how much earlier, in time stamp units, and how many bytes
    RED_EARLIEST = 0x3FFF
    RED_LONGEST = 0x3FF
    # Bytes of the headers of an earlier frame and of the newest
    RED_HEADER = 4
    RED_LAST_HEADER = 1

cdef struct red_block:
    uint8_t payload_type
    uint16_t earlier
    uint16_t at
    uint16_t size

cdef struct red_packet:
    # The newest frame is blocks[count]; before it the earlier ones, the earliest first
    int count
    red_block blocks[RED_BLOCKS + 1]

cdef int red_parse(const uint8_t* payload, size_t length, red_packet* out) noexcept nogil
    # 0 or RED_MALFORMED. Every block lies within `length`; one may be empty.
cdef void red_write_header(uint8_t* out, uint8_t payload_type, uint32_t earlier, uint32_t size) noexcept nogil
    # RED_HEADER bytes of an earlier frame.
