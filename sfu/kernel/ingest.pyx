from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from sfu.kernel.binding cimport (
    binding_add, binding_find, binding_is_retired, binding_takes, binding_unprotect,
    binding_unprotect_first)
from sfu.kernel.budget cimport budget_bears
from sfu.kernel.bytes cimport load16
from sfu.kernel.counters cimport (
    BYTES_RECEIVED, DROPPED_CODEC, DROPPED_DUPLICATE, DROPPED_FLOOD, DROPPED_FORGED, DROPPED_GARBAGE, DROPPED_GATE,
    DROPPED_LATE, DROPPED_NO_MEMORY, DROPPED_REPLAYED, DROPPED_UNKNOWN_SSRC, PACKETS_RECEIVED,
    SOUND_RECOVERED)
from sfu.kernel.fanout cimport fanout_audio, fanout_forget, fanout_video
from sfu.kernel.feedback cimport (
    NACK_SAVED, feedback_receive, nack_came, nack_due, nack_found, nack_missing)
from sfu.kernel.groups cimport group_begin, group_is_short
from sfu.kernel.keyframes cimport keyframe_arrived, keyframe_request
from sfu.kernel.layers cimport layers_arrive, layers_check, layers_heard, layers_tell_height
from sfu.kernel.memory cimport (
    packet_drop, packet_take, packets_are_scarce, ring_close, ring_find, ring_open, ring_put)
from sfu.kernel.places cimport kind_at
from sfu.kernel.rates cimport rates_add, rates_settle
from sfu.kernel.red cimport red_packet, red_parse
from sfu.kernel.rtcp cimport arrivals, arrivals_add
from sfu.kernel.rtp cimport rtp_extension, rtp_header, rtp_parse, rtp_payload
from sfu.kernel.sizes cimport (
    CAMERA, MICROPHONE, MTU, RING, SCREEN, SCREEN_AUDIO, SOUND_RING, SOURCES)
from sfu.kernel.speakers cimport speakers_hear
from sfu.kernel.srtcp cimport srtcp_unprotect
from sfu.kernel.srtp cimport SRTP_FORGED, SRTP_REPLAYED, srtp_stream
from sfu.kernel.state cimport packet, session, source, ssrc_entry
from sfu.kernel.vp8 cimport vp8_exceeds, vp8_parse

cdef enum:
    # After this a stopped source's ring is given back
    KEPT_FOR = 5000000
    # Of sound, which is not repaired later
    SOUND_KEPT_FOR = 1000000
    # Nobody asks again for a packet older than this, and few for one older than that
    WORTH = 3000000
    WORTH_SCARCE = 300000
    # Pixels of a picture: 4K of a camera, 8K of a screen. A decoder takes the room that a keyframe
    # names before it looks at the rest: 0.8 GB for the largest that VP8 can name.
    CAMERA_PIXELS = 4096 * 2304
    SCREEN_PIXELS = 7680 * 4320
    # Loudness of a publisher who does not tell levels: −40 dBov
    UNTOLD = 87


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


cdef bint place_sequence(engine* e, source* s, uint16_t sequence, int64_t* extended, bint* torn) noexcept nogil:
    """Extends the number and keeps the count of what is missing; False: too late or seen before.
    `torn`: packets are missing that will not be asked for, so that only a keyframe helps."""
    if s.highest < 0:
        # One period ahead, so that a reordered earlier number stays positive.
        s.highest = s.first = 0x10000 + sequence
        s.nack_saved = NACK_SAVED
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
    if ring_find(s, extended[0]) != NULL:
        e.counters[DROPPED_DUPLICATE] += 1
        return False
    if extended[0] > s.highest:
        if extended[0] > s.highest + 1:
            torn[0] = not nack_missing(e, s, s.highest + 1, extended[0])
        s.highest = extended[0]
    elif s.missing_count:
        nack_found(s, extended[0])
    return True


cdef bint is_here(source* s, uint16_t sequence) noexcept nogil:
    """A packet of a picture that nobody misses."""
    cdef int64_t extended
    if s.highest < 0 or (s.kind != CAMERA and s.kind != SCREEN):
        return False
    extended = extend(s.highest, sequence)
    return extended <= s.forgotten or ring_find(s, extended) != NULL


cdef uint16_t unwrap_picture(source* s, const packet* p) noexcept nogil:
    """The picture id as 15 bits, whatever the source writes.

    Of 7 bits the sequence number says which way they have gone: after 64 pictures were lost the
    nearest value would lie in the past."""
    cdef bint newest = s.packets == 1 or p.sequence > s.picture_sequence
    cdef uint16_t picture = p.vp8.picture
    if p.vp8.picture_bits == 0:
        return 0
    if p.vp8.picture_bits == 7 and s.packets != 1:
        if newest:
            picture = (s.last_picture + ((picture - s.last_picture) & 0x7F)) & 0x7FFF
        else:
            picture = (s.last_picture - ((s.last_picture - picture) & 0x7F)) & 0x7FFF
    if newest:
        s.last_picture, s.picture_sequence = picture, p.sequence
    return picture


cdef bint is_too_large(const source* s, const packet* p) noexcept nogil:
    return p.vp8.keyframe and vp8_exceeds(
        p.payload + p.vp8.length, p.size - p.vp8.length, CAMERA_PIXELS if s.kind == CAMERA else SCREEN_PIXELS)


cdef packet* make_packet(engine* e, source* s, const rtp_header* h, uint32_t timestamp,
                         const uint8_t* payload, size_t size, int64_t sequence) noexcept nogil:
    cdef packet* p = packet_take(e, s.kind == MICROPHONE or s.kind == SCREEN_AUDIO)
    if p == NULL:
        e.counters[DROPPED_NO_MEMORY] += 1
        return NULL
    p.sequence = sequence
    p.arrival = e.now
    p.order = s.packets
    p.timestamp = timestamp
    p.size = <uint16_t>size
    p.marker = h.marker
    p.keyframe = False
    p.is_vp8 = False
    p.picture = 0
    memset(&p.vp8, 0, sizeof(p.vp8))
    memcpy(p.payload, payload, size)
    if size and (s.kind == CAMERA or s.kind == SCREEN):
        if vp8_parse(p.payload, size, &p.vp8) != 0 or is_too_large(s, p):
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
    """Gives back the ring's oldest packets, so that slow layers hold few: of old ones those that whoever
    comes is shown."""
    cdef int64_t worth = WORTH_SCARCE if packets_are_scarce(e) else WORTH
    cdef int64_t sequence, end = s.highest
    cdef packet* p
    s.forgotten = max(s.forgotten, s.highest - RING)
    if group_is_short(s) and not packets_are_scarce(e):
        end = s.group_first
    for sequence in range(s.forgotten + 1, end):
        p = ring_find(s, sequence)
        if p == NULL:
            continue
        if e.now - p.arrival <= worth:
            return
        s.ring[sequence % s.ring_size] = NULL
        packet_drop(e, p)
        s.forgotten = sequence


cdef void take_video(engine* e, int32_t index, source* s, packet* p) noexcept nogil:
    if s.ring == NULL and p.size and not ring_open(s, RING):
        e.counters[DROPPED_NO_MEMORY] += 1
        return
    if s.ring != NULL:
        ring_put(e, s, p)
    forget_old(e, s)
    if s.missing_count:
        nack_due(e, s)
    if e.sessions[s.session].tracks[s.kind].gate:
        fanout_video(e, index, p)
    else:
        e.counters[DROPPED_GATE] += 1


cdef void keep_sound(engine* e, source* s, packet* p) noexcept nogil:
    """For those to whom it must be sent once more: only of who is heard."""
    if p.sequence > s.highest - SOUND_RING and ring_open(s, SOUND_RING):
        ring_put(e, s, p)
        s.kept_at = e.now


cdef void take_audio(engine* e, int32_t index, source* s, packet* p, int32_t level) noexcept nogil:
    cdef session* who = &e.sessions[s.session]
    cdef int32_t loudness = UNTOLD if level < 0 else 127 - level
    cdef int32_t slot_index
    if not who.tracks[s.kind].gate:
        e.counters[DROPPED_GATE] += 1
        return
    if s.kind == MICROPHONE:
        slot_index = speakers_hear(e, s.session, loudness, p.size)
    else:
        slot_index = 3 if e.rooms[who.room].screen_audio == s.session else -1
    if slot_index >= 0 and p.size:
        keep_sound(e, s, p)
        fanout_audio(e, index, p, who.room, slot_index)


cdef void take(engine* e, int32_t index, source* s, const rtp_header* h, uint16_t sequence,
               const uint8_t* payload, size_t size, bint repaired, int32_t level) noexcept nogil:
    cdef int64_t extended = 0
    cdef bint torn = False
    cdef packet* p
    if repaired and is_here(s, sequence):
        # Not charged: by such repetitions browsers probe the line.
        e.counters[DROPPED_DUPLICATE] += 1
        return
    if not budget_bears(e, s, size):
        e.counters[DROPPED_FLOOD] += 1
        return
    if not s.bound or size > MTU or not place_sequence(e, s, sequence, &extended, &torn):
        return
    s.packets += 1
    s.octets += size
    nack_came(s)
    if size:
        layers_heard(e, s)
    if not repaired:
        note_jitter(s, h.timestamp, e.now)
    p = make_packet(e, s, h, h.timestamp, payload, size, extended)
    if p == NULL:
        return
    rates_add(s, p)
    s.keyframe_arrives = p.keyframe
    if p.keyframe:
        keyframe_arrived(e, s)
        group_begin(s, p)
        layers_tell_height(e, s, p)
    elif torn:
        keyframe_request(e, index)
    # Padding alone is no layer: browsers probe the line with it.
    if size:
        layers_arrive(e, s)
    if s.kind == CAMERA or s.kind == SCREEN:
        take_video(e, index, s, p)
    else:
        take_audio(e, index, s, p, level)
    s.keyframe_arrives = False
    packet_drop(e, p)


cdef bint was_heard(const source* s, uint16_t sequence) noexcept nogil:
    """Or was before all that was heard, or is too old to tell."""
    cdef int64_t extended = extend(s.highest, sequence)
    cdef int64_t ahead = extended - s.highest
    if s.highest < 0 or extended < s.first:
        return True
    return ahead <= 0 and (ahead <= -64 or s.taken >> -ahead & 1)


cdef void take_red(engine* e, int32_t index, source* s, const rtp_header* h, const uint8_t* payload,
                   size_t size, int32_t level) noexcept nogil:
    """Each frame as if it had come in a packet of its own. Senders repeat what they sent just before,
    so the numbers of what is repeated follow from its place."""
    cdef uint8_t spoken = e.sessions[s.session].tracks[s.kind].expect.payload_type
    cdef red_packet p
    cdef rtp_header repeated = h[0]
    cdef uint16_t sequence
    cdef int i
    if size and red_parse(payload, size, &p) != 0:
        e.counters[DROPPED_GARBAGE] += 1
        return
    if size == 0:
        take(e, index, s, h, h.sequence, payload, 0, False, level)
        return
    repeated.marker = False
    for i in range(p.count):
        sequence = <uint16_t>(h.sequence - p.count + i)
        if p.blocks[i].payload_type != spoken or p.blocks[i].size == 0 or was_heard(s, sequence):
            continue
        e.counters[SOUND_RECOVERED] += 1
        repeated.timestamp = h.timestamp - p.blocks[i].earlier
        take(e, index, s, &repeated, sequence, payload + p.blocks[i].at, p.blocks[i].size, True, level)
    if p.blocks[p.count].payload_type != spoken:
        e.counters[DROPPED_CODEC] += 1
        return
    take(e, index, s, h, h.sequence, payload + p.blocks[p.count].at, p.blocks[p.count].size, False, level)


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


cdef bint ingest_rtp(engine* e, int32_t index, uint8_t* data, size_t length) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef rtp_header h
    cdef srtp_stream fresh
    cdef ssrc_entry* n
    cdef int32_t source_index
    cdef int plain, size
    cdef const uint8_t* payload
    if not s.keyed or rtp_parse(data, length, &h) != 0:
        e.counters[DROPPED_GARBAGE] += 1
        return False
    n = binding_find(s, h.ssrc)
    if n == NULL:
        if binding_is_retired(s, h.ssrc):
            e.counters[DROPPED_UNKNOWN_SSRC] += 1
            return False
        memset(&fresh, 0, sizeof(fresh))
        plain = binding_unprotect_first(&s.inbound, &fresh, data, length, h.length)
    else:
        plain = binding_unprotect(e, index, n, data, length, h.length)
    if plain < 0:
        count_refused(e, plain)
        return False
    s.packets_received += 1
    s.bytes_received += length
    e.counters[PACKETS_RECEIVED] += 1
    e.counters[BYTES_RECEIVED] += length
    note_transport_cc(e, s, &h)
    if n == NULL:
        n = binding_add(e, index, &h, &fresh)
        if n == NULL:
            e.counters[DROPPED_UNKNOWN_SSRC] += 1
            return False
    if not binding_takes(s, n.source, n.rtx, h.payload_type):
        e.counters[DROPPED_CODEC] += 1
        return True
    size = rtp_payload(data, plain, &h)
    if size < 0:
        e.counters[DROPPED_GARBAGE] += 1
        return True
    payload = data + h.length
    source_index = index * SOURCES + n.source
    if not n.rtx and h.payload_type != s.tracks[kind_at(n.source)].expect.payload_type:
        take_red(e, source_index, &s.sources[n.source], &h, payload, size, level_of(s, &h))
    elif not n.rtx:
        take(e, source_index, &s.sources[n.source], &h, h.sequence, payload, size, False,
             level_of(s, &h))
    elif size > 2 and s.sources[n.source].ring != NULL:
        take(e, source_index, &s.sources[n.source], &h, load16(payload), payload + 2, size - 2, True, -1)
    return True


cdef bint ingest_rtcp(engine* e, int32_t index, uint8_t* data, size_t length) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef int plain
    if not s.keyed:
        e.counters[DROPPED_GARBAGE] += 1
        return False
    plain = srtcp_unprotect(&s.inbound, data, length)
    if plain < 0:
        count_refused(e, plain)
        return False
    feedback_receive(e, index, data, plain)
    return True


cdef bint is_still_shown(engine* e, const source* s) noexcept nogil:
    """A screen that stands still sends nothing for long."""
    return (s.kind == SCREEN and e.sessions[s.session].tracks[SCREEN].gate and group_is_short(s)
            and not packets_are_scarce(e))


cdef void ingest_check_sources(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef source* n
    cdef int32_t place
    if not s.sends:
        return
    layers_check(e, index)
    for place in range(SOURCES):
        n = &s.sources[place]
        if n.bound and n.kind == SCREEN:
            # It stands still, and costs nothing then, with packets that are kept and without.
            rates_settle(n, e.now)
        if not n.bound or n.ring == NULL:
            continue
        if n.kind == MICROPHONE or n.kind == SCREEN_AUDIO:
            if e.now - n.kept_at > SOUND_KEPT_FOR:
                ring_close(e, n)
            continue
        if n.kind == CAMERA:
            rates_settle(n, e.now)
        if e.now - n.last_arrival > KEPT_FOR and not is_still_shown(e, n):
            ring_close(e, n)
            n.group_first = 0
            n.forgotten = n.highest
        elif packets_are_scarce(e):
            forget_old(e, n)


cdef void ingest_forget(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef int32_t place
    for place in range(SOURCES):
        fanout_forget(e, index * SOURCES + place)
        ring_close(e, &s.sources[place])
        s.sources[place].bound = False
    free(s.feedback)
    s.feedback = NULL
