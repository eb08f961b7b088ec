from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memset

from sfu.kernel.bytes cimport load16
from sfu.kernel.events cimport EVENT_SOURCE, event_put
from sfu.kernel.feedback cimport feedback_receive, nack_due, nack_found, nack_missing
from sfu.kernel.forward cimport (
    forward_audio, forward_choose_viewers, forward_forget, forward_video)
from sfu.kernel.memory cimport packet_drop, packet_take, ring_close, ring_find, ring_open, ring_put
from sfu.kernel.pace cimport within
from sfu.kernel.rtcp cimport arrivals, arrivals_add
from sfu.kernel.rtp cimport rtp_extension, rtp_header, rtp_parse, rtp_payload
from sfu.kernel.speakers cimport speakers_hear
from sfu.kernel.srtp cimport SRTP_FORGED, SRTP_REPLAYED, srtcp_unprotect, srtp_stream, srtp_unprotect
from sfu.kernel.state cimport (
    BYTES_RECEIVED, CAMERA, DROPPED_DUPLICATE, DROPPED_FORGED, DROPPED_GARBAGE, DROPPED_GATE,
    DROPPED_FLOOD, DROPPED_LATE, DROPPED_NO_MEMORY, DROPPED_REPLAYED, DROPPED_UNKNOWN_SSRC, KINDS, LAYERS, MICROPHONE,
    MTU, PACKETS_RECEIVED, RETIRED, RING, SCREEN, SCREEN_AUDIO, SOURCES, STREAMS, expectation, packet, session,
    source, ssrc_entry, track)
from sfu.kernel.vp8 cimport vp8_parse

cdef enum:
    # A camera layer that is silent for so long has stopped
    ACTIVE_FOR = 700000
    # After this a stopped source's ring is given back
    KEPT_FOR = 5000000
    # Nobody asks again for a packet older than this
    WORTH = 3000000
    # Packets of sound: 250 a second, 100 ahead; of a layer: 2000 a second, 1000 ahead
    SOUND_INTERVAL = 4000
    SOUND_BURST = 400000
    LAYER_INTERVAL = 500
    LAYER_BURST = 500000
    # New SSRCs: 2 a second, 20 ahead
    STREAM_INTERVAL = 500000
    STREAM_BURST = 10000000
    # Opus frames of at most this many bytes carry no speech, whatever level they claim
    NO_SPEECH = 10
    # Loudness of a publisher who does not tell levels: −40 dBov
    UNTOLD = 87


# ── which source an SSRC is ──


cdef inline int32_t place_of(int32_t kind, int32_t layer) noexcept nogil:
    if kind == MICROPHONE:
        return 0
    if kind == CAMERA:
        return 1 + layer
    return 4 if kind == SCREEN else 5


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
    cdef int64_t pace = n.pace
    cdef bint dirty
    forward_forget(e, index * SOURCES + place)
    ring_close(e, n)
    generation = n.generation
    # `dirty` says that the source is listed among those with runs, which stays true.
    dirty = n.dirty
    memset(n, 0, sizeof(source))
    n.dirty = dirty
    n.pace = pace
    n.generation = generation
    n.rtx_ssrc = rtx_ssrc
    n.session = index
    n.kind = <uint8_t>(0 if place == 0 else (CAMERA if place < 4 else place - 2))
    n.layer = <uint8_t>(place - 1 if n.kind == CAMERA else 0)
    n.clock_rate = s.tracks[n.kind].expect.clock_rate
    n.ssrc = ssrc
    n.highest = -1
    if n.kind == CAMERA or n.kind == SCREEN:
        n.bound = ring_open(n)
    else:
        n.bound = True
    s.sends = True


cdef ssrc_entry* stream_of(session* s, uint32_t ssrc) noexcept nogil:
    cdef int32_t i
    if s.stream_count and s.streams[s.last_stream].ssrc == ssrc:
        return &s.streams[s.last_stream]
    for i in range(s.stream_count):
        if s.streams[i].ssrc == ssrc:
            s.last_stream = i
            return &s.streams[i]
    return NULL


cdef bint is_retired(const session* s, uint32_t ssrc) noexcept nogil:
    cdef uint32_t i, known = s.retired_count if s.retired_count < RETIRED else RETIRED
    for i in range(known):
        if s.retired[i] == ssrc:
            return True
    return False


cdef ssrc_entry* add_stream(engine* e, int32_t index, const rtp_header* h, const srtp_stream* state) noexcept nogil:
    """After the first authentic packet of a new SSRC: binds it to the source it belongs to."""
    cdef session* s = &e.sessions[index]
    cdef bint rtx = False
    cdef int32_t place = identify(s, h, &rtx), i
    cdef ssrc_entry* n = NULL
    if place < 0 or not within(&s.stream_pace, e.now, STREAM_INTERVAL, STREAM_BURST):
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
    if rtx:
        s.sources[place].rtx_ssrc = h.ssrc
    else:
        bind_source(e, index, place, h.ssrc)
    return n


# ── what a packet means for its source ──


cdef inline int64_t extend(int64_t highest, uint16_t sequence) noexcept nogil:
    return highest + <int16_t>(sequence - <uint16_t>highest)


cdef void note_jitter(source* s, uint32_t timestamp, int64_t now) noexcept nogil:
    cdef int64_t transit = now * s.clock_rate // 1000000 - timestamp
    cdef int64_t difference = <int32_t>(transit - s.transit)
    s.transit = transit
    if difference < 0:
        difference = -difference
    # A jump is a new start of the time stamp, not jitter.
    if difference < s.clock_rate:
        s.jitter += difference - ((s.jitter + 8) >> 4)


cdef void activate(engine* e, source* s, int32_t index) noexcept nogil:
    if s.active:
        return
    s.active = True
    tell_layers(e, s.session, s.kind)
    if s.kind == CAMERA or s.kind == SCREEN:
        forward_choose_viewers(e, s.session * KINDS + s.kind)


cdef void tell_layers(engine* e, int32_t index, int32_t kind) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef uint8_t mask = 0
    cdef int32_t layer
    for layer in range(LAYERS if kind == CAMERA else 1):
        if s.sources[place_of(kind, layer)].active:
            mask |= <uint8_t>(1 << layer)
    if mask != s.tracks[kind].mask:
        if event_put(e, EVENT_SOURCE, index, kind, mask, NULL, 0):
            s.tracks[kind].mask = mask


cdef bint note_sound(source* s, int64_t sequence) noexcept nogil:
    """Whether this packet of a source without a ring is new. The roll-over counter of SRTP moves with
    packets that we do not take, so a number of ours may come twice although SRTP saw no replay."""
    cdef int64_t ahead = sequence - s.highest
    if ahead > 0:
        s.taken = (s.taken << ahead if ahead < 64 else 0) | 1
        s.highest = sequence
        return True
    if ahead <= -64 or s.taken >> -ahead & 1:
        return False
    s.taken |= <uint64_t>1 << -ahead
    return True


cdef bint place_sequence(engine* e, source* s, uint16_t sequence, int64_t* extended) noexcept nogil:
    """Extends the number and keeps the count of what is missing; False: too late or seen before."""
    if s.highest < 0:
        # One period ahead, so that a reordered earlier number stays positive.
        s.highest = s.first = 0x10000 + sequence
        s.taken = 1
        extended[0] = s.highest
        return True
    extended[0] = extend(s.highest, sequence)
    if extended[0] <= s.highest - RING or extended[0] <= s.forgotten:
        e.counters[DROPPED_LATE] += 1
        return False
    if s.kind != CAMERA and s.kind != SCREEN:
        if not note_sound(s, extended[0]):
            e.counters[DROPPED_DUPLICATE] += 1
            return False
        return True
    if s.ring == NULL:
        s.highest = extended[0]
        return True
    if ring_find(s, extended[0]) != NULL:
        e.counters[DROPPED_DUPLICATE] += 1
        return False
    if extended[0] > s.highest:
        if extended[0] > s.highest + 1 and e.sessions[s.session].tracks[s.kind].expect.nack:
            nack_missing(e, s, s.highest + 1, extended[0])
        s.highest = extended[0]
    elif s.missing_count:
        nack_found(s, extended[0])
    return True


cdef uint16_t unwrap_picture(source* s, const packet* p) noexcept nogil:
    """The picture id as 15 bits, whatever the source writes."""
    cdef int32_t ahead
    if p.vp8.picture_bits == 15 or s.packets == 1:
        s.last_picture = p.vp8.picture
        return p.vp8.picture
    if p.vp8.picture_bits == 0:
        return 0
    ahead = (p.vp8.picture - s.last_picture) & 0x7F
    if ahead >= 64:
        return <uint16_t>(s.last_picture + ahead - 128) & 0x7FFF
    s.last_picture = <uint16_t>(s.last_picture + ahead) & 0x7FFF
    return s.last_picture


cdef packet* make_packet(engine* e, source* s, const rtp_header* h, uint32_t timestamp,
                         const uint8_t* payload, size_t size, int64_t sequence) noexcept nogil:
    cdef packet* p = packet_take(e)
    if p == NULL:
        e.counters[DROPPED_NO_MEMORY] += 1
        return NULL
    p.sequence = sequence
    p.arrival = e.now
    p.timestamp = timestamp
    p.size = <uint16_t>size
    p.marker = h.marker
    p.keyframe = False
    p.is_vp8 = False
    p.picture = 0
    memset(&p.vp8, 0, sizeof(p.vp8))
    memcpy(p.payload, payload, size)
    if size and (s.kind == CAMERA or s.kind == SCREEN):
        if vp8_parse(p.payload, size, &p.vp8) != 0:
            e.counters[DROPPED_GARBAGE] += 1
            packet_drop(e, p)
            return NULL
        p.is_vp8 = True
        p.keyframe = p.vp8.keyframe
        p.picture = unwrap_picture(s, p)
        if p.keyframe:
            s.keyframes += 1
    return p


cdef void forget_old(engine* e, source* s) noexcept nogil:
    """Gives back the ring's oldest packets, so that slow layers hold few."""
    cdef int64_t sequence
    cdef packet* p
    s.forgotten = max(s.forgotten, s.highest - RING)
    for sequence in range(s.forgotten + 1, s.highest):
        p = ring_find(s, sequence)
        if p == NULL:
            continue
        if e.now - p.arrival <= WORTH:
            return
        s.ring[sequence % RING] = NULL
        packet_drop(e, p)
        s.forgotten = sequence


cdef bint bearable(engine* e, source* s) noexcept nogil:
    if s.kind == CAMERA or s.kind == SCREEN:
        return within(&s.pace, e.now, LAYER_INTERVAL, LAYER_BURST)
    return within(&s.pace, e.now, SOUND_INTERVAL, SOUND_BURST)


cdef void take_video(engine* e, int32_t index, source* s, packet* p) noexcept nogil:
    if s.ring == NULL and not ring_open(s):
        e.counters[DROPPED_NO_MEMORY] += 1
        return
    ring_put(e, s, p)
    forget_old(e, s)
    if s.missing_count:
        nack_due(e, s)
    if e.sessions[s.session].tracks[s.kind].gate:
        forward_video(e, index, p)
    else:
        e.counters[DROPPED_GATE] += 1


cdef void take_audio(engine* e, int32_t index, source* s, packet* p, int32_t level) noexcept nogil:
    cdef session* who = &e.sessions[s.session]
    cdef int32_t loudness = UNTOLD if level < 0 else 127 - level
    cdef int32_t slot_index
    if not who.tracks[s.kind].gate:
        e.counters[DROPPED_GATE] += 1
        return
    if s.kind == MICROPHONE:
        slot_index = speakers_hear(e, s.session, 0 if p.size <= NO_SPEECH else loudness)
    else:
        slot_index = 3 if e.rooms[who.room].screen_audio == s.session else -1
    if slot_index >= 0 and p.size:
        forward_audio(e, index, p, who.room, slot_index)


cdef void take(engine* e, int32_t index, source* s, const rtp_header* h, uint16_t sequence,
               const uint8_t* payload, size_t size, bint repaired, int32_t level) noexcept nogil:
    cdef int64_t extended = 0
    cdef packet* p
    if not bearable(e, s):
        e.counters[DROPPED_FLOOD] += 1
        return
    if not s.bound or size > MTU or not place_sequence(e, s, sequence, &extended):
        return
    s.packets += 1
    s.octets += size
    s.last_arrival = e.now
    if not repaired:
        note_jitter(s, h.timestamp, e.now)
    p = make_packet(e, s, h, h.timestamp, payload, size, extended)
    if p == NULL:
        return
    activate(e, s, index)
    if s.kind == CAMERA or s.kind == SCREEN:
        take_video(e, index, s, p)
    else:
        take_audio(e, index, s, p, level)
    packet_drop(e, p)


# ── datagrams ──


cdef void count_refused(engine* e, int result) noexcept nogil:
    if result == SRTP_REPLAYED:
        e.counters[DROPPED_REPLAYED] += 1
    elif result == SRTP_FORGED:
        e.counters[DROPPED_FORGED] += 1
    else:
        e.counters[DROPPED_GARBAGE] += 1


cdef void note_transport_cc(engine* e, session* s, const rtp_header* h) noexcept nogil:
    cdef size_t length = 0
    cdef const uint8_t* data = rtp_extension(h, s.id_transport_cc, &length)
    if data == NULL or length != 2:
        return
    if s.feedback == NULL:
        s.feedback = <arrivals*>calloc(1, sizeof(arrivals))
        if s.feedback == NULL:
            return
    arrivals_add(s.feedback, load16(data), e.now)


cdef int32_t level_of(session* s, const rtp_header* h) noexcept nogil:
    cdef size_t length = 0
    cdef const uint8_t* data = rtp_extension(h, s.id_level, &length)
    return data[0] & 0x7F if data != NULL and length >= 1 else -1


cdef void ingest_rtp(engine* e, int32_t index, uint8_t* data, size_t length) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef rtp_header h
    cdef srtp_stream fresh
    cdef ssrc_entry* n
    cdef int32_t source_index
    cdef int plain, size
    cdef const uint8_t* payload
    if not s.keyed or rtp_parse(data, length, &h) != 0:
        e.counters[DROPPED_GARBAGE] += 1
        return
    n = stream_of(s, h.ssrc)
    if n == NULL:
        if is_retired(s, h.ssrc):
            e.counters[DROPPED_UNKNOWN_SSRC] += 1
            return
        memset(&fresh, 0, sizeof(fresh))
    plain = srtp_unprotect(&s.inbound, &fresh if n == NULL else &n.stream, data, length, h.length)
    if plain < 0:
        count_refused(e, plain)
        return
    s.packets_received += 1
    s.bytes_received += length
    e.counters[PACKETS_RECEIVED] += 1
    e.counters[BYTES_RECEIVED] += length
    note_transport_cc(e, s, &h)
    if n == NULL:
        n = add_stream(e, index, &h, &fresh)
        if n == NULL:
            e.counters[DROPPED_UNKNOWN_SSRC] += 1
            return
    size = rtp_payload(data, plain, &h)
    if size < 0:
        e.counters[DROPPED_GARBAGE] += 1
        return
    payload = data + h.length
    source_index = index * SOURCES + n.source
    if not n.rtx:
        take(e, source_index, &s.sources[n.source], &h, h.sequence, payload, size, False,
             level_of(s, &h))
    elif size > 2 and s.sources[n.source].ring != NULL:
        take(e, source_index, &s.sources[n.source], &h, load16(payload), payload + 2, size - 2, True, -1)


cdef void ingest_rtcp(engine* e, int32_t index, uint8_t* data, size_t length) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef int plain
    if not s.keyed:
        e.counters[DROPPED_GARBAGE] += 1
        return
    plain = srtcp_unprotect(&s.inbound, data, length)
    if plain < 0:
        count_refused(e, plain)
        return
    feedback_receive(e, index, data, plain)


cdef void ingest_check_sources(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef source* n
    cdef int32_t place
    if not s.sends:
        return
    for place in range(SOURCES):
        n = &s.sources[place]
        if not n.bound:
            continue
        if n.active and e.now - n.last_arrival > ACTIVE_FOR:
            n.active = False
            tell_layers(e, index, n.kind)
            if n.kind == CAMERA:
                forward_choose_viewers(e, index * KINDS + CAMERA)
        elif n.ring != NULL and e.now - n.last_arrival > KEPT_FOR:
            ring_close(e, n)
            n.forgotten = n.highest
        elif s.tracks[n.kind].mask == 0 and n.active:
            tell_layers(e, index, n.kind)


cdef void ingest_forget(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef int32_t place
    for place in range(SOURCES):
        forward_forget(e, index * SOURCES + place)
        ring_close(e, &s.sources[place])
        s.sources[place].bound = False
    free(s.feedback)
    s.feedback = NULL
