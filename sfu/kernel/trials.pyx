from libc.stdint cimport int32_t, int64_t, uint64_t

from sfu.kernel.line cimport line_budget
from sfu.kernel.rates cimport rates_cost
from sfu.kernel.sizes cimport TEMPORAL

cdef enum:
    # Time between two upward steps: a step too far shows within that
    RAISE_INTERVAL = 1000000
    # A step up that had to be taken back within so long was too far: the next one waits for twice as
    # long as the one before, because each costs the publisher keyframes
    TRIAL = 15000000
    RAISE_MOST = 16000000
    # The same where reports tell alone: a step too far costs sound there
    REPORTED_LEAST = 16000000
    REPORTED_MOST = 64000000
    # And after a lesser one than that, which was too far as well
    LESSER_WAIT = 8000000
    # No longer where the layer that was too much has become leaner since
    LEANER_WAIT = 3000000
    # For so long after he began to look his line is being found out
    FRESH_FOR = 3000000
    RAISE_FRESH = 200000


cdef bint is_lesser_step(const session* v) noexcept nogil:
    """Than that which was too far, on the way back to before it: where reports tell alone one goes back further."""
    return not v.may_count and v.raise_wait != 0 and 8 * v.wishes < 7 * v.trial_wishes


cdef uint64_t cost_of_tried(engine* e, const session* v) noexcept nogil:
    """Of all its pictures."""
    return rates_cost(e, v.trial_track, v.trial_layer, TEMPORAL - 1)


cdef bint is_leaner(engine* e, const session* v) noexcept nogil:
    """Than when it was too far: the publisher was asked for less, perhaps."""
    return v.may_count and 8 * cost_of_tried(e, v) < 7 * v.trial_cost


cdef int64_t trials_interval(engine* e, session* v) noexcept nogil:
    if v.looks_since == 0:
        v.looks_since = e.now
    if e.now - v.looks_since < FRESH_FOR:
        return max(v.raise_wait, <int64_t>RAISE_FRESH)
    if 2 * line_budget(e, v) > 3 * v.trial_budget or is_lesser_step(v):
        return RAISE_INTERVAL
    if is_leaner(e, v):
        return max(min(v.raise_wait, <int64_t>LEANER_WAIT), <int64_t>RAISE_INTERVAL)
    return max(v.raise_wait, <int64_t>RAISE_INTERVAL)


cdef uint64_t wished_for(const session* v) noexcept nogil:
    """At this step. If all fitted and a tile has become larger since, the last look knew of no wish: what he had
    then is borne, and half as much again as it cost is too far."""
    return v.wishes if v.wishes else v.allotted * 3 // 2


cdef void begin_trial(engine* e, session* v, const candidate* all, int32_t count) noexcept nogil:
    cdef int32_t i
    v.on_trial = True
    v.trial_budget = line_budget(e, v)
    v.trial_wishes = wished_for(v)
    v.trial_cost = 0
    for i in range(count):
        if all[i].chosen > all[i].current:
            v.trial_track = v.slots[all[i].slot].track
            v.trial_layer = all[i].options[all[i].chosen].layer
            return


cdef void trials_begin(engine* e, session* v, const candidate* all, int32_t count) noexcept nogil:
    v.raised_at = e.now
    v.lesser_wishes = v.wishes if is_lesser_step(v) else 0
    if not v.lesser_wishes:
        begin_trial(e, v, all, count)


cdef void trials_judge(engine* e, session* v, bint less) noexcept nogil:
    if not v.on_trial:
        if less and v.lesser_wishes and e.now - v.raised_at < TRIAL:
            # That was too far, too: it waits, though it costs less.
            v.trial_wishes, v.lesser_wishes = v.lesser_wishes, 0
            v.raise_wait = min(v.raise_wait, <int64_t>LESSER_WAIT)
        return
    v.trial_cost = max(v.trial_cost, cost_of_tried(e, v))
    if less:
        v.on_trial = False
        v.raise_wait = min(<int64_t>(RAISE_MOST if v.may_count else REPORTED_MOST),
                           max(2 * v.raise_wait, <int64_t>(2 * RAISE_INTERVAL if v.may_count else REPORTED_LEAST)))
    elif e.now - v.raised_at > TRIAL:
        v.on_trial = False
        v.raise_wait = 0


cdef void trials_forget(session* v) noexcept nogil:
    v.on_trial = False
    v.raise_wait = v.looks_since = 0
    v.trial_budget = v.trial_wishes = v.trial_cost = v.lesser_wishes = 0
