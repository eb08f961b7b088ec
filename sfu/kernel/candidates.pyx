from libc.stdint cimport int32_t, int64_t, uint64_t

from sfu.kernel.places cimport source_at, source_of, track_at
from sfu.kernel.rates cimport rates_cost, rates_have_temporal
from sfu.kernel.sizes cimport AUDIO_SLOTS, CAMERA, KINDS, SCREEN, SPEAKERS, VIDEO_SLOTS
from sfu.kernel.slots cimport slots_rank
from sfu.kernel.state cimport GIVEN_NOTHING, room, slot


cdef enum:
    # Parts in 8: tiles are as tall as the tallest of them if they are taller than this
    AS_TALL = 7
    # Whoever was not heard for so long (µs) sends nothing now
    AWAY = 2500000


cdef void add_option(candidate* c, int32_t layer, int32_t temporal, int32_t size, uint64_t cost) noexcept nogil:
    """What costs no more than something smaller replaces it."""
    while c.count and c.options[c.count - 1].cost >= cost:
        c.count -= 1
    c.options[c.count].layer = layer
    c.options[c.count].temporal = temporal
    c.options[c.count].level = size * TEMPORAL + temporal
    c.options[c.count].cost = cost
    c.count += 1


cdef void add_layer(engine* e, const slot* s, candidate* c, int32_t layer, int32_t size, bint smallest) noexcept nogil:
    """Pictures are left out before a smaller layer is taken, half of them at the most, but of the
    smallest."""
    cdef int32_t temporal
    if not rates_have_temporal(e, s.track):
        add_option(c, layer, s.temporal_most, size, rates_cost(e, s.track, layer, TEMPORAL - 1))
        return
    for temporal in range(0 if smallest or s.temporal_most == 0 else 1, s.temporal_most + 1):
        add_option(c, layer, temporal, size, rates_cost(e, s.track, layer, temporal))


cdef bint may_come(engine* e, const slot* s, int32_t layer) noexcept nogil:
    return source_at(e, source_of(s.track, layer)).active or not s.absent >> layer & 1


cdef void add_camera(engine* e, const slot* s, candidate* c) noexcept nogil:
    cdef int32_t layers = max(1, track_at(e, s.track).expect.layers)
    cdef int32_t most = slots_rank(e, s.track, min(s.wanted_layer, LAYERS - 1))
    cdef int32_t rank, layer
    if s.spares_from:
        most = min(most, s.spares_from - 1)
    for rank in range(LAYERS):
        # What is larger than the tile is taken where nothing else comes.
        if rank > most and c.count:
            return
        for layer in range(layers):
            if slots_rank(e, s.track, layer) == rank and may_come(e, s, layer):
                # An only layer is the largest; heights may be those of more layers than there are now.
                add_layer(e, s, c, layer, min(LAYERS - 1, LAYERS - layers + rank), c.count == 0)


cdef int64_t precedence_of(engine* e, const session* v, const slot* s) noexcept nogil:
    cdef int32_t who = s.track // KINDS, i
    cdef const room* r = &e.rooms[v.room]
    cdef int64_t group = 3
    if s.track % KINDS == SCREEN:
        group = 0
    elif e.sessions[who].moderator:
        group = 2
    for i in range(SPEAKERS):
        if group and r.seats[i].session == who:
            group = 1
    return group << 16 | (0xFFFF - s.tile_height)


cdef int32_t place_of_current(const slot* s, const candidate* c) noexcept nogil:
    cdef int32_t i
    for i in range(c.count):
        if c.options[i].layer == s.given and c.options[i].temporal == s.temporal_wanted:
            return i
    return -1


cdef bint is_away(engine* e, const slot* s) noexcept nogil:
    """No layer comes, nor anything else from who sends it: his browser was killed, or his line is down. To try
    one layer after the other would take room from everybody else."""
    cdef int32_t layer
    for layer in range(LAYERS):
        if source_at(e, source_of(s.track, layer)).active:
            return False
    return e.now - max(e.sessions[s.track // KINDS].heard, e.woke_at) > AWAY


cdef void describe(engine* e, const session* v, int32_t slot_index, candidate* c) noexcept nogil:
    cdef const slot* s = &v.slots[slot_index]
    c.slot = slot_index
    c.precedence = precedence_of(e, v, s)
    c.forced = s.track % KINDS == SCREEN
    c.had_nothing = s.given == GIVEN_NOTHING or s.stills
    c.had_stills = s.stills
    c.waits = s.given == GIVEN_NOTHING and e.now - s.given_at < s.dark_for
    c.count = 0
    if is_away(e, s):
        return
    if s.track % KINDS == CAMERA:
        add_camera(e, s, c)
    else:
        add_layer(e, s, c, 0, LAYERS - 1, True)
    c.current = -1 if s.stills else place_of_current(s, c)


cdef bint share_alike(const candidate* first, const candidate* c) noexcept nogil:
    """Of one group, with tiles of one size."""
    return (first.precedence >> 16 == c.precedence >> 16
            and 8 * (0xFFFF - (c.precedence & 0xFFFF)) >= AS_TALL * (0xFFFF - (first.precedence & 0xFFFF)))


cdef int32_t candidates_collect(engine* e, const session* v, candidate* found) noexcept nogil:
    cdef candidate c
    cdef int32_t i, at, count = 0
    for i in range(AUDIO_SLOTS, AUDIO_SLOTS + VIDEO_SLOTS):
        if not v.showing >> i & 1:
            continue
        describe(e, v, i, &c)
        if c.count == 0:
            continue
        at = count
        while at and found[at - 1].precedence > c.precedence:
            found[at] = found[at - 1]
            at -= 1
        found[at] = c
        count += 1
    for i in range(count):
        found[i].cohort = found[i - 1].cohort if i and share_alike(&found[found[i - 1].cohort], &found[i]) else i
    return count
