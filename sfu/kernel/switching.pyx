from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

from sfu.kernel.counters cimport SWITCHES
from sfu.kernel.feedback cimport NACK_FOR, NACK_GAP
from sfu.kernel.places cimport source_at
from sfu.kernel.redundancy cimport redundancy_choose
from sfu.kernel.rewrite cimport (
    MAP_ENTRIES, map_forward, map_leave_out, map_omit, map_packet, map_resume, map_squeeze,
    map_switch, map_timestamp)
from sfu.kernel.sizes cimport SPEAKERS
from sfu.kernel.state cimport source
from sfu.kernel.temporal cimport temporal_leaves_out
from sfu.kernel.timing cimport timing_capture, timing_slot_at

cdef enum:
    # Numbers that a source may skip in a slot beyond those it uses. A receiver tells the roll-over
    # counter from numbers less than 32,768 apart: past that the slot is dead to it, whoever is shown.
    SKIPPED = 2000
    # Seconds by which time stamps may run ahead of the clock
    AHEAD = 120
    # Pictures that were missed in a pause: so many packets can still be repaired at once, and a
    # slow source has pauses without any cut
    FEW = 10


cdef inline void as_map_packet(const packet* p, map_packet* out) noexcept nogil:
    out.sequence = p.sequence
    out.timestamp = p.timestamp
    out.picture = p.picture
    out.tl0 = p.vp8.tl0


cdef uint32_t wanted_timestamp(engine* e, const slot* s, int32_t source_index, const packet* p) noexcept nogil:
    cdef source* from_source = source_at(e, source_index)
    return timing_slot_at(s, from_source.clock_rate, timing_capture(e, from_source, p.timestamp, p.arrival))


cdef void begin_with(engine* e, slot* s, int32_t source_index, const packet* p, uint32_t wanted) noexcept nogil:
    cdef source* from_source = source_at(e, source_index)
    cdef map_packet first
    as_map_packet(p, &first)
    # The clock has long passed what was sent last, though that may look later: time stamps come
    # round in hours.
    if e.now - s.last_sent > 2 * <int64_t>AHEAD * 1000000:
        s.map.timestamp = wanted - 1
    map_switch(&s.map, source_index, from_source.generation, &first, wanted)
    s.source = source_index
    s.squeezed = False
    s.generation = from_source.generation
    s.pending = -1
    s.wants_replay = s.squeezes = False
    s.replayed = 0
    e.counters[SWITCHES] += 1


cdef void switch_slot(engine* e, slot* s, int32_t source_index, packet* p) noexcept nogil:
    begin_with(e, s, source_index, p, wanted_timestamp(e, s, source_index, p))


cdef void switching_begin_replay(engine* e, slot* s, int32_t source_index, packet* p, uint32_t wanted,
                                 uint8_t squeeze) noexcept nogil:
    begin_with(e, s, source_index, p, wanted)
    map_squeeze(&s.map, squeeze)
    s.squeezes = True


cdef inline bint was_replayed(const slot* s, const job* j, const packet* p) noexcept nogil:
    """It was on its way here when all that its source had was replayed."""
    return p.order <= s.replayed and s.replayed_source == j.source and s.replayed_generation == j.generation


cdef inline void end_squeeze(engine* e, slot* s, int32_t source_index, const packet* p) noexcept nogil:
    """With the first picture that was not replayed. Of one that was replayed in part, or whose beginning
    is still to come, all packets have one time stamp."""
    if not s.squeezes or p.sequence <= s.map.highest_in or p.timestamp == s.replayed_timestamp:
        return
    if p.vp8.frame_start:
        s.squeezes = False
        map_resume(&s.map, p.sequence, p.timestamp, wanted_timestamp(e, s, source_index, p))
    else:
        s.replayed_timestamp = p.timestamp


cdef bint leaps(engine* e, slot* s, const source* from_source, const packet* p, uint32_t clock) noexcept nogil:
    """Whether this packet of the source that flows is too far from the last to be the next of one
    stream. It then begins a new epoch. So it does after a gap that nobody repairs, or that fell into
    a pause: what the publisher lost on his way would count as lost on the viewer's."""
    cdef int64_t gap = p.sequence - s.map.highest_in - 1
    cdef uint32_t at = map_timestamp(&s.map.entries[(s.map.made - 1) % MAP_ENTRIES], p.timestamp)
    if gap >= 0:
        s.skipped = max(0, s.skipped - 1)
    if (gap > NACK_GAP or (gap > (FEW if s.video else 0) and e.now - s.last_sent > NACK_FOR)
            or s.skipped + gap > SKIPPED
            or <int32_t>(at - s.clock_base - clock) > <int64_t>AHEAD * from_source.clock_rate):
        # A new epoch skips no numbers, and forgives none either: who begins epochs by skipping would
        # skip at any rate, and after a second of a dead line its receiver had lost count.
        return True
    s.skipped += max(0, gap)
    return False


cdef bint map_one(engine* e, slot* s, uint8_t slot_index, int32_t source_index, uint32_t csrc,
                  packet* p, outgoing* out) noexcept nogil:
    cdef map_packet before, after
    as_map_packet(p, &before)
    if not map_forward(&s.map, source_index, s.generation, &before, &after):
        return False
    out.packet = p
    out.sequence = after.sequence
    out.timestamp = after.timestamp
    out.picture = after.picture
    out.tl0 = after.tl0
    out.csrc = csrc
    out.slot = slot_index
    out.rtx = False
    out.marker = p.marker
    return True


cdef bint switching_packet(engine* e, slot* s, uint8_t slot_index, int32_t source_index, uint32_t csrc, packet* p,
                           outgoing* out) noexcept nogil:
    cdef map_packet left_out
    if p.size == 0:
        map_omit(&s.map, source_index, s.generation, p.sequence)
        return False
    if temporal_leaves_out(s, p):
        as_map_packet(p, &left_out)
        map_leave_out(&s.map, source_index, s.generation, &left_out)
        return False
    return map_one(e, s, slot_index, source_index, csrc, p, out)


cdef int32_t switching_video(engine* e, int32_t viewer, int32_t slot_index, job* j, uint32_t csrc,
                             outgoing* out) noexcept nogil:
    cdef slot* s = &e.sessions[viewer].slots[slot_index]
    cdef source* from_source = source_at(e, j.source)
    cdef packet* p
    cdef int32_t i, count = 0
    for i in range(j.count):
        p = j.packets[i]
        if was_replayed(s, j, p):
            continue
        if s.pending == j.source and p.keyframe:
            switch_slot(e, s, j.source, p)
        if s.source != j.source or s.generation != j.generation:
            continue
        end_squeeze(e, s, j.source, p)
        if leaps(e, s, from_source, p, j.clock):
            # The next visit asks for the keyframe that lets it flow again.
            s.source = -1
            s.pending = j.source
            e.sessions[viewer].unsettled |= 1u << slot_index
            if not p.keyframe:
                continue
            switch_slot(e, s, j.source, p)
        if switching_packet(e, s, <uint8_t>slot_index, j.source, csrc, p, &out[count]):
            count += 1
    return count


cdef bint switching_audio(engine* e, int32_t viewer, job* j, uint32_t csrc, outgoing* out) noexcept nogil:
    cdef slot* s = &e.sessions[viewer].slots[j.slot]
    cdef source* from_source = source_at(e, j.source)
    cdef uint32_t talk = 0
    cdef bint begins
    if j.slot < SPEAKERS:
        talk = e.rooms[j.room].seats[j.slot].talk
    begins = (s.source != j.source or s.generation != j.generation or s.talk != talk
              or leaps(e, s, from_source, j.packets[0], j.clock))
    if begins:
        switch_slot(e, s, j.source, j.packets[0])
        s.talk = talk
    if not map_one(e, s, <uint8_t>j.slot, j.source, csrc, j.packets[0], out):
        return False
    out.marker = begins
    out.carried = redundancy_choose(e, &e.sessions[viewer], s, out)
    return True
