from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

from sfu.kernel.counters cimport REPAIRS_REFUSED_RECENT, RETRANSMIT_MISSED, SOUND_REPAIRED, SOUND_REPEATED
from sfu.kernel.line cimport line_budget
from sfu.kernel.losses cimport losses_nature
from sfu.kernel.memory cimport ring_find
from sfu.kernel.places cimport source_at
from sfu.kernel.red cimport (
    RED_EARLIEST, RED_HEADER, RED_LAST_HEADER, RED_LONGEST, red_write_header)
from sfu.kernel.rewrite cimport MAP_ENTRIES, map_entry
from sfu.kernel.roundtrip cimport roundtrip_shortest
from sfu.kernel.state cimport packet

cdef enum:
    # How far back a packet reaches, and how many earlier frames it takes with it
    REACH = 15
    MOST = 4
    # Lost per 256, fading: from where one, then two earlier frames go along, and below which no more
    ONE = 4
    TWO = 18
    NO_LONGER_ONE = 1
    NO_LONGER_TWO = 10
    # What is new counts for one part in so many: reports of a second say little
    FADES = 4
    # A frame that goes along costs about so many parts in 10 of its packet
    COST = 6
    # A browser reports on sound every five seconds, and each report is judged when the next comes (µs)
    FULL_FOR = 6000000
    # Parts in 8 of what the line bears that sound may take with it
    SHARE = 7
    # While the round trip is unknown (µs)
    SPACING_UNKNOWN = 80000
    SPACING_LEAST = 20000


# ── what goes along ──


cdef const packet* earlier_of(engine* e, const slot* s, const outgoing* o, int32_t distance) noexcept nogil:
    """NULL if the viewer was not to hear it, in this place and stretch of speech, or it is not kept."""
    cdef const map_entry* flows = &s.map.entries[(s.map.made - 1) % MAP_ENTRIES]
    cdef const packet* p = o.packet
    cdef const packet* found
    cdef uint32_t earlier
    if p.sequence - distance < flows.from_in:
        return NULL
    found = ring_find(source_at(e, s.source), p.sequence - distance)
    if found == NULL or found.size == 0 or found.size > RED_LONGEST:
        return NULL
    earlier = p.timestamp - found.timestamp
    return found if 0 < earlier <= RED_EARLIEST else NULL


cdef uint16_t redundancy_choose(engine* e, session* v, slot* s, const outgoing* o) noexcept nogil:
    cdef int64_t ahead = o.sequence - s.departed
    cdef uint64_t owed = 0
    cdef uint16_t chosen = 0
    cdef int32_t distance, count = 0
    cdef uint32_t size = RED_LAST_HEADER + o.packet.size
    cdef const packet* p
    if s.red_payload_type == 0 or ahead <= 0:
        return 0
    if ahead <= REACH:
        owed = <uint64_t>s.owed << ahead >> 1
    for distance in range(1, REACH + 1 if owed else v.redundancy + 1):
        if not (owed >> (distance - 1) & 1 or distance <= v.redundancy) or count == MOST:
            continue
        p = earlier_of(e, s, o, distance)
        if p == NULL or size + RED_HEADER + p.size > REDUNDANT_ROOM:
            continue
        size += RED_HEADER + p.size
        count += 1
        chosen |= <uint16_t>(1 << (distance - 1))
        e.counters[SOUND_REPAIRED if owed >> (distance - 1) & 1 else SOUND_REPEATED] += 1
    note(s, ahead, chosen)
    if chosen:
        v.sound_carried += size - o.packet.size
    return chosen


cdef void note(slot* s, int64_t ahead, uint16_t chosen) noexcept nogil:
    """`departed` is about to move on."""
    s.owed = 0
    s.repaid[0] = (s.repaid[0] << ahead if ahead < 32 else 0) | <uint32_t>chosen << 1
    s.repaid[1] = s.repaid[1] << ahead if ahead < 32 else 0


cdef int32_t redundancy_write(engine* e, const slot* s, const outgoing* o, uint8_t* out) noexcept nogil:
    cdef const packet* p
    cdef int32_t distance, at = 0
    for distance in range(REACH, 0, -1):
        if o.carried >> (distance - 1) & 1:
            p = earlier_of(e, s, o, distance)
            red_write_header(out + at, s.payload_type, o.packet.timestamp - p.timestamp, p.size)
            at += RED_HEADER
    out[at] = s.payload_type
    at += RED_LAST_HEADER
    for distance in range(REACH, 0, -1):
        if o.carried >> (distance - 1) & 1:
            p = earlier_of(e, s, o, distance)
            memcpy(out + at, p.payload, p.size)
            at += p.size
    memcpy(out + at, o.packet.payload, o.packet.size)
    return at + o.packet.size


# ── what is asked for ──


cdef void redundancy_ask(engine* e, session* v, slot* s, uint16_t sequence) noexcept nogil:
    # A repetition under its own number would be encrypted twice with another send time in it, which
    # AES-GCM does not survive; there is no RTX for sound.
    cdef uint16_t distance = <uint16_t>(s.departed - sequence)
    cdef int64_t spacing = max(<int64_t>SPACING_LEAST, roundtrip_shortest(v)) if v.rtt else SPACING_UNKNOWN
    if s.red_payload_type == 0 or s.source < 0 or distance >= REACH:
        e.counters[RETRANSMIT_MISSED] += 1
        return
    if e.now - s.repaid_since > spacing:
        s.repaid[1] = s.repaid[0] if e.now - s.repaid_since <= 2 * spacing else 0
        s.repaid[0] = 0
        s.repaid_since = e.now
    if (s.repaid[0] | s.repaid[1]) >> distance & 1:
        e.counters[REPAIRS_REFUSED_RECENT] += 1
        return
    s.owed |= 1u << distance


# ── how much ──


cdef bint is_affordable(const engine* e, const session* v, int32_t level) noexcept nogil:
    cdef double plain = v.sound_rate / (10 + COST * v.redundancy)
    return plain * (10 + COST * level) * 8 <= <double>line_budget(e, v) * SHARE


cdef float lost_by_nature(const engine* e, session* v) noexcept nogil:
    """Per 256, by the report before this one: that the line was full then may not have been known. What a full line
    loses it loses no more when less is sent, and what goes along would fill it once more."""
    cdef float told = v.loss_before
    v.loss_before = v.loss
    # Where reports are all that is told it is not known what a line loses by nature.
    if not v.may_count or v.estimator.lowered_at == 0 or e.now - v.estimator.lowered_at > FULL_FOR:
        return told
    return min(told, max(v.sound_loss, <float>losses_nature(&v.estimator.losses) / 4))


cdef void redundancy_report(engine* e, session* v) noexcept nogil:
    cdef int32_t level = v.redundancy
    v.sound_loss += (lost_by_nature(e, v) - v.sound_loss) / FADES
    if v.sound_loss >= TWO:
        level = 2
    elif v.sound_loss >= ONE:
        level = 2 if level == 2 and v.sound_loss >= NO_LONGER_TWO else 1
    elif v.sound_loss < NO_LONGER_ONE:
        level = 0
    else:
        level = min(level, 1)
    while level and not is_affordable(e, v, level):
        level -= 1
    v.redundancy = <uint8_t>level
