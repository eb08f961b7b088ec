from libc.stdint cimport int32_t, int64_t, uint16_t

from sfu.kernel.counters cimport REPAIRS_REFUSED_LATE, RETRANSMITTED, RETRANSMIT_MISSED
from sfu.kernel.keyframes cimport keyframe_wish
from sfu.kernel.line cimport line_missed
from sfu.kernel.memory cimport ring_find
from sfu.kernel.pacing cimport pacing_watch
from sfu.kernel.places cimport csrc_of, is_reachable, source_at
from sfu.kernel.repairs cimport (
    repairs_admit, repairs_are_late, repairs_are_superseded, repairs_line_up, repairs_open)
from sfu.kernel.roundtrip cimport roundtrip_shortest
from sfu.kernel.rewrite cimport map_entry, map_has_left_out, map_resolve, map_timestamp
from sfu.kernel.state cimport outgoing, packet, session, slot, source


cdef void retransmit(engine* e, int32_t viewer, int32_t slot_index, uint16_t sequence) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    cdef slot* s = &v.slots[slot_index]
    cdef int64_t sent, original
    cdef const map_entry* m = map_resolve(&s.map, sequence, &sent, &original)
    cdef source* from_source
    cdef packet* p
    cdef outgoing o
    # Who is sent nothing may go on asking, in another's name too.
    if m == NULL or not is_reachable(v) or not repairs_open(e, v):
        e.counters[RETRANSMIT_MISSED] += 1
        return
    from_source = source_at(e, m.source)
    p = ring_find(from_source, original) if from_source.generation == m.generation else NULL
    if p != NULL and map_has_left_out(&s.map, m.epoch, p.picture):
        # Its number stayed a gap when a part of its picture came late.
        e.counters[RETRANSMIT_MISSED] += 1
        return
    # What is missing here, too, or came late, his line has not lost.
    if p != NULL and e.now - p.arrival >= roundtrip_shortest(v):
        line_missed(v, s, sent)
    # Without RTX the packet would be encrypted twice under one number, with another send time in
    # it: AES-GCM does not survive that.
    if p == NULL or p.size == 0 or s.rtx_ssrc == 0:
        e.counters[RETRANSMIT_MISSED] += 1
        # A keyframe replaces what he can not get. What has not come to us we have asked for.
        if s.source == <int32_t>m.source and (p != NULL or original <= from_source.forgotten):
            keyframe_wish(e, v, s)
        return
    if repairs_are_superseded(e, v, s, sent) or repairs_are_late(e, v, s, p):
        e.counters[REPAIRS_REFUSED_LATE] += 1
        if sent >= s.keyframe_number:
            keyframe_wish(e, v, s)
        return
    o.packet = p
    o.sequence = sent
    o.timestamp = map_timestamp(m, p.timestamp)
    o.picture = (p.picture + m.picture_offset) & 0x7FFF
    o.tl0 = <unsigned char>(p.vp8.tl0 + m.tl0_offset)
    o.csrc = csrc_of(e, from_source)
    o.slot = <unsigned char>slot_index
    o.rtx = True
    o.marker = p.marker
    if repairs_admit(e, v, &o):
        e.counters[RETRANSMITTED] += 1
        repairs_line_up(v, &o)
        pacing_watch(e, viewer)
