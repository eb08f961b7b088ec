from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport abort, free, malloc
from libc.string cimport memcmp, memcpy, memset

from sfu.kernel.allocation cimport allocation_due, allocation_mark
from sfu.kernel.addresses cimport path
from sfu.kernel.bytes cimport load16, load32, store16, store32
from sfu.kernel.engine cimport (
    engine_add_slot, engine_close, engine_close_session, engine_expect, engine_open,
    engine_open_session, engine_receive, engine_send_dtls, engine_set_gate, engine_set_keys,
    engine_set_room, engine_tick)
from sfu.kernel.estimate cimport (
    LEAST, MOST, estimator, estimator_feedback, estimator_moved, estimator_open, estimator_pace, estimator_remb,
    estimator_sent, estimator_slept, estimator_tick)
from sfu.kernel.fanout cimport fanout_runs, fanout_work
from sfu.kernel.ice cimport ice_credentials, ice_peer
from sfu.kernel.outbox cimport outbox_flush
from sfu.kernel.pacing cimport pacing_due
from sfu.kernel.probes cimport probes_due
from sfu.kernel.rates cimport rates_lean
from sfu.kernel.red cimport RED_BLOCKS, RED_HEADER, red_packet, red_parse, red_write_header
from sfu.kernel.rewrite cimport (
    map_entry, map_forward, map_leave_out, map_omit, map_packet, map_resolve, map_start, map_switch, slot_map)
from sfu.kernel.rtcp cimport (
    arrivals, arrivals_add, arrivals_write, rtcp_next, rtcp_packet, rtcp_remb)
from sfu.kernel.rtp cimport (
    RTP_MALFORMED, rtp_extension, rtp_header, rtp_is_rtcp, rtp_parse, rtp_payload)
from sfu.kernel.sha1 cimport SHA1_Update, SHA_CTX, hmac_finish, hmac_init, hmac_key
from sfu.kernel.places cimport source_at, source_of
from sfu.kernel.sizes cimport (
    AUDIO_SLOTS, CAMERA, KINDS, LAYERS, MICROPHONE, SCREEN, SCREEN_AUDIO, TEMPORAL)
from sfu.kernel.slots cimport slots_show
from sfu.kernel.srtcp cimport srtcp_protect, srtcp_unprotect
from sfu.kernel.srtp cimport (
    SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80, SRTP_REPLAYED, srtp_context, srtp_free, srtp_init, srtp_protect, srtp_stream, srtp_unprotect)
from sfu.kernel.state cimport engine, expectation, session
from sfu.kernel.stun cimport (
    STUN_MALFORMED, STUN_MAX_ANSWER, STUN_SUCCESS, stun_check_fingerprint, stun_check_integrity,
    stun_error, stun_parse, stun_request, stun_success)
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
    must(r.fingerprint_at < length)
    stun_check_fingerprint(data, &r)
    if r.username != NULL:
        must(r.username >= data and r.username + r.username_len <= data + length)
    stun_check_integrity(data, length, &r, b"password", 8)
    size = stun_success(&r, data, 4 if length & 4 else 16, load16(data), b"password", 8, out,
                        STUN_MAX_ANSWER)
    must(size > 0 and stun_parse(out, size, &again) == STUN_SUCCESS)
    must(stun_check_fingerprint(out, &again) and stun_check_integrity(out, size, &again, b"password", 8))
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


cdef int fuzz_estimate(const uint8_t* data, size_t length) noexcept nogil:
    """Records of one byte and as much feedback as it says, or where that is none something else that is told;
    before each some packets leave, and after it time passes."""
    cdef estimator* c = <estimator*>malloc(sizeof(estimator))
    cdef int64_t now = 1000000, due
    cdef size_t at = 0, size
    cdef int32_t i
    cdef uint8_t* copy
    estimator_open(c, now, 300000)
    while at + 1 < length:
        for i in range(data[at] & 31):
            estimator_sent(c, now, 100 + 40 * <uint32_t>i)
            now += 500
        size = min(<size_t>data[at + 1], length - at - 2)
        if size > 0:
            copy = <uint8_t*>malloc(size + 1)
            memcpy(copy + 1, data + at + 2, size)
            estimator_feedback(c, now, copy + 1, size)
            free(copy)
        elif data[at] & 3 == 1:
            estimator_remb(c, now, <uint64_t>1 << (data[at] >> 2), <uint64_t>data[at] << 14)
        elif data[at] & 3 == 2:
            estimator_moved(c, now)
        elif data[at] & 3 == 3:
            estimator_slept(c, now)
        estimator_tick(c, now)
        due = probes_due(c, now, <uint64_t>data[at] << 16)
        must(-1 <= due < 1000000)
        must(LEAST <= c.target <= MOST and estimator_pace(c) <= 50000000)
        must(0 <= c.history.in_flight <= 1024 * 0xFFFF)
        now += <int64_t>(data[at] >> 5) * 50000
        at += 2 + size
    free(c)
    return 0


cdef int fuzz_red(const uint8_t* data, size_t length) noexcept nogil:
    cdef red_packet p
    cdef uint8_t header[RED_HEADER]
    cdef int i
    if red_parse(data, length, &p) != 0:
        return 0
    must(p.count <= RED_BLOCKS)
    for i in range(p.count + 1):
        must(<size_t>p.blocks[i].at + p.blocks[i].size <= length)
        must(i == p.count or p.blocks[i].at + p.blocks[i].size == p.blocks[i + 1].at)
        touch(data + p.blocks[i].at, p.blocks[i].size)
        if i < p.count:
            red_write_header(header, p.blocks[i].payload_type, p.blocks[i].earlier, p.blocks[i].size)
            must(memcmp(header, data + RED_HEADER * i, RED_HEADER) == 0)
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
            if data[i] & 0x40:
                map_leave_out(&m, source, 0, &p)
            else:
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


# ── the whole kernel ──

cdef enum:
    PUBLISHER = 0
    VIEWER = 1
    # More than the seats of speakers
    PEERS = 5
    UNKNOWN = PEERS
    DATAGRAM = 2048
    STEP = 100

cdef struct stage:
    # An engine with connected sessions that send and show to each other.
    engine* e
    srtp_context keys[PEERS]


cdef const uint8_t* KEY = b"0123456789abcdef0123456789abcd"
cdef const uint8_t* PASSWORD = b"password-of-22-octets!"


cdef void address_of(int peer, path* out) noexcept nogil:
    memset(out, 0, sizeof(path))
    out.remote.family = 4
    out.remote.port = <uint16_t>(5000 + peer)
    out.remote.ip[0] = 127
    out.remote.ip[3] = 1


cdef void settle(engine* e) noexcept nogil:
    allocation_due(e)
    fanout_runs(e)
    while fanout_work(e, 0):
        outbox_flush(e)
    pacing_due(e, 0)
    outbox_flush(e)
    e.out.captured_length = 0


cdef void deliver(engine* e, int peer, const uint8_t* data, size_t length) noexcept nogil:
    """In a buffer of exactly that size, so that AddressSanitizer sees one byte too many."""
    cdef path from_path
    cdef uint8_t* copy = <uint8_t*>malloc(length + 1)
    address_of(peer, &from_path)
    memcpy(copy + 1, data, length)
    engine_receive(e, &from_path, copy + 1, length)
    free(copy)
    settle(e)


cdef void send_check(engine* e, int peer, int place, const uint8_t* attributes, size_t length) noexcept nogil:
    """An authentic check with any attributes before its integrity, from the address of `place`."""
    cdef uint8_t out[DATAGRAM]
    cdef hmac_key key
    cdef SHA_CTX message
    cdef size_t at = 20
    memset(out, 0, 32)
    length &= ~<size_t>3
    if length > 1000:
        length = 1000
    store16(out, 1)
    store32(out + 4, 0x2112A442u)
    store16(out + 20, 6)
    store16(out + 22, 8)
    memcpy(out + 24, b"ufr0:abc", 8)
    out[27] = <uint8_t>(c"0" + peer)
    memcpy(out + 32, attributes, length)
    at = 32 + length
    store16(out + 2, <uint16_t>(at + 24 - 20))
    store16(out + at, 8)
    store16(out + at + 2, 20)
    hmac_init(&key, PASSWORD, 22)
    message = key.inner
    SHA1_Update(&message, out, at)
    hmac_finish(&key, &message, out + at + 4)
    deliver(e, place, out, at + 24)


cdef void answer_check(engine* e, int peer) noexcept nogil:
    """What a peer would answer to the last check of ours."""
    cdef uint8_t out[DATAGRAM]
    cdef hmac_key key
    cdef SHA_CTX message
    if not e.sessions[peer].used:
        return
    store16(out, 0x0101)
    store16(out + 2, 24)
    store32(out + 4, 0x2112A442u)
    memcpy(out + 8, e.sessions[peer].probe.transaction, 12)
    store16(out + 20, 8)
    store16(out + 22, 20)
    hmac_init(&key, PASSWORD, 22)
    message = key.inner
    SHA1_Update(&message, out, 20)
    hmac_finish(&key, &message, out + 24)
    engine_receive(e, &e.sessions[peer].probe.path, out, 44)
    settle(e)


cdef void send_rtp(stage* g, int peer, const uint8_t* data, size_t length) noexcept nogil:
    cdef uint8_t out[ROOM]
    cdef rtp_header h
    cdef int size
    if length > MTU or rtp_parse(data, length, &h) != 0:
        return
    size = srtp_protect(&g.keys[peer], data, h.length, data + h.length, length - h.length, 0, out,
                        ROOM)
    if size > 0:
        deliver(g.e, peer, out, size)


cdef void send_rtcp(stage* g, int peer, const uint8_t* data, size_t length) noexcept nogil:
    cdef uint8_t out[ROOM]
    cdef int size
    if length < 8 or length > MTU:
        return
    memcpy(out, data, length)
    size = srtcp_protect(&g.keys[peer], out, length, ROOM)
    if size > 0:
        deliver(g.e, peer, out, size)


cdef void tell_arrivals(stage* g, int peer, const uint8_t* data, size_t length) noexcept nogil:
    """Feedback that fits what has been sent: how many numbers back, a reference, and steps of 64 ms / 256."""
    cdef uint8_t out[DATAGRAM]
    cdef session* s = &g.e.sessions[peer]
    cdef size_t i, count, size
    if not s.used or s.estimator == NULL or length < 4:
        return
    count = min(<size_t>400, length - 3)
    memset(out, 0, DATAGRAM)
    out[0], out[1] = 0x8F, 205
    store32(out + 8, 200)
    store16(out + 12, <uint16_t>(s.estimator.history.last - data[0] * 4 + 1))
    store16(out + 14, <uint16_t>count)
    store16(out + 17, load16(data + 1))
    store16(out + 20, <uint16_t>(1 << 13 | count))
    memcpy(out + 22, data + 3, count)
    size = (22 + count + 3) & ~<size_t>3
    store16(out + 2, <uint16_t>(size // 4 - 1))
    send_rtcp(g, peer, out, size)


cdef void report(stage* g, int peer, const uint8_t* data, size_t length) noexcept nogil:
    """A report on a stream that was sent, with a time that was told (RFC 3550 §6.4.2)."""
    cdef uint8_t out[32]
    cdef uint64_t middle = <uint64_t>g.e.now * 65536 // 1000000
    if length < 16:
        return
    memset(out, 0, 32)
    out[0], out[1], out[3] = 0x81, 201, 7
    store32(out + 8, (200 if data[0] & 1 else 100) + data[0] // 64)
    memcpy(out + 12, data + 1, 12)
    store32(out + 24, 0 if data[0] & 2 else <uint32_t>(middle - load16(data + 13)))
    store32(out + 28, load16(data + 14) >> (data[0] >> 2 & 7))
    send_rtcp(g, peer, out, 32)


cdef void expect_all(engine* e, int32_t index) noexcept nogil:
    cdef expectation x
    cdef int32_t kind, i
    for kind in range(KINDS):
        memset(&x, 0, sizeof(x))
        x.used = True
        x.mid[0] = <uint8_t>(c"0" + kind)
        x.mid_length = 1
        x.payload_type = <uint8_t>(96 + 2 * kind)
        x.rtx_payload_type = <uint8_t>(97 + 2 * kind)
        x.red_payload_type = 63 if kind == MICROPHONE else 0
        x.clock_rate = 48000 if kind == MICROPHONE or kind == SCREEN_AUDIO else 90000
        x.layers = LAYERS if kind == CAMERA else 1
        for i in range(x.layers):
            x.ssrcs[i] = 16 * kind + 2 * i + 1
            x.rtx_ssrcs[i] = 16 * kind + 2 * i + 2
            x.rids[i][0] = <uint8_t>(c"a" + i)
            x.rid_lengths[i] = 1
        x.nack = True
        x.transport_cc = kind == CAMERA
        x.remb = True
        engine_expect(e, index, kind, &x)
        engine_set_gate(e, index, kind, True)


cdef void enter(stage* g, int32_t index) noexcept nogil:
    cdef engine* e = g.e
    cdef uint8_t ufrag[4]
    cdef session* s
    cdef int profile = SRTP_AEAD_AES_128_GCM if index == PUBLISHER else SRTP_AES128_CM_SHA1_80
    cdef size_t length = 28 if index == PUBLISHER else 30
    cdef int32_t slot
    memcpy(ufrag, b"ufr0", 4)
    ufrag[3] = <uint8_t>(c"0" + index)
    engine_open_session(e, index, 0, index + 1, ufrag, 4, PASSWORD, 22)
    engine_set_keys(e, index, profile, KEY, KEY, length)
    s = &e.sessions[index]
    ice_peer(s, b"peer", 4, PASSWORD, 22)
    s.id_mid, s.id_rid, s.id_repaired_rid = 1, 2, 3
    s.id_level, s.id_transport_cc, s.id_send_time = 4, 5, 6
    expect_all(e, index)
    for slot in range(AUDIO_SLOTS):
        engine_add_slot(e, index, slot, False, 100 + slot, 0, 111, 63, True, 12345)
    for slot in range(3):
        engine_add_slot(e, index, AUDIO_SLOTS + slot, True, 200 + slot, 300 + slot, 96, 97, True, 54321)
    srtp_init(&g.keys[index], profile, KEY, length, True)


cdef void command(stage* g, const uint8_t* data, size_t length) noexcept nogil:
    """What Python may ask for; arguments as it would have checked them."""
    cdef engine* e = g.e
    cdef int32_t index, other, tile
    if length < 3:
        return
    index = (data[1] & 7) % PEERS
    other = (data[1] >> 3 & 7) % PEERS
    if not e.sessions[index].used or not e.sessions[other].used:
        srtp_free(&g.keys[index])
        engine_close_session(e, index)
        enter(g, index)
    elif data[0] & 7 == 0:
        engine_close_session(e, index)
    elif data[0] & 7 == 1:
        engine_set_gate(e, index, data[2] & 3, data[2] & 4 != 0)
    elif data[0] & 7 == 2:
        engine_set_room(e, index, data[2] & 3)
    elif data[0] & 7 == 3:
        ice_credentials(e, index, data + 1, 4 if length > 8 else 0, PASSWORD, 22)
    elif data[0] & 7 == 4:
        e.rooms[e.sessions[index].room].screen_audio = index if data[2] & 1 else -1
    elif data[0] & 7 == 5:
        engine_send_dtls(e, index, data, length)
    elif data[0] & 15 == 14:
        rates_lean(source_at(e, source_of(index * KINDS + (data[2] & 3), data[2] // 16 % LAYERS)), e.now)
    elif data[0] & 15 == 15:
        tile = AUDIO_SLOTS + data[1] // 64 % 3
        e.sessions[index].slots[tile].tile_height = data[2] * 8
        e.sessions[index].slots[tile].temporal_most = data[0] // 16 % TEMPORAL
        e.sessions[index].moderator = data[2] & 1
        allocation_mark(e, index)
    elif data[2] & 8:
        slots_show(e, index, AUDIO_SLOTS + data[1] // 64 % 3, -1, 0)
        allocation_mark(e, index)
    else:
        slots_show(e, index, AUDIO_SLOTS + data[1] // 64 % 3, other * KINDS + (data[2] & 3 or 1),
                     data[2] // 16 % LAYERS)
        allocation_mark(e, index)
    settle(e)


cdef void operate(stage* g, int operation, int peer, const uint8_t* data,
                  size_t length) noexcept nogil:
    if operation == 0:
        deliver(g.e, peer, data, length)
    elif operation == 1:
        deliver(g.e, UNKNOWN, data, length)
    elif operation == 2:
        send_rtp(g, peer, data, length)
    elif operation == 3:
        send_rtcp(g, peer, data, length)
    elif operation == 4:
        send_check(g.e, peer, data[0] % (PEERS + 1) if length & 1 else peer, data, length)
    elif operation == 5:
        command(g, data, length)
    elif operation == 8:
        tell_arrivals(g, peer, data, length)
    elif operation == 9:
        report(g, peer, data, length)
    else:
        g.e.now += <int64_t>length * STEP * (100 if operation == 7 else 1)
        engine_tick(g.e)
        settle(g.e)
        if length & 1:
            answer_check(g.e, peer)


cdef int fuzz_core(const uint8_t* data, size_t length) noexcept nogil:
    """Records of peer and operation (4 bits each), a length (16 bits) and that much data."""
    cdef stage g
    cdef size_t at = 0, size
    cdef int peer
    memset(&g, 0, sizeof(g))
    g.e = engine_open(PEERS, 0)
    g.e.now = 1000000000
    g.e.out.captures = True
    for peer in range(PEERS):
        enter(&g, peer)
        send_check(g.e, peer, peer, b"\x00\x25\x00\x00", 4)
    for peer in range(3):
        slots_show(g.e, VIEWER, AUDIO_SLOTS + peer, CAMERA if peer < 2 else SCREEN, 2 - peer)
    allocation_mark(g.e, VIEWER)
    settle(g.e)
    while at + 3 <= length:
        size = load16(data + at + 1)
        if size > length - at - 3:
            size = length - at - 3
        if size > DATAGRAM:
            size = DATAGRAM
        operate(&g, data[at] & 15, (data[at] >> 4) % PEERS, data + at + 3, size)
        at += 3 + size
    for peer in range(PEERS):
        srtp_free(&g.keys[peer])
    engine_close(g.e)
    return 0
