from libc.stdint cimport int32_t, int64_t

from sfu.kernel.counters cimport PROBES_SENT
from sfu.kernel.memory cimport ring_find
from sfu.kernel.outbox cimport outbox_allows, outbox_padding, outbox_rtp
from sfu.kernel.places cimport csrc_of, source_at
from sfu.kernel.probes cimport probes_due
from sfu.kernel.rewrite cimport map_entry, map_has_left_out, map_resolve, map_timestamp
from sfu.kernel.sizes cimport AUDIO_SLOTS, RUN, VIDEO_SLOTS, WIRE_OVERHEAD
from sfu.kernel.state cimport outgoing, packet, session, slot, source

cdef enum:
    PADDING = 255
    # How many numbers back a packet is looked for that may be sent again
    BACK = 8
    # µs between two packets to a line that is away
    KNOCKS = 100000


cdef bint newest_sent(engine* e, const slot* s, int32_t slot_index, int32_t back, outgoing* o) noexcept nogil:
    """A packet that left a moment ago: if it was lost, it is welcome."""
    cdef int64_t sent, original
    cdef const map_entry* m = map_resolve(&s.map, <unsigned short>(s.departed - back), &sent, &original)
    cdef source* from_source
    cdef packet* p
    if m == NULL or m.source != s.source or m.epoch != s.map.epoch:
        return False
    from_source = source_at(e, m.source)
    p = ring_find(from_source, original) if from_source.generation == m.generation else NULL
    if p == NULL or p.size == 0 or map_has_left_out(&s.map, m.epoch, p.picture):
        return False
    o.packet = p
    o.sequence = sent
    o.timestamp = map_timestamp(m, p.timestamp)
    o.picture = (p.picture + m.picture_offset) & 0x7FFF
    o.tl0 = <unsigned char>(p.vp8.tl0 + m.tl0_offset)
    o.csrc = csrc_of(e, from_source)
    o.slot = <unsigned char>slot_index
    o.rtx = True
    o.marker = p.marker
    return True


cdef int32_t flowing_slot(const session* v) noexcept nogil:
    cdef int32_t i
    for i in range(AUDIO_SLOTS, AUDIO_SLOTS + VIDEO_SLOTS):
        if v.showing >> i & 1 and v.slots[i].source >= 0 and v.slots[i].rtx_ssrc and v.slots[i].packets:
            return i
    return -1


cdef int32_t any_slot(const session* v) noexcept nogil:
    cdef int32_t i
    for i in range(AUDIO_SLOTS, AUDIO_SLOTS + VIDEO_SLOTS):
        if v.slots[i].used and v.slots[i].rtx_ssrc:
            return i
    return -1


cdef void send_padding(engine* e, int32_t viewer) noexcept nogil:
    cdef int32_t slot_index = any_slot(&e.sessions[viewer])
    if slot_index >= 0:
        e.counters[PROBES_SENT] += 1
        outbox_padding(e, viewer, slot_index, PADDING)


cdef bint knock(engine* e, int32_t viewer) noexcept nogil:
    """A line that is away may have nothing else to tell of when it is back."""
    if e.now - e.sessions[viewer].knocked_at > KNOCKS:
        e.sessions[viewer].knocked_at = e.now
        send_padding(e, viewer)
    return True


cdef void probing_begin(engine* e, int32_t viewer) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    if v.estimator != NULL and v.counts and not v.stalled:
        probes_due(v.estimator, e.now, v.wishes)


cdef bint probing_send(engine* e, int32_t viewer) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    cdef int64_t left
    cdef int32_t slot_index, i
    cdef outgoing o
    if v.estimator == NULL or not v.counts or not v.keyed or not outbox_allows(e, v):
        return False
    if v.stalled:
        return knock(e, viewer)
    left = probes_due(v.estimator, e.now, v.wishes)
    if left < 0:
        return False
    slot_index = flowing_slot(v)
    for i in range(RUN):
        if left <= 0:
            break
        if slot_index >= 0 and newest_sent(e, &v.slots[slot_index], slot_index, i % BACK, &o):
            left -= o.packet.size + WIRE_OVERHEAD
            e.counters[PROBES_SENT] += 1
            outbox_rtp(e, viewer, &o, 0)
        else:
            left -= PADDING + WIRE_OVERHEAD
            send_padding(e, viewer)
    return True
