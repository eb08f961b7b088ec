from sfu.kernel.bytes cimport store24

cdef enum:
    FOLLOWED = 0x80


cdef int red_parse(const uint8_t* payload, size_t length, red_packet* out) noexcept nogil:
    cdef size_t at = 0, left = 0
    cdef int i
    cdef red_block* b
    out.count = 0
    while at < length and payload[at] & FOLLOWED:
        if out.count == RED_BLOCKS or length - at < RED_HEADER:
            return RED_MALFORMED
        b = &out.blocks[out.count]
        b.payload_type = payload[at] & 0x7F
        b.earlier = <uint16_t>(payload[at + 1] << 6 | payload[at + 2] >> 2)
        b.size = <uint16_t>((payload[at + 2] & 3) << 8 | payload[at + 3])
        out.count += 1
        at += RED_HEADER
    # The newest takes what the others leave.
    if at >= length or length > 0xFFFF:
        return RED_MALFORMED
    out.blocks[out.count].payload_type = payload[at]
    out.blocks[out.count].earlier = 0
    at += RED_LAST_HEADER
    for i in range(out.count):
        left = length - at
        if out.blocks[i].size > left:
            return RED_MALFORMED
        out.blocks[i].at = <uint16_t>at
        at += out.blocks[i].size
    out.blocks[out.count].at = <uint16_t>at
    out.blocks[out.count].size = <uint16_t>(length - at)
    return 0


cdef void red_write_header(uint8_t* out, uint8_t payload_type, uint32_t earlier, uint32_t size) noexcept nogil:
    out[0] = FOLLOWED | payload_type
    store24(out + 1, earlier << 10 | size)


def parse(bytes payload):
    """(payload type, how much earlier, frame) of each block, the newest last; raises ValueError when
    it is malformed."""
    cdef red_packet p
    cdef int i
    if red_parse(payload, len(payload), &p) != 0:
        raise ValueError("malformed RED payload")
    return [(p.blocks[i].payload_type, p.blocks[i].earlier,
             payload[p.blocks[i].at:p.blocks[i].at + p.blocks[i].size]) for i in range(p.count + 1)]
