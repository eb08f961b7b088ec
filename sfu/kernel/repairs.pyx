from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport calloc, free

from sfu.kernel.counters cimport REPAIRS_REFUSED_RECENT, REPAIRS_REFUSED_SHARE
from sfu.kernel.line cimport line_budget
from sfu.kernel.memory cimport packet_drop
from sfu.kernel.roundtrip cimport roundtrip_shortest, rtt_or_default
from sfu.kernel.sizes cimport KINDS, REPAIR_QUEUE, RESENT, SCREEN, WIRE_OVERHEAD
from sfu.kernel.state cimport repairs

cdef enum:
    # A browser looks for what it misses so often, and no sooner asks again (µs)
    SOONEST = 20000
    # One that does not know the round trip either takes 0.1 s for it
    SPACING_UNKNOWN = 80000
    # What a browser holds back until it has been repaired, and a keyframe that is still under way
    HELD_FOR = 1000000
    KEYFRAME_SETTLES = 100000
    # A repair for four packets at the most, and of a stream that has paused a little more (bytes)
    PART = 4
    TRICKLE = 2000
    # What may be saved up of that: part of what the line bears in a second, within these (bytes)
    LEAST_SHARE = 7600
    MOST_SHARE = 81920
    SLOT_STEP = 41
    WAITS = 0x7FFFFFFFFFFFFFFF


cdef int64_t repair_share(const engine* e, const session* v) noexcept nogil:
    """Bytes of repairs that may leave ahead of what they are a part of."""
    return max(<int64_t>LEAST_SHARE, min(<int64_t>MOST_SHARE, <int64_t>(line_budget(e, v) // 8 // PART)))


cdef bint repairs_open(const engine* e, session* v) noexcept nogil:
    if v.repairs == NULL:
        v.repairs = <repairs*>calloc(1, sizeof(repairs))
        if v.repairs != NULL:
            v.repairs.credit = repair_share(e, v)
            v.repairs.credited = e.now
    return v.repairs != NULL


# ── of what use it is ──


cdef bint repairs_are_superseded(const engine* e, const session* v, const slot* s, int64_t number) noexcept nogil:
    return number < s.cut_number or (
        number < s.keyframe_number
        and e.now - s.keyframe_left > max(rtt_or_default(v), <int64_t>KEYFRAME_SETTLES))


cdef bint repairs_are_late(const engine* e, const session* v, const slot* s, const packet* p) noexcept nogil:
    # A screen waits for its pace longer than that, and its next keyframe costs most.
    cdef int64_t since = max(p.arrival, s.replayed_at) if p.order <= s.replayed else p.arrival
    return s.track % KINDS != SCREEN and e.now - since > HELD_FOR + rtt_or_default(v)


# ── when he had it last ──


cdef inline int64_t* last_of(repairs* r, const outgoing* o) noexcept nogil:
    """Numbers of one slot that follow each other have places of their own."""
    return &r.resent[<uint64_t>(o.sequence + SLOT_STEP * o.slot) % RESENT]


cdef bint is_under_way(const engine* e, session* v, const outgoing* o) noexcept nogil:
    """It waits, or can not have been missed yet; or another one is, whose place it has."""
    cdef int64_t spacing = max(<int64_t>SOONEST, roundtrip_shortest(v)) if v.rtt else SPACING_UNKNOWN
    # What has not left yet he cannot miss.
    return o.sequence > v.slots[o.slot].departed or e.now - last_of(v.repairs, o)[0] < spacing


cdef void repairs_note(const engine* e, session* v, const outgoing* o) noexcept nogil:
    cdef repairs* r = v.repairs
    cdef int64_t* last = last_of(r, o)
    if not v.slots[o.slot].video:
        return
    if o.rtx:
        last[0] = e.now
        return
    r.credit = min(repair_share(e, v), r.credit + (o.packet.size + WIRE_OVERHEAD) // PART)
    # It comes late from its publisher, and was asked for meanwhile.
    if o.sequence < v.slots[o.slot].departed and last[0] != WAITS:
        last[0] = e.now


# ── how much ──


cdef bint is_affordable(const engine* e, session* v, const outgoing* o) noexcept nogil:
    """Nothing can be shown without the whole keyframe: for it the next share is spent, too."""
    cdef repairs* r = v.repairs
    cdef const slot* s = &v.slots[o.slot]
    cdef bint of_keyframe = o.sequence >= s.keyframe_number and o.timestamp == s.keyframe_timestamp
    r.credit = min(repair_share(e, v), r.credit + (e.now - r.credited) * TRICKLE // 1000000)
    r.credited = e.now
    return r.credit > (-repair_share(e, v) if of_keyframe else 0) and r.tail - r.head < REPAIR_QUEUE


cdef bint repairs_admit(engine* e, session* v, const outgoing* o) noexcept nogil:
    if is_under_way(e, v, o):
        e.counters[REPAIRS_REFUSED_RECENT] += 1
        return False
    if not is_affordable(e, v, o):
        e.counters[REPAIRS_REFUSED_SHARE] += 1
        return False
    return True


# ── what waits ──


cdef void repairs_line_up(session* v, const outgoing* o) noexcept nogil:
    cdef repairs* r = v.repairs
    r.items[r.tail % REPAIR_QUEUE] = o[0]
    r.tail += 1
    r.credit -= o.packet.size + WIRE_OVERHEAD
    last_of(r, o)[0] = WAITS
    o.packet.references += 1


cdef outgoing* repairs_first(session* v) noexcept nogil:
    return &v.repairs.items[v.repairs.head % REPAIR_QUEUE]


cdef void repairs_done(engine* e, session* v) noexcept nogil:
    packet_drop(e, repairs_first(v).packet)
    v.repairs.head += 1


cdef void repairs_drop(engine* e, session* v) noexcept nogil:
    while repairs_wait(v):
        repairs_done(e, v)
    free(v.repairs)
    v.repairs = NULL
