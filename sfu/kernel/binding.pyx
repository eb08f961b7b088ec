from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

from sfu.kernel.bytes cimport load16
from sfu.kernel.fanout cimport fanout_forget
from sfu.kernel.memory cimport ring_close, ring_open
from sfu.kernel.pace cimport within
from sfu.kernel.places cimport kind_at, place_of
from sfu.kernel.rtp cimport rtp_extension
from sfu.kernel.sizes cimport CAMERA, KINDS, LAYERS, LONGEST_DATAGRAM, RETIRED, RING, SCREEN, SOURCES, STREAMS
from sfu.kernel.slots cimport slots_choose_viewers
from sfu.kernel.srtp cimport SRTP_FORGED, srtp_context, srtp_unprotect, srtp_unprotect_ahead
from sfu.kernel.state cimport expectation, source

cdef enum:
    # New SSRCs: 2 a second, 20 ahead
    STREAM_INTERVAL = 500000
    STREAM_BURST = 10000000
    # After such a silence a stream may have gone on for any number of packets: an encoder goes on
    # sending while its line is away. So many roll-overs are tried, two with each packet.
    AWAY = 5000000
    GUESSES = 4
    # Numbers that it may skip and still be one stream: half of a period
    SKIPPED = 0x7FFF


cdef inline bint same(const uint8_t* a, size_t a_length, const uint8_t* b, size_t b_length) noexcept nogil:
    return a_length == b_length and memcmp(a, b, a_length) == 0


cdef int32_t kind_by_mid(session* s, const rtp_header* h) noexcept nogil:
    cdef size_t length = 0
    cdef const uint8_t* mid = rtp_extension(h, s.id_mid, &length)
    cdef int32_t kind
    if mid == NULL:
        return -1
    for kind in range(KINDS):
        if s.tracks[kind].expect.used and same(
                mid, length, s.tracks[kind].expect.mid, s.tracks[kind].expect.mid_length):
            return kind
    return -1


cdef int32_t layer_by_rid(session* s, const expectation* x, const rtp_header* h, bint* repaired) noexcept nogil:
    cdef size_t length = 0
    cdef const uint8_t* rid = rtp_extension(h, s.id_repaired_rid, &length)
    cdef int32_t layer
    repaired[0] = rid != NULL
    if rid == NULL:
        rid = rtp_extension(h, s.id_rid, &length)
    if rid == NULL:
        return -1
    for layer in range(x.layers):
        if x.rid_lengths[layer] and same(rid, length, x.rids[layer], x.rid_lengths[layer]):
            return layer
    return -1


cdef int32_t kind_by_payload_type(session* s, uint8_t payload_type) noexcept nogil:
    """The one section that this payload type can belong to; −1 when there are several."""
    cdef int32_t kind, found = -1
    for kind in range(KINDS):
        if s.tracks[kind].expect.used and (
                s.tracks[kind].expect.payload_type == payload_type
                or (s.tracks[kind].expect.red_payload_type == payload_type and payload_type)
                or (s.tracks[kind].expect.rtx_payload_type == payload_type and payload_type)):
            if found >= 0:
                return -1
            found = kind
    return found


cdef bint find_by_ssrc(session* s, uint32_t ssrc, int32_t* kind, int32_t* layer, bint* rtx) noexcept nogil:
    cdef expectation* x
    cdef int32_t k, i
    for k in range(KINDS):
        x = &s.tracks[k].expect
        if not x.used:
            continue
        for i in range(LAYERS):
            if ssrc and (x.ssrcs[i] == ssrc or x.rtx_ssrcs[i] == ssrc):
                kind[0], layer[0] = k, i
                rtx[0] = x.rtx_ssrcs[i] == ssrc
                return True
    return False


cdef int32_t identify(session* s, const rtp_header* h, bint* rtx) noexcept nogil:
    """Place of the source that this packet belongs to; −1: none that we expect."""
    cdef int32_t kind = -1, layer = 0
    cdef bint repaired = False
    cdef expectation* x
    if find_by_ssrc(s, h.ssrc, &kind, &layer, rtx):
        return place_of(kind, layer if kind == CAMERA else 0)
    kind = kind_by_mid(s, h)
    if kind < 0:
        kind = kind_by_payload_type(s, h.payload_type)
    if kind < 0:
        return -1
    x = &s.tracks[kind].expect
    layer = 0
    if kind == CAMERA and x.layers > 1:
        layer = layer_by_rid(s, x, h, &repaired)
        if layer < 0:
            return -1
    rtx[0] = repaired or (x.rtx_payload_type != 0 and h.payload_type == x.rtx_payload_type)
    return place_of(kind, layer)


cdef void bind_source(engine* e, int32_t index, int32_t place, uint32_t ssrc) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef source* n = &s.sources[place]
    cdef uint32_t generation
    cdef uint32_t rtx_ssrc = n.rtx_ssrc
    cdef int64_t pace = n.pace, byte_pace = n.byte_pace
    cdef bint dirty
    fanout_forget(e, index * SOURCES + place)
    ring_close(e, n)
    generation = n.generation
    # `dirty` says that the source is listed among those with runs, which stays true.
    dirty = n.dirty
    memset(n, 0, sizeof(source))
    n.dirty = dirty
    n.pace = pace
    n.byte_pace = byte_pace
    n.generation = generation
    n.rtx_ssrc = rtx_ssrc
    n.session = index
    n.kind = <uint8_t>kind_at(place)
    n.layer = <uint8_t>(place - 1 if n.kind == CAMERA else 0)
    n.clock_rate = s.tracks[n.kind].expect.clock_rate
    n.ssrc = ssrc
    n.highest = -1
    if n.kind == CAMERA or n.kind == SCREEN:
        n.bound = ring_open(n, RING)
    else:
        n.bound = True
    s.sends = True
    # Slots that showed it have a source of before.
    slots_choose_viewers(e, index * KINDS + n.kind)


cdef ssrc_entry* binding_find(session* s, uint32_t ssrc) noexcept nogil:
    cdef int32_t i
    if s.stream_count and s.streams[s.last_stream].ssrc == ssrc:
        return &s.streams[s.last_stream]
    for i in range(s.stream_count):
        if s.streams[i].ssrc == ssrc:
            s.last_stream = i
            return &s.streams[i]
    return NULL


cdef int unprotect_now_or_ahead(srtp_context* keys, srtp_stream* state, uint8_t* data, size_t length,
                                size_t header_length, uint32_t periods) noexcept nogil:
    # An attempt that fails leaves nothing of the payload.
    cdef uint8_t copy[LONGEST_DATAGRAM]
    cdef int plain
    memcpy(copy, data, length)
    plain = srtp_unprotect_ahead(keys, state, data, length, header_length, 0)
    if plain != SRTP_FORGED:
        return plain
    memcpy(data, copy, length)
    return srtp_unprotect_ahead(keys, state, data, length, header_length, periods)


cdef int binding_unprotect(engine* e, int32_t index, ssrc_entry* n, uint8_t* data, size_t length,
                           size_t header_length) noexcept nogil:
    cdef srtp_context* keys = &e.sessions[index].inbound
    cdef uint64_t before = n.stream.highest
    cdef int plain
    if e.now - n.heard <= AWAY:
        plain = srtp_unprotect(keys, &n.stream, data, length, header_length)
    else:
        # By its number, not by what came before: strangers would choose it.
        plain = unprotect_now_or_ahead(
            keys, &n.stream, data, length, header_length, 1 + load16(data + 2) % (GUESSES - 1))
        if plain >= 0 and n.stream.highest - before > SKIPPED and not n.rtx:
            bind_source(e, index, n.source, n.ssrc)
    if plain >= 0:
        n.heard = e.now
    return plain


cdef int binding_unprotect_first(srtp_context* keys, srtp_stream* state, uint8_t* data, size_t length,
                                 size_t header_length) noexcept nogil:
    # Some stacks begin with any number: of whom the first packets got lost, the numbers may have come round.
    if load16(data + 2) > SKIPPED:
        return srtp_unprotect(keys, state, data, length, header_length)
    return unprotect_now_or_ahead(keys, state, data, length, header_length, 1)


cdef bint binding_is_retired(const session* s, uint32_t ssrc) noexcept nogil:
    cdef uint32_t i, known = s.retired_count if s.retired_count < RETIRED else RETIRED
    for i in range(known):
        if s.retired[i] == ssrc:
            return True
    return False


cdef ssrc_entry* binding_add(engine* e, int32_t index, const rtp_header* h, const srtp_stream* state) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef bint rtx = False
    cdef int32_t place = identify(s, h, &rtx), i
    cdef ssrc_entry* n = NULL
    if place < 0 or not binding_takes(s, place, rtx, h.payload_type):
        return NULL
    if not within(&s.stream_pace, e.now, STREAM_INTERVAL, STREAM_BURST):
        return NULL
    for i in range(s.stream_count):
        # A source has one SSRC for media and one for RTX: a new one takes the old one's place.
        if s.streams[i].source == place and s.streams[i].rtx == rtx:
            n = &s.streams[i]
    if n == NULL:
        if s.stream_count == STREAMS:
            return NULL
        n = &s.streams[s.stream_count]
        s.stream_count += 1
    else:
        s.retired[s.retired_count % RETIRED] = n.ssrc
        s.retired_count += 1
    n.ssrc = h.ssrc
    n.source = place
    n.rtx = rtx
    n.stream = state[0]
    n.heard = e.now
    if rtx:
        s.sources[place].rtx_ssrc = h.ssrc
    else:
        bind_source(e, index, place, h.ssrc)
    return n
