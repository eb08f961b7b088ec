from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

from sfu.kernel.counters cimport REPLAYS, REPLAYS_OF_STILLS
from sfu.kernel.groups cimport GROUP_MOST, group_is_new
from sfu.kernel.keyframes cimport keyframe_request_for
from sfu.kernel.line cimport line_pace
from sfu.kernel.memory cimport ring_find
from sfu.kernel.outbox cimport outbox_allows
from sfu.kernel.pacing cimport pacing_wait
from sfu.kernel.places cimport csrc_of, is_reachable, source_at
from sfu.kernel.rewrite cimport MAP_ENTRIES
from sfu.kernel.sizes cimport AUDIO_SLOTS, QUEUE, SLOTS, WIRE_OVERHEAD
from sfu.kernel.state cimport missing_packet, outgoing, packet, session, slot, source
from sfu.kernel.switching cimport switching_begin_replay, switching_packet
from sfu.kernel.system cimport CLOCK_MONOTONIC, zv_clock
from sfu.kernel.timing cimport timing_capture, timing_slot_at

cdef enum:
    # Numbers that are looked at: with pictures of upper temporal layers left out there may be more
    LOOKED_AT = 4 * GROUP_MOST
    # What leaves within this time at the viewer's pace (µs) may be replayed
    WITHIN = 300000
    # The same of the picture of a slot that gets stills alone: nothing else is to come
    STILL_WITHIN = 4000000
    # Bytes of a packet that waits already, about
    WAITING = 1200
    # Older pictures are nobody's (µs): their time stamps come round
    OLDEST = 3600000000
    # Time stamps may tell of so much more than passed between the arrivals (s)
    LEEWAY = 10
    # Time stamps of what is replayed lie 2^this closer to each other, more so when they span more than
    # a tenth of a second even then (ticks of 90 kHz)
    SQUEEZE = 8
    SQUEEZE_MOST = 11
    SPAN = 9000
    # The next picture was captured at most so long before it comes (µs)
    UNDER_WAY = 500000

cdef struct group:
    # One past its last number; packets that are to be sent, and their bytes on the wire
    int64_t end
    int32_t count
    int64_t octets
    # Nothing is missing that will not come any more, up to the newest packet
    bint whole
    packet* first
    packet* last


# ── what there is ──


cdef bint is_asked_for(const source* s, int64_t sequence) noexcept nogil:
    cdef int32_t i
    for i in range(s.missing_count):
        if s.missing[i].sequence == sequence:
            return True
    return False


cdef bint tells_time(const source* s, const packet* first, const packet* p) noexcept nogil:
    """Its time stamp is not before the first, nor further on than time has passed."""
    cdef int64_t ahead = <int32_t>(p.timestamp - first.timestamp)
    return 0 <= ahead <= (max(<int64_t>0, p.arrival - first.arrival) // 1000000 + LEEWAY) * s.clock_rate


cdef group look(const engine* e, const source* from_source, const slot* s) noexcept nogil:
    cdef group g
    cdef packet* p
    g.count = 0
    g.octets = 0
    g.whole = False
    g.end = from_source.group_first
    g.first = g.last = ring_find(from_source, g.end)
    if g.first == NULL or e.now - g.first.arrival > OLDEST:
        return g
    while g.end <= from_source.highest and g.end < from_source.group_first + LOOKED_AT:
        p = ring_find(from_source, g.end)
        if p == NULL and not is_asked_for(from_source, g.end) or p != NULL and not tells_time(from_source, g.first, p):
            return g
        if p != NULL and p.size and p.vp8.temporal_layer <= s.temporal_wanted:
            g.count += 1
            g.octets += p.size + WIRE_OVERHEAD
        if p != NULL:
            g.last = p
        g.end += 1
    g.whole = g.end > from_source.highest
    return g


cdef group only_keyframe(const source* from_source, const group* all) noexcept nogil:
    """`whole`: to its last packet."""
    cdef group g
    cdef packet* p
    g = all[0]
    g.count = 0
    g.octets = 0
    g.whole = False
    g.end = from_source.group_first
    while g.end < all.end and not g.whole:
        p = ring_find(from_source, g.end)
        if p == NULL or p.timestamp != g.first.timestamp:
            return g
        g.count += 1
        g.octets += p.size + WIRE_OVERHEAD
        g.last = p
        g.whole = p.marker
        g.end += 1
    return g


cdef bint fits(const engine* e, const session* v, const group* g, int32_t most, int64_t within) noexcept nogil:
    """Whether it leaves within this time behind what waits for him already."""
    cdef int64_t waiting = 0 if v.waits == NULL else v.waits.count
    return (g.whole and 0 < g.count <= most and waiting + g.count <= QUEUE
            and waiting * WAITING + g.octets <= <int64_t>(line_pace(e, v) // 8) * within // 1000000)


# ── what is sent ──


cdef uint8_t squeeze_of(uint32_t range_of_ticks) noexcept nogil:
    cdef uint8_t squeeze = SQUEEZE
    while squeeze < SQUEEZE_MOST and range_of_ticks >> squeeze > SPAN:
        squeeze += 1
    return squeeze


cdef void send_group(engine* e, int32_t viewer, int32_t slot_index, int32_t source_index, const group* g) noexcept nogil:
    """All pictures come at once, so their time stamps say so too: a viewer's jitter buffer would take
    true ones for a line on which everything is late."""
    cdef slot* s = &e.sessions[viewer].slots[slot_index]
    cdef source* from_source = source_at(e, source_index)
    cdef uint32_t ticks = g.last.timestamp - g.first.timestamp
    cdef uint8_t squeeze = squeeze_of(ticks)
    # A picture that stands still is shown as one of now; the next one's time stamp has to be later.
    cdef int64_t at = (timing_capture(e, from_source, g.last.timestamp, g.last.arrival)
                       + max(<int64_t>0, e.now - g.last.arrival - UNDER_WAY))
    cdef uint32_t csrc = csrc_of(e, from_source)
    cdef int64_t sequence
    cdef outgoing o
    cdef packet* p
    switching_begin_replay(e, s, source_index, g.first,
                           timing_slot_at(s, from_source.clock_rate, at) - (ticks >> squeeze), squeeze)
    for sequence in range(from_source.group_first, g.end):
        p = ring_find(from_source, sequence)
        if p != NULL and switching_packet(e, s, <uint8_t>slot_index, source_index, csrc, p, &o):
            pacing_wait(e, viewer, &o)
    s.replayed = from_source.packets
    s.replayed_at = e.now
    s.replayed_end = s.map.highest_out
    s.replayed_timestamp = g.last.timestamp


cdef bint has_shown(const slot* s, int32_t source_index, const source* from_source) noexcept nogil:
    """What the viewer sees in this slot is newer than a still would be."""
    return (s.map.made != 0 and s.map.entries[(s.map.made - 1) % MAP_ENTRIES].source == <uint32_t>source_index
            and s.map.entries[(s.map.made - 1) % MAP_ENTRIES].generation == from_source.generation)


cdef void replay(engine* e, int32_t viewer, int32_t slot_index, int32_t source_index) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    cdef slot* s = &v.slots[slot_index]
    cdef source* from_source = source_at(e, source_index)
    cdef group all, still
    if not group_is_new(s, source_index, from_source):
        keyframe_request_for(e, v, s, source_index)
        return
    s.replayed_group = from_source.group_first
    s.replayed_source = source_index
    s.replayed_generation = from_source.generation
    all = look(e, from_source, s)
    if fits(e, v, &all, GROUP_MOST, WITHIN):
        e.counters[REPLAYS] += 1
        send_group(e, viewer, slot_index, source_index, &all)
        v.unsettled &= ~(1u << slot_index)
        return
    if s.source < 0 and not has_shown(s, source_index, from_source) and all.first != NULL:
        still = only_keyframe(from_source, &all)
        if fits(e, v, &still, QUEUE, STILL_WITHIN if s.stills else WITHIN):
            e.counters[REPLAYS_OF_STILLS] += 1
            send_group(e, viewer, slot_index, source_index, &still)
            # What has come since would be decoded without complaint, and wrongly.
            s.source = -1
            s.pending = source_index
    keyframe_request_for(e, v, s, source_index)


cdef void replay_to(engine* e, int32_t viewer) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    cdef slot* s
    cdef int32_t i
    v.wants_replays = False
    if not v.used or not is_reachable(v) or not outbox_allows(e, v):
        return
    for i in range(AUDIO_SLOTS, SLOTS):
        s = &v.slots[i]
        if s.wants_replay and s.track >= 0:
            s.wants_replay = False
            # Without one that takes over it is for him who misses something of what flows.
            if s.pending >= 0 or s.source >= 0:
                replay(e, viewer, i, s.pending if s.pending >= 0 else s.source)


cdef int replay_due(engine* e, int64_t until) noexcept nogil:
    while e.replays_head != e.replays_tail:
        e.replays_head += 1
        replay_to(e, e.replays[(e.replays_head - 1) % <uint64_t>e.max_sessions])
        if until and zv_clock(CLOCK_MONOTONIC) >= until:
            return e.replays_head != e.replays_tail
    return 0
