from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport abort, free, malloc
from libc.string cimport memcmp, memcpy, memset

from sfu.kernel.bytes cimport load16, load32
from sfu.kernel.rewrite cimport (
    map_entry, map_forward, map_omit, map_packet, map_resolve, map_start, map_switch, slot_map)
from sfu.kernel.rtcp cimport (
    arrivals, arrivals_add, arrivals_write, rtcp_next, rtcp_packet, rtcp_remb)
from sfu.kernel.rtp cimport (
    RTP_MALFORMED, rtp_extension, rtp_header, rtp_is_rtcp, rtp_parse, rtp_payload)
from sfu.kernel.srtp cimport (
    SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80, SRTP_REPLAYED, srtcp_protect, srtcp_unprotect,
    srtp_context, srtp_free, srtp_init, srtp_protect, srtp_stream, srtp_unprotect)
from sfu.kernel.stun cimport (
    STUN_MALFORMED, STUN_MAX_ANSWER, stun_check_integrity, stun_error, stun_parse, stun_request,
    stun_success)
from sfu.kernel.vp8 cimport VP8_MAX_DESCRIPTOR, vp8_descriptor, vp8_parse, vp8_write

cdef enum:
    ROOM = 4096
    MTU = 1500


cdef inline void must(bint condition) noexcept nogil:
    if not condition:
        abort()


cdef uint8_t touch(const uint8_t* data, size_t length) noexcept nogil:
    """Reads every byte, so that AddressSanitizer sees a result that leaves its buffer."""
    cdef uint8_t sum = 0
    cdef size_t i
    for i in range(length):
        sum ^= data[i]
    return sum


cdef int fuzz_stun(const uint8_t* data, size_t length) noexcept nogil:
    cdef stun_request r, again
    cdef uint8_t out[STUN_MAX_ANSWER]
    cdef int codes[4]
    cdef int i, size
    codes[:] = [400, 401, 420, 487]
    if stun_parse(data, length, &r) == STUN_MALFORMED:
        return 0
    if r.username != NULL:
        must(r.username >= data and r.username + r.username_len <= data + length)
    stun_check_integrity(data, length, &r, b"password", 8)
    size = stun_success(&r, data, 4 if length & 4 else 16, load16(data), b"password", 8, out,
                        STUN_MAX_ANSWER)
    must(size > 0 and stun_parse(out, size, &again) == 2)
    must(stun_check_integrity(out, size, &again, b"password", 8))
    for i in range(4):
        size = stun_error(&r, codes[i], NULL if i & 1 else <const uint8_t*>b"password", 8, out,
                          STUN_MAX_ANSWER)
        must(size > 0 and stun_parse(out, size, &again) == 2)
    return 0


cdef int fuzz_rtp(const uint8_t* data, size_t length) noexcept nogil:
    cdef rtp_header h
    cdef const uint8_t* found
    cdef size_t size = 0
    cdef int id, payload
    rtp_is_rtcp(data, length)
    if rtp_parse(data, length, &h) != 0:
        return 0
    must(h.length <= length)
    payload = rtp_payload(data, length, &h)
    must(payload == RTP_MALFORMED or h.length + payload <= length)
    for id in range(256):
        found = rtp_extension(&h, <uint8_t>id, &size)
        if found != NULL:
            must(found >= data and found + size <= data + h.length)
            touch(found, size)
    return 0


cdef int fuzz_rtcp(const uint8_t* data, size_t length) noexcept nogil:
    cdef rtcp_packet p
    cdef size_t at = 0, before
    while True:
        before = at
        if rtcp_next(data, length, &at, &p) <= 0:
            return 0
        must(at > before and at <= length)
        must(p.body + p.length <= data + at)
        touch(p.body, p.length)
        rtcp_remb(&p)


cdef int fuzz_feedback(const uint8_t* data, size_t length) noexcept nogil:
    """Arrivals of three bytes each: number, and the step in time; what is written must parse."""
    cdef arrivals a
    cdef uint8_t* out
    cdef rtcp_packet p
    cdef int64_t now = 1
    cdef size_t i = 1, at, cap
    cdef int size
    memset(&a, 0, sizeof(a))
    if length < 2:
        return 0
    cap = 40 + 5 * <size_t>data[0]
    while i + 3 <= length:
        now += <int64_t>data[i + 2] * data[i + 2] * 17
        arrivals_add(&a, load16(data + i), now)
        i += 3
        if data[i - 1] & 15 == 7:
            out = <uint8_t*>malloc(cap)
            size = arrivals_write(&a, out, cap, 1, 2)
            must(size <= <int>cap)
            if size > 0:
                at = 0
                must(rtcp_next(out, size, &at, &p) == 1 and at == <size_t>size)
            free(out)
    return 0


cdef int fuzz_vp8(const uint8_t* data, size_t length) noexcept nogil:
    cdef vp8_descriptor d, again
    cdef uint8_t* room
    cdef uint8_t* start
    cdef size_t rest
    cdef int size
    if vp8_parse(data, length, &d) != 0:
        return 0
    must(d.length < length)
    rest = length - d.length
    room = <uint8_t*>malloc(VP8_MAX_DESCRIPTOR + rest)
    memcpy(room + VP8_MAX_DESCRIPTOR, data + d.length, rest)
    size = vp8_write(&d, 0x1234, 0x56, room + VP8_MAX_DESCRIPTOR)
    must(0 < size <= VP8_MAX_DESCRIPTOR)
    start = room + VP8_MAX_DESCRIPTOR - size
    must(vp8_parse(start, size + rest, &again) == 0)
    must(again.length == size and again.keyframe == d.keyframe)
    must(again.temporal_layer == d.temporal_layer and again.has_tl0 == d.has_tl0)
    must(d.picture_bits == 0 or again.picture == 0x1234)
    free(room)
    return 0


cdef int fuzz_rewrite(const uint8_t* data, size_t length) noexcept nogil:
    """Operations of four bytes: kind and source, distance of the sequence, time, picture."""
    cdef slot_map m
    cdef map_packet p, out
    cdef const map_entry* e
    cdef int64_t sequences[4]
    cdef int64_t out_sequence = 0, in_sequence = 0
    cdef size_t i
    cdef uint32_t source
    cdef uint32_t clock = 0
    map_start(&m, 1)
    for i in range(4):
        sequences[i] = 0x10000 * <int64_t>(i + 1)
    for i in range(0, length & ~<size_t>3, 4):
        source = data[i] & 3
        sequences[source] += <signed char>data[i + 1]
        clock += <uint32_t>data[i + 2] << 5
        p.sequence = sequences[source]
        p.timestamp = clock * (source + 1)
        p.picture = (<uint16_t>data[i + 3] * 257) & 0x7FFF
        p.tl0 = data[i + 3]
        if data[i] & 0x30 == 0x10:
            map_switch(&m, source, 0, &p, clock)
        elif data[i] & 0x30 == 0x20:
            map_omit(&m, source, 0, p.sequence)
        elif map_forward(&m, source, 0, &p, &out):
            must(out.sequence <= m.highest_out and out.sequence > 0)
            must(out.picture <= 0x7FFF)
            e = map_resolve(&m, <uint16_t>out.sequence, &out_sequence, &in_sequence)
            if e != NULL and m.highest_out - out.sequence < 0x10000:
                must(out_sequence == out.sequence)
        map_resolve(&m, load16(data + i + 1), &out_sequence, &in_sequence)
    return 0


cdef void srtp_once(int profile, const uint8_t* key, size_t key_len, const uint8_t* data,
                    size_t length) noexcept nogil:
    cdef srtp_context into, out
    cdef srtp_stream stream
    cdef rtp_header h
    cdef uint8_t wire[ROOM]
    cdef uint8_t* copy = <uint8_t*>malloc(length + 24)
    cdef int size
    memset(&stream, 0, sizeof(stream))
    must(srtp_init(&into, profile, key, key_len, False) == 0)
    must(srtp_init(&out, profile, key, key_len, True) == 0)
    memcpy(copy, data, length)
    must(srtcp_unprotect(&into, copy, length) < 0)
    memcpy(copy, data, length)
    if rtp_parse(data, length, &h) == 0:
        must(srtp_unprotect(&into, &stream, copy, length, h.length) < 0)
        size = srtp_protect(&out, data, h.length, data + h.length, length - h.length, 0, wire, ROOM)
        must(size > 0)
        must(srtp_unprotect(&into, &stream, wire, size, h.length) == <int>length)
        must(memcmp(wire, data, length) == 0)
        must(srtp_unprotect(&into, &stream, wire, length, h.length) == SRTP_REPLAYED
             or length < h.length + 16)
    memcpy(copy, data, length)
    size = srtcp_protect(&out, copy, length, length + 24)
    if size > 0:
        must(srtcp_unprotect(&into, copy, size) == <int>length)
        must(memcmp(copy, data, length) == 0)
    srtp_free(&into)
    srtp_free(&out)
    free(copy)


cdef int fuzz_srtp(const uint8_t* data, size_t length) noexcept nogil:
    if length > MTU:
        return 0
    srtp_once(SRTP_AEAD_AES_128_GCM, b"0123456789abcdef0123456789ab", 28, data, length)
    srtp_once(SRTP_AES128_CM_SHA1_80, b"0123456789abcdef0123456789abcd", 30, data, length)
    return 0
