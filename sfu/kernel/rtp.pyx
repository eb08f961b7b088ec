from libc.stdint cimport uint8_t, uint16_t, uint32_t

from sfu.kernel.bytes cimport load16, load32

cdef enum:
    ONE_BYTE = 0xBEDE
    TWO_BYTE = 0x1000


cdef bint rtp_is_rtcp(const uint8_t* data, size_t length) noexcept nogil:
    return length >= 2 and 192 <= data[1] <= 223


cdef int rtp_parse(const uint8_t* data, size_t length, rtp_header* out) noexcept nogil:
    cdef size_t at
    if length < RTP_HEADER or data[0] >> 6 != 2:
        return RTP_MALFORMED
    at = RTP_HEADER + 4 * (data[0] & 15)
    if length < at:
        return RTP_MALFORMED
    out.padded = (data[0] & 0x20) != 0
    out.marker = (data[1] & 0x80) != 0
    out.payload_type = data[1] & 0x7F
    out.sequence = load16(data + 2)
    out.timestamp = load32(data + 4)
    out.ssrc = load32(data + 8)
    out.profile = 0
    out.extension = NULL
    out.extension_length = 0
    if data[0] & 0x10:
        if length < at + 4:
            return RTP_MALFORMED
        out.profile = load16(data + at)
        if out.profile & 0xFFF0 == TWO_BYTE:
            out.profile = TWO_BYTE
        out.extension_length = 4 * <size_t>load16(data + at + 2)
        out.extension = data + at + 4
        at += 4 + out.extension_length
        if length < at:
            return RTP_MALFORMED
    out.length = at
    return 0


cdef int rtp_payload(const uint8_t* data, size_t length, const rtp_header* h) noexcept nogil:
    cdef size_t padding
    if length < h.length:
        return RTP_MALFORMED
    if not h.padded:
        return <int>(length - h.length)
    if length == h.length:
        return RTP_MALFORMED
    padding = data[length - 1]
    if padding == 0 or padding > length - h.length:
        return RTP_MALFORMED
    return <int>(length - h.length - padding)


cdef const uint8_t* rtp_extension(const rtp_header* h, uint8_t id, size_t* length) noexcept nogil:
    cdef const uint8_t* p = h.extension
    cdef const uint8_t* end
    cdef uint8_t element
    cdef size_t size
    if id == 0 or p == NULL:
        return NULL
    end = p + h.extension_length
    while p < end:
        if p[0] == 0:
            p += 1
            continue
        if h.profile == ONE_BYTE:
            element = p[0] >> 4
            size = (p[0] & 15) + 1
            if element == 15:
                return NULL
            p += 1
        elif h.profile == TWO_BYTE:
            if end - p < 2:
                return NULL
            element = p[0]
            size = p[1]
            p += 2
        else:
            return NULL
        if <size_t>(end - p) < size:
            return NULL
        if element == id:
            length[0] = size
            return p
        p += size
    return NULL


def parse(bytes data):
    """Header fields of an RTP packet as a dict; raises ValueError when it is malformed."""
    cdef rtp_header h
    if rtp_parse(data, len(data), &h) != 0:
        raise ValueError("malformed RTP header")
    return {
        "payload_type": h.payload_type, "marker": bool(h.marker), "sequence": h.sequence,
        "timestamp": h.timestamp, "ssrc": h.ssrc, "header": h.length,
        "payload": rtp_payload(data, len(data), &h),
    }


def extension(bytes data, int id):
    """The data of header extension `id`, or None; raises ValueError for a malformed packet."""
    cdef rtp_header h
    cdef size_t length = 0
    cdef const uint8_t* found
    if rtp_parse(data, len(data), &h) != 0:
        raise ValueError("malformed RTP header")
    found = rtp_extension(&h, <uint8_t>id, &length)
    return None if found == NULL else found[:length]
