from libc.stdint cimport int32_t, uint16_t

from sfu.kernel.groups cimport group_is_new, group_want
from sfu.kernel.keyframes cimport keyframe_request_for
from sfu.kernel.memory cimport references_add, references_remove
from sfu.kernel.places cimport is_reachable, source_at, source_of, track_at
from sfu.kernel.sizes cimport CAMERA, KINDS, LAYERS, SLOTS
from sfu.kernel.state cimport GIVEN_NOTHING, GIVEN_UNKNOWN, references, session, slot, source


cdef int32_t slots_rank(engine* e, int32_t track_index, int32_t layer) noexcept nogil:
    cdef uint16_t own = source_at(e, source_of(track_index, layer)).height, other
    cdef int32_t i, smaller = 0
    for i in range(LAYERS):
        other = source_at(e, source_of(track_index, i)).height
        if other < own if own and other and own != other else i < layer:
            smaller += 1
    return smaller


cdef inline bint flows(engine* e, const slot* v, int32_t source_index) noexcept nogil:
    return v.source == source_index and v.generation == source_at(e, source_index).generation


cdef int32_t best_source(engine* e, const slot* v) noexcept nogil:
    """The layer that is given if it arrives, else the next smaller, else the next larger; −1: none. A
    larger one than the line bears is not begun with; one that flows goes on until the other comes."""
    cdef int32_t track_index = v.track
    cdef int32_t layer, rank, wanted, best = -1, best_rank = 0
    cdef int32_t kind = track_index % KINDS
    cdef source* s
    if v.given < 0:
        return -1
    if not track_at(e, track_index).gate:
        return -1
    if kind != CAMERA:
        return source_of(track_index, 0) if source_at(e, source_of(track_index, 0)).bound else -1
    wanted = slots_rank(e, track_index, v.given)
    for layer in range(LAYERS):
        s = source_at(e, source_of(track_index, layer))
        if not s.bound or not s.active:
            continue
        rank = slots_rank(e, track_index, layer)
        if rank > wanted and v.limited and not flows(e, v, source_of(track_index, layer)):
            continue
        if best < 0 or (best_rank < rank <= wanted) or (rank < best_rank and best_rank > wanted):
            best, best_rank = source_of(track_index, layer), rank
    return best


cdef bint has_too_much(engine* e, const slot* s) noexcept nogil:
    if s.source < 0 or s.given < 0 or not s.limited or s.track % KINDS != CAMERA:
        return False
    return slots_rank(e, s.track, source_at(e, s.source).layer) > slots_rank(e, s.track, s.given)


cdef void slots_stop(session* v, int32_t slot_index) noexcept nogil:
    v.slots[slot_index].source = -1
    v.slots[slot_index].cut_number = v.slots[slot_index].departed + 1
    v.emptied |= 1u << slot_index
    v.unsettled |= 1u << slot_index


cdef bint still_waits(const session* v, int32_t slot_index) noexcept nogil:
    return v.waits != NULL and v.waits.lined_up >> slot_index & 1


cdef void slots_choose(engine* e, int32_t viewer, int32_t slot_index) noexcept nogil:
    cdef slot* s = &e.sessions[viewer].slots[slot_index]
    cdef int32_t best
    e.sessions[viewer].unsettled &= ~(1u << slot_index)
    if s.track < 0:
        return
    if s.given == GIVEN_NOTHING and s.source >= 0:
        slots_stop(&e.sessions[viewer], slot_index)
    s.squeezed = has_too_much(e, s)
    if s.squeezed and s.strangled:
        # Nothing for a moment: what is too much even so would cost the sound.
        slots_stop(&e.sessions[viewer], slot_index)
        s.squeezed = False
    best = best_source(e, s)
    if best < 0 or flows(e, s, best):
        s.pending = -1
        return
    if s.source < 0 and best == s.cut_from and (e.now < s.resumes_at or still_waits(&e.sessions[viewer], slot_index)):
        # It was too much just now, or what came of it is still on its way.
        e.sessions[viewer].unsettled |= 1u << slot_index
        s.pending = -1
        return
    s.pending = best
    e.sessions[viewer].unsettled |= 1u << slot_index
    # Whom nothing reaches yet, keys missing or UDP blocked, would keep the publisher busy for nothing.
    if not is_reachable(&e.sessions[viewer]):
        return
    # One that just arrives is on its way to him.
    if group_is_new(s, best, source_at(e, best)) and not source_at(e, best).keyframe_arrives:
        group_want(e, viewer, s)
    else:
        keyframe_request_for(e, &e.sessions[viewer], s, best)


cdef void slots_choose_viewers(engine* e, int32_t track_index) noexcept nogil:
    cdef references* r = &track_at(e, track_index).viewers
    cdef int32_t i
    for i in range(r.count):
        if r.items[i] >= 0:
            slots_choose(e, r.items[i] // SLOTS, r.items[i] % SLOTS)


cdef void slots_show(engine* e, int32_t viewer, int32_t slot_index, int32_t track_index,
                       int32_t layer) noexcept nogil:
    cdef slot* s = &e.sessions[viewer].slots[slot_index]
    if s.track != track_index:
        if s.track >= 0:
            references_remove(&track_at(e, s.track).viewers, s.place)
        s.track = -1
        s.source = s.pending = -1
        s.given = GIVEN_UNKNOWN
        s.absent = s.spares_from = 0
        s.spares_for = s.dark_for = 0
        s.stills = False
        e.sessions[viewer].yields &= ~(1u << slot_index)
        s.resumes_at = 0
        s.replayed_group = 0
        s.wants_replay = False
        if track_index >= 0:
            s.place = references_add(&track_at(e, track_index).viewers, viewer * SLOTS + slot_index)
            if s.place >= 0:
                s.track = track_index
    if s.track >= 0:
        e.sessions[viewer].showing |= 1u << slot_index
    else:
        e.sessions[viewer].showing &= ~(1u << slot_index)
    s.wanted_layer = layer
    # It is told again what he is given, though that may be the same: a command may have crossed it.
    s.told_given = GIVEN_UNKNOWN


cdef void slots_close_gate(engine* e, int32_t track_index) noexcept nogil:
    cdef references* r = &track_at(e, track_index).viewers
    cdef slot* s
    cdef int32_t i
    for i in range(r.count):
        if r.items[i] >= 0:
            s = &e.sessions[r.items[i] // SLOTS].slots[r.items[i] % SLOTS]
            s.source = s.pending = -1
