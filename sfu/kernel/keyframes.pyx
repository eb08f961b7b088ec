from libc.stdint cimport int32_t, int64_t, uint8_t

from sfu.kernel.allocation cimport allocation_mark
from sfu.kernel.counters cimport KEYFRAMES_REQUESTED
from sfu.kernel.groups cimport group_is_new, group_want
from sfu.kernel.outbox cimport outbox_rtcp
from sfu.kernel.pace cimport within
from sfu.kernel.places cimport arrives, is_reachable, source_at, source_of, track_at
from sfu.kernel.rewrite cimport MAP_ENTRIES
from sfu.kernel.roundtrip cimport rtt_or_default
from sfu.kernel.rtcp cimport rtcp_write_pli
from sfu.kernel.sizes cimport ASKING, KINDS, LAYERS, SCREEN, SLOTS
from sfu.kernel.slots cimport slots_rank
from sfu.kernel.state cimport references, track

cdef enum:
    RTCP_ROOM = 64
    # What one viewer may cause of a track, for whatever reason: eight at once, then one in so long. Each costs
    # whoever sees it pictures on a narrow line
    ASKING_INTERVAL = 5000000
    ASKING_BURST = 7 * ASKING_INTERVAL
    # The same of who takes no repairs: each loss costs him all pictures until the next keyframe
    UNREPAIRED_INTERVAL = 2000000
    # A step up leaves three of them: for the way back, and for what gets lost when a line becomes narrow. A step
    # down may take four more than there are
    LEFT_AFTER_UP = 3 * ASKING_INTERVAL
    MORE_FOR_DOWN = 4 * ASKING_INTERVAL
    # Wishes less apart are one need; who has had it for so long is given a smaller layer (µs)
    REFUSED_TOGETHER = 500000
    REFUSED_FOR = 1000000
    # For so long at first, each time for twice as long
    SPARES_LEAST = 15000000
    SPARES_MOST = 120000000
    # No keyframe is longer on its way to a viewer
    UNDER_WAY_MOST = 1000000
    # Of a source, for those to whom only stills of it go: all get the same ones
    STILLS_INTERVAL = 4000000
    # A camera of 5 pictures a second has then had one to encode (µs)
    ENCODED_WITHIN = 250000
    # Reports in a row by which a third of what he sends got lost: each keyframe fills his line further, and does
    # not come whole
    FULL_REPORTS = 2


cdef int64_t interval_of(const engine* e, const track* t, int32_t track_index) noexcept nogil:
    cdef int32_t viewers = t.viewers.count - t.viewers.removed
    if viewers > 200 or e.sessions[track_index // KINDS].lossy_reports >= FULL_REPORTS:
        return 3000000
    return 1000000 if viewers > 50 else 500000


cdef int64_t comes_within(const engine* e, const source* s, int64_t interval) noexcept nogil:
    """µs after which a request, or what it brought, has been lost."""
    cdef int64_t rtt = e.sessions[s.session].rtt
    return rtt * 3 // 2 + ENCODED_WITHIN if rtt else interval


cdef bint has_use(engine* e, const references* viewers, int32_t source_index) noexcept nogil:
    """Whether a keyframe of this source would be seen by anybody."""
    cdef int32_t i
    cdef session* v
    cdef slot* s
    for i in range(viewers.count):
        if viewers.items[i] < 0:
            continue
        v = &e.sessions[viewers.items[i] // SLOTS]
        s = &v.slots[viewers.items[i] % SLOTS]
        if (s.source == source_index or s.pending == source_index) and is_reachable(v):
            return True
    return False


cdef void keyframe_request(engine* e, int32_t source_index) noexcept nogil:
    cdef source* s = source_at(e, source_index)
    # It is on its way to whoever asks now.
    if s.keyframe_arrives:
        return
    track_at(e, s.session * KINDS + s.kind).keyframes_wanted |= <uint8_t>(1 << s.layer)
    keyframe_send_due(e, s.session * KINDS + s.kind)


cdef int32_t step(engine* e, const slot* s, const source* wanted) noexcept nogil:
    """From the layer that the slot showed last: above 0 up, below 0 down."""
    cdef const source* shown
    if s.map.made == 0:
        return 0
    shown = source_at(e, <int32_t>s.map.entries[(s.map.made - 1) % MAP_ENTRIES].source)
    if shown.session != wanted.session or shown.kind != wanted.kind:
        return 0
    return slots_rank(e, s.track, wanted.layer) - slots_rank(e, s.track, shown.layer)


cdef bint may_cause(engine* e, session* viewer, const slot* s, const source* wanted) noexcept nogil:
    cdef int64_t* pace = &viewer.asking[(2 * (s.track // KINDS) + (wanted.kind == SCREEN)) % ASKING]
    cdef int32_t up = step(e, s, wanted)
    return within(pace, e.now, ASKING_INTERVAL if s.rtx_ssrc else UNREPAIRED_INTERVAL,
                  ASKING_BURST + (MORE_FOR_DOWN if up < 0 else -LEFT_AFTER_UP if up else 0))


cdef void note_refused(engine* e, session* viewer, slot* s) noexcept nogil:
    """Who goes on and on asking can use nothing of what flows: of a smaller layer fewer packets get lost. Where
    reports tell alone that is seen to there."""
    cdef int32_t rank
    if e.now - s.refused_at > REFUSED_TOGETHER:
        s.refused_since = e.now
    s.refused_at = e.now
    if e.now - s.refused_since < REFUSED_FOR or s.track % KINDS == SCREEN or not viewer.may_count:
        return
    s.refused_since = e.now
    rank = slots_rank(e, s.track, source_at(e, s.source).layer)
    if rank:
        s.spares_from = <uint8_t>rank
        if e.now - s.spares_until > SPARES_MOST:
            s.spares_for = 0
        s.spares_for = min(<int64_t>SPARES_MOST, 2 * s.spares_for if s.spares_for else <int64_t>SPARES_LEAST)
        s.spares_until = e.now + s.spares_for
        allocation_mark(e, <int32_t>(viewer - e.sessions))


cdef bint keyframe_request_for(engine* e, session* viewer, const slot* s, int32_t source_index) noexcept nogil:
    cdef const source* wanted = source_at(e, source_index)
    # What is on its way, or was asked for by anybody, costs nothing more.
    if wanted.keyframe_arrives or track_at(e, s.track).keyframes_wanted >> wanted.layer & 1:
        return True
    if s.stills and wanted.kind != SCREEN:
        if wanted.keyframes and e.now - wanted.keyframe_arrival < STILLS_INTERVAL:
            return True
    elif not may_cause(e, viewer, s, wanted):
        return False
    keyframe_request(e, source_index)
    return True


cdef bint is_on_its_way(const engine* e, const session* viewer, const slot* s) noexcept nogil:
    """He asked before it can have come to him."""
    if s.replayed and s.departed < s.replayed_end:
        return True
    return s.keyframe_left != 0 and e.now - s.keyframe_left < min(rtt_or_default(viewer), <int64_t>UNDER_WAY_MOST)


cdef bint waits_for_its_pace(const session* viewer, const slot* s) noexcept nogil:
    """A picture that takes seconds on a narrow line: another would take as long, behind it."""
    return ((s.stills or s.track % KINDS == SCREEN) and viewer.waits != NULL
            and viewer.waits.lined_up >> <int32_t>(s - &viewer.slots[0]) & 1)


cdef void keyframe_wish(engine* e, session* viewer, slot* s) noexcept nogil:
    # Without a source he waits for one, which has been asked already.
    if s.track < 0 or s.source < 0 or is_on_its_way(e, viewer, s) or waits_for_its_pace(viewer, s):
        return
    if group_is_new(s, s.source, source_at(e, s.source)):
        group_want(e, <int32_t>(viewer - e.sessions), s)
    elif not keyframe_request_for(e, viewer, s, s.source):
        note_refused(e, viewer, s)


cdef void keyframe_arrived(engine* e, source* s) noexcept nogil:
    s.keyframe_arrival = e.now
    track_at(e, s.session * KINDS + s.kind).keyframes_wanted &= <uint8_t>~(1 << s.layer)


cdef void ask(engine* e, track* t, const source* s) noexcept nogil:
    cdef uint8_t packet[RTCP_ROOM]
    t.keyframe_asked = e.now
    t.keyframe_layer = s.layer
    e.counters[KEYFRAMES_REQUESTED] += 1
    outbox_rtcp(e, s.session, packet, rtcp_write_pli(packet, RTCP_ROOM, 1, s.ssrc), RTCP_ROOM)


cdef void keyframe_send_due(engine* e, int32_t track_index) noexcept nogil:
    cdef track* t = track_at(e, track_index)
    cdef int64_t interval
    cdef int32_t layer, i
    cdef source* s
    if not t.keyframes_wanted:
        return
    interval = interval_of(e, t, track_index)
    for i in range(LAYERS):
        # The layer that was asked last comes last, and waits for those that wait.
        layer = (t.keyframe_layer + 1 + i) % LAYERS
        if not t.keyframes_wanted >> layer & 1:
            continue
        s = source_at(e, source_of(track_index, layer))
        # A camera that sends nothing is off; a screen may stand still.
        if not s.bound or not (arrives(e, s) or s.kind == SCREEN):
            continue
        # On one simulcast layer it brings a keyframe on all of them, as a rule: what was asked for
        # last may still come on this one.
        if t.keyframe_asked > s.keyframe_arrival and e.now - t.keyframe_asked < comes_within(e, s, interval):
            return
        # Nobody is looked for in vain.
        if t.keyframe_pace - e.now > interval:
            return
        if not has_use(e, &t.viewers, source_of(track_index, layer)):
            t.keyframes_wanted &= <uint8_t>~(1 << layer)
        elif within(&t.keyframe_pace, e.now, interval, interval):
            ask(e, t, s)
            return
