from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

from sfu.kernel.bytes cimport load16

cdef enum:
    EXTENDED = 0x80
    START = 0x10
    PARTITION = 0x0F
    HAS_PICTURE = 0x80
    HAS_TL0 = 0x40
    HAS_TID = 0x20
    HAS_KEYIDX = 0x10
    LONG_PICTURE = 0x80
    LAYER_SYNC = 0x20
    NOT_KEYFRAME = 0x01
    # Width and height; the two bits above ask the viewer to scale
    SIZE_MASK = 0x3FFF
    # Of a keyframe: its tag, the start code, width and height
    KEYFRAME_HEADER = 10


cdef int vp8_parse(const uint8_t* payload, size_t length, vp8_descriptor* out) noexcept nogil:
    cdef size_t at = 1
    cdef uint8_t flags
    if length < 2:
        return VP8_MALFORMED
    out.picture_bits = 0
    out.picture = 0
    out.has_tl0 = False
    out.tl0 = 0
    out.temporal_layer = 0
    out.layer_sync = False
    if payload[0] & EXTENDED:
        flags = payload[1]
        at = 2
        if flags & HAS_PICTURE:
            if length <= at:
                return VP8_MALFORMED
            if payload[at] & LONG_PICTURE:
                if length <= at + 1:
                    return VP8_MALFORMED
                out.picture_bits = 15
                out.picture = load16(payload + at) & 0x7FFF
                at += 2
            else:
                out.picture_bits = 7
                out.picture = payload[at]
                at += 1
        if flags & HAS_TL0:
            if length <= at:
                return VP8_MALFORMED
            out.has_tl0 = True
            out.tl0 = payload[at]
            at += 1
        if flags & (HAS_TID | HAS_KEYIDX):
            if length <= at:
                return VP8_MALFORMED
            if flags & HAS_TID and out.has_tl0 and out.picture_bits:
                out.temporal_layer = payload[at] >> 6
                out.layer_sync = payload[at] & LAYER_SYNC != 0
            at += 1
    if length <= at:
        return VP8_MALFORMED
    out.length = <uint8_t>at
    out.frame_start = payload[0] & START != 0 and payload[0] & PARTITION == 0
    out.keyframe = out.frame_start and payload[at] & NOT_KEYFRAME == 0
    memcpy(out.raw, payload, at)
    return 0


cdef bint tells_size(const uint8_t* frame, size_t length) noexcept nogil:
    return (length >= KEYFRAME_HEADER and frame[0] & NOT_KEYFRAME == 0
            and frame[3] == 0x9D and frame[4] == 0x01 and frame[5] == 0x2A)


cdef uint16_t vp8_height(const uint8_t* frame, size_t length) noexcept nogil:
    if not tells_size(frame, length):
        return 0
    return (<uint16_t>frame[9] << 8 | frame[8]) & SIZE_MASK


cdef bint vp8_exceeds(const uint8_t* frame, size_t length, uint32_t pixels) noexcept nogil:
    if length < KEYFRAME_HEADER:
        return True
    if not tells_size(frame, length):
        return False
    return <uint32_t>((<uint16_t>frame[7] << 8 | frame[6]) & SIZE_MASK) * vp8_height(frame, length) > pixels


cdef int vp8_write(const vp8_descriptor* d, uint16_t picture, uint8_t tl0,
                   uint8_t* end) noexcept nogil:
    cdef int length = d.length + (1 if d.picture_bits == 7 else 0)
    cdef int tail
    cdef uint8_t* p = end - length
    if d.picture_bits == 0 and not d.has_tl0:
        memcpy(p, d.raw, d.length)
        return length
    p[0] = d.raw[0]
    p[1] = d.raw[1]
    p += 2
    if d.picture_bits:
        p[0] = LONG_PICTURE | (picture >> 8) & 0x7F
        p[1] = <uint8_t>picture
        p += 2
    if d.has_tl0:
        p[0] = tl0
        p += 1
    tail = <int>(end - p)
    if tail == 1:
        p[0] = d.raw[d.length - 1]
    return length


def parse(bytes payload):
    """The descriptor as a dict; raises ValueError when it is malformed."""
    cdef vp8_descriptor d
    if vp8_parse(payload, len(payload), &d) != 0:
        raise ValueError("malformed VP8 payload descriptor")
    return {
        "length": d.length, "picture_bits": d.picture_bits, "picture": d.picture,
        "tl0": d.tl0 if d.has_tl0 else None, "temporal_layer": d.temporal_layer,
        "layer_sync": bool(d.layer_sync),
        "frame_start": bool(d.frame_start), "keyframe": bool(d.keyframe),
    }


def rewrite(bytes payload, int picture, int tl0):
    """The payload with another picture id and TL0PICIDX; raises ValueError when malformed."""
    cdef vp8_descriptor d
    cdef uint8_t room[VP8_MAX_DESCRIPTOR]
    cdef int length
    if vp8_parse(payload, len(payload), &d) != 0:
        raise ValueError("malformed VP8 payload descriptor")
    length = vp8_write(&d, <uint16_t>picture, <uint8_t>tl0, room + VP8_MAX_DESCRIPTOR)
    return (room + VP8_MAX_DESCRIPTOR - length)[:length] + payload[d.length:]
