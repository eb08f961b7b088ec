from libc.stdint cimport int32_t, int64_t, uint64_t

from sfu.kernel.candidates cimport LEVELS
from sfu.kernel.sizes cimport VIDEO_SLOTS

cdef enum:
    # Where so much is left, stills come of a camera that has nothing smaller; of so many at once
    STILLS_LEAST = 96000
    # Less is enough to go on with them: estimates waver, and a still takes seconds to arrive
    STILLS_KEPT = 56000
    STILLS_MOST = 4
    # One part of so many of what is given stays free when a larger layer is taken: estimates swing by as
    # much, and each change of a layer costs its publisher a keyframe
    FREE = 10


cdef int32_t sharing_whole(const candidate* c, int32_t place) noexcept nogil:
    while place + 1 < c.count and c.options[place + 1].layer == c.options[place].layer:
        place += 1
    return place


cdef uint64_t sharing_taken(const candidate* c) noexcept nogil:
    return STILLS_LEAST if c.stills and not c.forced else cost_of(c, c.chosen)


cdef int64_t give_stills(candidate* all, int32_t count, int64_t left) noexcept nogil:
    """To those whose least does not fit. What is left after it."""
    cdef int32_t i, found = 0
    for i in range(count):
        if all[i].chosen >= 0 or all[i].waits or left < (STILLS_KEPT if all[i].had_stills else STILLS_LEAST) or found == STILLS_MOST:
            continue
        all[i].chosen = 0
        all[i].stills = True
        left -= STILLS_LEAST
        found += 1
    return left


cdef int64_t give_smallest(candidate* all, int32_t first, int32_t end, int64_t left) noexcept nogil:
    """To those of whom it fits, and to screens. Who waits does so only while it hardly fits behind
    another's. What is left."""
    cdef candidate* c
    cdef int32_t i
    for i in range(first, end):
        c = &all[i]
        if c.chosen >= 0 or c.waits and i > 0 and left < 2 * <int64_t>cost_of(c, 0):
            continue
        c.stills = c.forced and <int64_t>cost_of(c, 0) > left
        c.chosen = 0 if c.forced or <int64_t>cost_of(c, 0) <= left else -1
        left -= <int64_t>cost_of(c, c.chosen)
    return left


cdef int64_t leave_smallest(candidate* all, int32_t first, int32_t end, int64_t left) noexcept nogil:
    """To those who have something."""
    cdef int32_t i
    for i in range(first, end):
        if all[i].current >= 0:
            left = give_smallest(all, i, i + 1, left)
    return left


cdef int32_t most_of(const candidate* c, bint upward) noexcept nogil:
    if c.chosen < 0 or c.stills:
        return c.chosen
    if upward or (c.current < 0 and not c.had_nothing):
        return c.count - 1
    return sharing_whole(c, 0) if c.current < 0 else c.current


cdef int64_t give_more(candidate* all, int32_t first, int32_t end, int64_t left, int32_t levels, bint upward) noexcept nogil:
    """To those who share alike: nobody gets a larger layer while another could have a smaller one."""
    cdef candidate* c
    cdef int32_t level, i
    cdef int64_t more
    for level in range(levels):
        for i in range(first, end):
            c = &all[i]
            while c.chosen < most_of(c, upward) and c.options[c.chosen + 1].level <= level:
                more = <int64_t>(cost_of(c, c.chosen + 1) - cost_of(c, c.chosen))
                if more > left:
                    break
                left -= more
                c.chosen += 1
    return left


cdef int32_t end_of_cohort(const candidate* all, int32_t count, int32_t first) noexcept nogil:
    cdef int32_t end = first + 1
    while end < count and all[end].cohort == first:
        end += 1
    return end


cdef int32_t end_of_first(const candidate* all, int32_t count) noexcept nogil:
    """Of screens, and of the cameras that go before all others."""
    cdef int32_t first = 0
    while first < count and all[first].forced:
        first += 1
    return end_of_cohort(all, count, first) if first < count else count


cdef bint takes_away(const candidate* all, int32_t count) noexcept nogil:
    cdef int32_t i
    for i in range(count):
        if all[i].chosen < 0 and all[i].current >= 0:
            return True
    return False


cdef int64_t make_fluent(candidate* all, int32_t end, int64_t left) noexcept nogil:
    """A face that moves, before others of whom that is not to be had. Pictures left out of a layer cost no keyframe
    when they come back, so that waits for nothing."""
    cdef int32_t first = 0, next
    while first < end:
        next = end_of_cohort(all, end, first)
        left = give_more(all, first, next, left, FLUENT, True)
        first = next
    return left


cdef void give(candidate* all, int32_t count, int64_t left, bint upward, bint patient) noexcept nogil:
    cdef int32_t first = 0, end = end_of_first(all, count), i
    for i in range(count):
        all[i].chosen = -1
        all[i].stills = False
    left = give_smallest(all, 0, end, left)
    if patient:
        left = leave_smallest(all, end, count, left)
    if end < count:
        left = make_fluent(all, end, left)
        left = give_smallest(all, end, count, left)
    left = give_stills(all, count, left)
    while first < count:
        end = end_of_cohort(all, count, first)
        left = give_more(all, first, end, left, LEVELS, upward)
        first = end


cdef bint sharing_give(candidate* all, int32_t count, int64_t left, bint upward, bint patient) noexcept nogil:
    cdef bint short
    give(all, count, left, upward, False)
    short = takes_away(all, count)
    if short and patient:
        give(all, count, left, upward, True)
    return short


cdef bint is_larger(const candidate* c, int32_t before) noexcept nogil:
    return c.chosen >= 0 and (before < 0 or c.chosen > sharing_whole(c, before))


cdef uint64_t sharing_free(const candidate* all, int32_t count) noexcept nogil:
    cdef uint64_t taken = 0
    cdef int32_t i
    for i in range(count):
        taken += sharing_taken(&all[i])
    return taken // FREE


cdef int32_t who_is_next(candidate* all, int32_t count, int64_t left, const int32_t* before) noexcept nogil:
    """Of those who share alike the first of whom has least; −1: nobody."""
    cdef int32_t i, next = -1
    sharing_give(all, count, left - <int64_t>sharing_free(all, count), True, False)
    for i in range(count):
        if not is_larger(&all[i], before[i]) or next >= 0 and all[i].cohort != all[next].cohort:
            continue
        if next < 0 or sharing_level(&all[i], before[i]) < sharing_level(&all[next], before[next]):
            next = i
    return next


cdef void give_back(candidate* all, int32_t count, int64_t left, const int32_t* before) noexcept nogil:
    """To whom was to give way for others, who do not get theirs yet."""
    cdef int32_t i
    cdef int64_t more
    for i in range(count):
        left -= <int64_t>sharing_taken(&all[i])
    for i in range(count):
        more = <int64_t>cost_of(&all[i], before[i]) - <int64_t>cost_of(&all[i], all[i].chosen)
        if all[i].chosen < before[i] and more <= left:
            all[i].chosen = before[i]
            left -= more


cdef bint sharing_raise(candidate* all, int32_t count, int64_t left) noexcept nogil:
    cdef int32_t before[VIDEO_SLOTS]
    cdef int32_t i, next
    cdef bint more = False
    for i in range(count):
        before[i] = all[i].chosen
    next = who_is_next(all, count, left, before)
    sharing_give(all, count, left, True, False)
    for i in range(count):
        if i != next and is_larger(&all[i], before[i]):
            all[i].chosen = before[i] if before[i] < 0 else sharing_whole(&all[i], before[i])
        more = more or all[i].chosen > before[i]
    give_back(all, count, left, before)
    return more


cdef int32_t sharing_next(const candidate* all, int32_t count) noexcept nogil:
    cdef int32_t i, next = -1
    for i in range(count):
        if all[i].chosen == all[i].count - 1 or next >= 0 and all[i].cohort != all[next].cohort:
            continue
        if next < 0 or sharing_level(&all[i], all[i].chosen) < sharing_level(&all[next], all[next].chosen):
            next = i
    return next
