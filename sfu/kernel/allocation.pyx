from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

from sfu.kernel.counters cimport SLOTS_LOWERED, SLOTS_RAISED
from sfu.kernel.events cimport EVENT_GIVEN, event_put
from sfu.kernel.line cimport line_budget
from sfu.kernel.pace cimport within
from sfu.kernel.places cimport source_at, source_of, track_at
from sfu.kernel.rates cimport rates_cost, rates_have_temporal
from sfu.kernel.sizes cimport AUDIO_SLOTS, CAMERA, KINDS, LAYERS, SCREEN, SLOTS, SPEAKERS, TEMPORAL, VIDEO_SLOTS
from sfu.kernel.slots cimport slots_choose, slots_rank
from sfu.kernel.state cimport GIVEN_NOTHING, GIVEN_UNKNOWN, room, session, slot, source

cdef enum:
    OPTIONS = LAYERS * TEMPORAL
    # Time between two upward steps: a step too far shows within that
    RAISE_INTERVAL = 1000000
    # A step up that had to be taken back within so long was too far: the next one waits for twice as
    # long as the one before, because each costs the publisher keyframes
    TRIAL = 5000000
    RAISE_MOST = 16000000
    # For so long after he began to look his line is being found out
    FRESH_FOR = 3000000
    RAISE_FRESH = 200000
    CHECK_LIMITED = 250000
    CHECK_SETTLED = 1000000
    # Parts in 64 of the budget that are given out: keyframes, repairs and reports have the rest
    GIVEN_OUT = 62
    # Parts in 64: a step up may cost at most so much of what is left, a step down is taken when what
    # is given costs more than this the other way
    STEP = 58
    # A layer that was given and does not come for so long will not
    ABSENT_AFTER = 2500000
    # Parts in 4 of what a slot is given that may go on flowing until the right layer begins
    LENIENT = 5
    # Sound that is kept free for: one who speaks
    SOUND_LEAST = 64000
    # Where so much is left, stills come of a camera that has nothing smaller; of so many at once
    STILLS_LEAST = 96000
    STILLS_MOST = 4
    SOUND_SPAN = 200000
    SOUND_TIME = 1000000
    # How often Python is told what a viewer's slots are given; two pages of them ahead of that
    TELLING = 100000
    TELLING_BURST = 5000000

cdef struct option:
    int32_t layer
    int32_t temporal
    uint64_t cost

cdef struct candidate:
    int32_t slot
    int64_t precedence
    # Screens get their least whatever it costs: the pace then makes fewer pictures of them
    bint forced
    # What is chosen does not fit, so stills come of it; of a camera as many as what is left makes
    bint stills
    # It had nothing, or stills, because nothing fitted
    bint had_nothing
    int32_t count
    # Places in `options`; −1: none
    int32_t current
    int32_t chosen
    option options[OPTIONS]


# ── what could be given ──


cdef void add_option(candidate* c, int32_t layer, int32_t temporal, uint64_t cost) noexcept nogil:
    """What costs no more than something smaller replaces it."""
    while c.count and c.options[c.count - 1].cost >= cost:
        c.count -= 1
    c.options[c.count].layer = layer
    c.options[c.count].temporal = temporal
    c.options[c.count].cost = cost
    c.count += 1


cdef void add_layer(engine* e, const slot* s, candidate* c, int32_t layer, bint smallest) noexcept nogil:
    """Pictures are left out before a smaller layer is taken, half of them at the most, but of the
    smallest."""
    cdef int32_t temporal
    if not rates_have_temporal(e, s.track):
        add_option(c, layer, s.temporal_most, rates_cost(e, s.track, layer, TEMPORAL - 1))
        return
    for temporal in range(0 if smallest or s.temporal_most == 0 else 1, s.temporal_most + 1):
        add_option(c, layer, temporal, rates_cost(e, s.track, layer, temporal))


cdef bint may_come(engine* e, const slot* s, int32_t layer) noexcept nogil:
    return source_at(e, source_of(s.track, layer)).active or not s.absent >> layer & 1


cdef void add_camera(engine* e, const slot* s, candidate* c) noexcept nogil:
    cdef int32_t layers = max(1, track_at(e, s.track).expect.layers)
    cdef int32_t most = slots_rank(e, s.track, min(s.wanted_layer, LAYERS - 1))
    cdef int32_t rank, layer
    for rank in range(LAYERS):
        # What is larger than the tile is taken where nothing else comes.
        if rank > most and c.count:
            return
        for layer in range(layers):
            if slots_rank(e, s.track, layer) == rank and may_come(e, s, layer):
                add_layer(e, s, c, layer, c.count == 0)


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


cdef void describe(engine* e, const session* v, int32_t slot_index, candidate* c) noexcept nogil:
    cdef const slot* s = &v.slots[slot_index]
    c.slot = slot_index
    c.precedence = precedence_of(e, v, s)
    c.forced = s.track % KINDS == SCREEN
    c.had_nothing = s.given == GIVEN_NOTHING or s.stills
    c.count = 0
    if s.track % KINDS == CAMERA:
        add_camera(e, s, c)
    else:
        add_layer(e, s, c, 0, True)
    c.current = -1 if s.stills else place_of_current(s, c)


cdef int32_t collect(engine* e, const session* v, candidate* found) noexcept nogil:
    """What the slots could be given, in the order in which they are served."""
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
    return count


# ── what is given ──


cdef inline uint64_t cost_of(const candidate* c, int32_t place) noexcept nogil:
    """With room to spare where it is more than now; what is there stays until it is clearly too much."""
    if place < 0:
        return 0
    return c.options[place].cost * STEP // 64 if place <= c.current else c.options[place].cost * 64 // STEP


cdef int32_t whole_layer(const candidate* c, int32_t place) noexcept nogil:
    """The place of the same layer with all its pictures."""
    while place + 1 < c.count and c.options[place + 1].layer == c.options[place].layer:
        place += 1
    return place


cdef uint64_t taken_by(const candidate* c) noexcept nogil:
    return STILLS_LEAST if c.stills and not c.forced else cost_of(c, c.chosen)


cdef int64_t give_stills(candidate* all, int32_t count, int64_t left) noexcept nogil:
    """To those whose least does not fit. What is left after it."""
    cdef int32_t i, found = 0
    for i in range(count):
        if all[i].chosen >= 0 or left < STILLS_LEAST or found == STILLS_MOST:
            continue
        all[i].chosen = 0
        all[i].stills = True
        left -= STILLS_LEAST
        found += 1
    return left


cdef void give_out(candidate* all, int32_t count, int64_t left, bint upward) noexcept nogil:
    """`upward`: more than now, too; who has nothing yet may always get something."""
    cdef candidate* c
    cdef int32_t i, place, top
    for i in range(count):
        c = &all[i]
        c.stills = c.forced and <int64_t>cost_of(c, 0) > left
        c.chosen = 0 if c.forced or <int64_t>cost_of(c, 0) <= left else -1
        left -= <int64_t>cost_of(c, c.chosen)
    left = give_stills(all, count, left)
    for i in range(count):
        c = &all[i]
        if c.chosen < 0 or c.stills:
            continue
        if upward or (c.current < 0 and not c.had_nothing):
            top = c.count - 1
        else:
            top = whole_layer(c, 0) if c.current < 0 else c.current
        for place in range(top, c.chosen, -1):
            if <int64_t>(cost_of(c, place) - cost_of(c, c.chosen)) <= left:
                left -= <int64_t>(cost_of(c, place) - cost_of(c, c.chosen))
                c.chosen = place
                break


cdef bint raise_one(candidate* all, int32_t count, int64_t left) noexcept nogil:
    """Of all that could have another layer one gets it, the first in order. More pictures of the same
    cost nobody a keyframe."""
    cdef int32_t chosen[SLOTS]
    cdef int32_t i
    cdef bint raised = False, more = False
    for i in range(count):
        chosen[i] = all[i].chosen
    give_out(all, count, left, True)
    for i in range(count):
        if all[i].chosen <= chosen[i]:
            continue
        if chosen[i] < 0 or all[i].chosen > whole_layer(&all[i], chosen[i]):
            if raised:
                all[i].chosen = chosen[i] if chosen[i] < 0 else min(all[i].chosen, whole_layer(&all[i], chosen[i]))
            raised = True
        more = True
    return more


cdef void tell(engine* e, int32_t viewer, int32_t slot_index) noexcept nogil:
    cdef slot* s = &e.sessions[viewer].slots[slot_index]
    cdef uint8_t temporal = s.temporal_wanted
    if s.given == s.told_given and temporal == s.told_temporal:
        return
    # What is not told now is told later, if it is still so.
    if not within(&e.sessions[viewer].telling_pace, e.now, TELLING, TELLING_BURST):
        return
    if event_put(e, EVENT_GIVEN, viewer, slot_index - AUDIO_SLOTS, s.given, &temporal, 1):
        s.told_given, s.told_temporal = s.given, temporal


cdef bint is_too_much(engine* e, const slot* s, const candidate* c) noexcept nogil:
    """What flows, with as few pictures as can be."""
    cdef source* from_source
    if s.source < 0 or c.chosen < 0:
        return False
    from_source = source_at(e, s.source)
    return rates_cost(e, s.track, from_source.layer, 0) > c.options[c.chosen].cost * LENIENT // 4


cdef void apply(engine* e, int32_t viewer, const candidate* c) noexcept nogil:
    cdef slot* s = &e.sessions[viewer].slots[c.slot]
    cdef int32_t given = GIVEN_NOTHING if c.chosen < 0 else c.options[c.chosen].layer
    cdef uint32_t bit = 1u << c.slot
    s.limited = c.chosen < c.count - 1 or c.stills
    s.stills = c.stills
    e.sessions[viewer].yields = e.sessions[viewer].yields & ~bit | (bit if c.stills and not c.forced else 0)
    if c.chosen >= 0:
        s.temporal_wanted = <uint8_t>c.options[c.chosen].temporal
    s.strangled = is_too_much(e, s, c)
    if given != s.given:
        if s.given != GIVEN_UNKNOWN:
            e.counters[SLOTS_RAISED if c.chosen > c.current else SLOTS_LOWERED] += 1
        s.given = given
        s.given_at = e.now
        slots_choose(e, viewer, c.slot)
    tell(e, viewer, c.slot)


cdef void note_sound(engine* e, session* v) noexcept nogil:
    cdef int64_t passed = e.now - v.sound_since
    cdef double rate
    if passed < SOUND_SPAN:
        return
    rate = v.sound_carried * 8e6 / <double>passed
    v.sound_rate += (rate - v.sound_rate) * min(1.0, <double>passed / SOUND_TIME)
    v.sound_carried = 0
    v.sound_since = e.now


cdef void note_absent(engine* e, session* v) noexcept nogil:
    cdef slot* s
    cdef int32_t i, layer
    for i in range(AUDIO_SLOTS, AUDIO_SLOTS + VIDEO_SLOTS):
        s = &v.slots[i]
        if not v.showing >> i & 1 or s.track % KINDS != CAMERA:
            continue
        for layer in range(LAYERS):
            if source_at(e, source_of(s.track, layer)).active:
                s.absent &= <uint8_t>~(1 << layer)
            elif s.given == layer and e.now - s.given_at > ABSENT_AFTER:
                s.absent |= <uint8_t>(1 << layer)


cdef void sum_up(const engine* e, session* v, const candidate* all, int32_t count, uint64_t sound) noexcept nogil:
    cdef uint64_t given = sound, thin = 0
    cdef int32_t i, place
    v.wishes = 0
    for i in range(count):
        given += taken_by(&all[i])
    # First all shall have the pictures of some layer, together; then one after the other a larger one.
    for i in range(count):
        place = whole_layer(&all[i], max(0, all[i].chosen))
        if place > all[i].chosen or all[i].stills:
            thin += all[i].options[place].cost * 64 // STEP - taken_by(&all[i])
    if thin:
        v.wishes = (given + thin) * 64 // GIVEN_OUT
    for i in range(count):
        if not thin and all[i].chosen < all[i].count - 1:
            v.wishes = (given - cost_of(&all[i], all[i].chosen)
                        + all[i].options[all[i].chosen + 1].cost * 64 // STEP) * 64 // GIVEN_OUT
            break
    v.allotted = given * 64 // GIVEN_OUT
    # Screens are given what does not fit, perhaps.
    if v.wishes == 0 and v.allotted * 64 // STEP > line_budget(e, v):
        v.wishes = v.allotted * 64 // STEP


cdef int64_t raise_interval(const engine* e, session* v) noexcept nogil:
    if v.looks_since == 0:
        v.looks_since = e.now
    return max(v.raise_wait, RAISE_FRESH if e.now - v.looks_since < FRESH_FOR else RAISE_INTERVAL)


cdef bint has_less(const candidate* all, int32_t count) noexcept nogil:
    cdef int32_t i
    for i in range(count):
        if all[i].chosen < all[i].current or (all[i].stills and all[i].current >= 0):
            return True
    return False


cdef void note_trial(const engine* e, session* v, bint less) noexcept nogil:
    if not v.on_trial:
        return
    if less:
        v.on_trial = False
        v.raise_wait = min(<int64_t>RAISE_MOST, max(2 * v.raise_wait, <int64_t>2 * RAISE_INTERVAL))
    elif e.now - v.raised_at > TRIAL:
        v.on_trial = False
        v.raise_wait = 0


cdef void allocate(engine* e, int32_t viewer) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    cdef candidate all[VIDEO_SLOTS]
    cdef uint64_t sound
    cdef int64_t left
    cdef int32_t count, i
    note_sound(e, v)
    note_absent(e, v)
    sound = max(<uint64_t>SOUND_LEAST, <uint64_t>v.sound_rate)
    left = <int64_t>(line_budget(e, v) * GIVEN_OUT // 64) - <int64_t>sound
    count = collect(e, v, all)
    give_out(all, count, left, False)
    note_trial(e, v, has_less(all, count))
    if e.now - v.raised_at >= raise_interval(e, v) and raise_one(all, count, left):
        v.raised_at = e.now
        v.on_trial = True
    sum_up(e, v, all, count, sound)
    for i in range(count):
        apply(e, viewer, &all[i])
    v.allocate_at = e.now + (CHECK_LIMITED if v.wishes else CHECK_SETTLED)


cdef void allocation_due(engine* e) noexcept nogil:
    cdef int32_t i
    for i in range(e.marked_count):
        e.sessions[e.marked[i]].marked = False
        if e.sessions[e.marked[i]].used:
            allocate(e, e.marked[i])
    e.marked_count = 0


cdef void allocation_check(engine* e, int32_t viewer) noexcept nogil:
    if e.sessions[viewer].showing and e.now >= e.sessions[viewer].allocate_at:
        allocation_mark(e, viewer)
