from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

from sfu.kernel.candidates cimport candidate, candidates_collect
from sfu.kernel.counters cimport SLOTS_LOWERED, SLOTS_RAISED
from sfu.kernel.events cimport EVENT_GIVEN, event_put
from sfu.kernel.line cimport line_budget
from sfu.kernel.pace cimport within
from sfu.kernel.places cimport source_at, source_of
from sfu.kernel.rates cimport rates_cost
from sfu.kernel.sharing cimport (
    STEP, cost_of, sharing_free, sharing_give, sharing_next, sharing_raise, sharing_taken, sharing_whole)
from sfu.kernel.sizes cimport AUDIO_SLOTS, CAMERA, KINDS, LAYERS, VIDEO_SLOTS
from sfu.kernel.slots cimport slots_choose
from sfu.kernel.state cimport GIVEN_NOTHING, GIVEN_UNKNOWN, session, slot, source
from sfu.kernel.trials cimport trials_begin, trials_interval, trials_judge

cdef enum:
    CHECK_LIMITED = 250000
    CHECK_SETTLED = 1000000
    # Parts in 64 of the budget that are given out: keyframes, repairs and reports have the rest
    GIVEN_OUT = 62
    # A layer that was given and does not come for so long will not
    ABSENT_AFTER = 2500000
    # Parts in 4 of what a slot is given that may go on flowing until the right layer begins
    LENIENT = 5
    # Estimates fall for a moment: so long those who go first have fewer pictures before others have none
    PATIENCE = 4000000
    # Who has none so soon after he got something waits, twice as long each time: a keyframe is no picture
    LASTED = 15000000
    DARK_LEAST = 2000000
    DARK_MOST = 16000000
    # Sound that is kept free for: one who speaks
    SOUND_LEAST = 64000
    SOUND_SPAN = 200000
    SOUND_TIME = 1000000
    # How often Python is told what a viewer's slots are given; two pages of them ahead of that
    TELLING = 100000
    TELLING_BURST = 5000000

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


cdef void note_dark(const engine* e, slot* s, int32_t given) noexcept nogil:
    if s.given < 0 and given >= 0:
        s.begun_at = e.now
    elif s.given >= 0 and given == GIVEN_NOTHING:
        if e.now - s.begun_at > LASTED:
            s.dark_for = 0
        else:
            s.dark_for = min(<int64_t>DARK_MOST, max(2 * s.dark_for, <int64_t>DARK_LEAST))


cdef void apply(engine* e, int32_t viewer, const candidate* c) noexcept nogil:
    cdef slot* s = &e.sessions[viewer].slots[c.slot]
    cdef int32_t given = GIVEN_NOTHING if c.chosen < 0 else c.options[c.chosen].layer
    s.limited = c.chosen < c.count - 1 or c.stills or s.spares_from != 0
    s.stills = c.stills
    s.cost = 0
    if c.stills and not c.forced:
        e.sessions[viewer].yields |= 1u << c.slot
    if c.chosen >= 0:
        s.cost = c.options[c.chosen].cost
        s.temporal_wanted = <uint8_t>c.options[c.chosen].temporal
    s.strangled = is_too_much(e, s, c)
    if given != s.given:
        if s.given != GIVEN_UNKNOWN:
            e.counters[SLOTS_RAISED if c.chosen > c.current else SLOTS_LOWERED] += 1
        note_dark(e, s, given)
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


cdef void try_larger(engine* e, slot* s) noexcept nogil:
    """After a while again, one layer after the other."""
    if s.spares_from and e.now > s.spares_until:
        s.spares_from = <uint8_t>((s.spares_from + 1) % LAYERS)
        s.spares_until = e.now + s.spares_for


cdef void note_absent(engine* e, session* v) noexcept nogil:
    cdef slot* s
    cdef int32_t i, layer
    for i in range(AUDIO_SLOTS, AUDIO_SLOTS + VIDEO_SLOTS):
        s = &v.slots[i]
        if not v.showing >> i & 1 or s.track % KINDS != CAMERA:
            continue
        try_larger(e, s)
        for layer in range(LAYERS):
            if source_at(e, source_of(s.track, layer)).active:
                s.absent &= <uint8_t>~(1 << layer)
            elif s.given == layer and e.now - s.given_at > ABSENT_AFTER:
                s.absent |= <uint8_t>(1 << layer)


cdef void sum_up(const engine* e, session* v, const candidate* all, int32_t count, uint64_t sound) noexcept nogil:
    cdef uint64_t given = sound, thin = 0
    cdef int32_t i, place, next
    v.wishes = 0
    v.spare = <int64_t>(line_budget(e, v) * GIVEN_OUT // 64) - <int64_t>sound
    for i in range(count):
        given += sharing_taken(&all[i])
        v.spare -= <int64_t>(all[i].options[all[i].chosen].cost) if all[i].chosen >= 0 else 0
    # First all shall have the pictures of some layer, together; then one after the other a larger one.
    for i in range(count):
        place = sharing_whole(&all[i], max(0, all[i].chosen))
        if place > all[i].chosen or all[i].stills:
            thin += all[i].options[place].cost * 64 // STEP - sharing_taken(&all[i])
    if thin:
        v.wishes = (given + thin) * 64 // GIVEN_OUT
    next = -1 if thin else sharing_next(all, count)
    if next >= 0:
        v.wishes = (given + sharing_free(all, count) - cost_of(&all[next], all[next].chosen)
                    + all[next].options[all[next].chosen + 1].cost * 64 // STEP) * 64 // GIVEN_OUT
    v.allotted = given * 64 // GIVEN_OUT
    # Screens are given what does not fit, perhaps.
    if v.wishes == 0 and v.allotted * 64 // STEP > line_budget(e, v):
        v.wishes = v.allotted * 64 // STEP
    # It would fit, and was too much a moment ago: whether the line is a wider one now is tried.
    if v.wishes and v.tries and v.may_count and v.wishes <= line_budget(e, v) and e.now - v.raised_at < v.raise_wait:
        v.wishes = line_budget(e, v) * 9 // 8


cdef bint has_less(const candidate* all, int32_t count) noexcept nogil:
    cdef int32_t i
    for i in range(count):
        if all[i].chosen < all[i].current or (all[i].stills and all[i].current >= 0):
            return True
    return False


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
    count = candidates_collect(e, v, all)
    if not sharing_give(all, count, left, False, e.now - v.short_since < PATIENCE):
        v.short_since = e.now
    trials_judge(e, v, has_less(all, count))
    if e.now - v.raised_at >= trials_interval(e, v) and sharing_raise(all, count, left):
        trials_begin(e, v, all, count)
    sum_up(e, v, all, count, sound)
    # Nor does the line keep anything back of which nothing can come at present.
    v.yields = 0
    for i in range(AUDIO_SLOTS, AUDIO_SLOTS + VIDEO_SLOTS):
        v.slots[i].limited = False
        v.slots[i].cost = 0
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
