from libc.stdint cimport int32_t, int64_t

cdef enum:
    SPAN = 1000000
    ENOUGH = 50
    # More than that is not the line's nature, however long it lasts
    NATURE_MOST = 123
    # Which of ten samples, from below, is nature: losses come in bursts, and a second without says little
    NATURE = 2
    MUCH = 256


cdef bint losses_add(losses* l, int64_t now, int32_t lost, int32_t expected, bint waits) noexcept nogil:
    l.lost += lost
    l.expected += expected
    if now - l.since < SPAN or l.expected < ENOUGH:
        return False
    l.before = l.now
    l.now = l.lost * 1024 // l.expected
    # What is lost from a queue is not lost by nature.
    if not waits:
        l.samples[l.count % SAMPLES] = l.now
        l.count += 1
    losses_forget(l, now)
    return True


cdef void losses_forget(losses* l, int64_t now) noexcept nogil:
    l.since = now
    l.lost = l.expected = 0


cdef int32_t losses_nature(const losses* l) noexcept nogil:
    cdef int32_t low[NATURE + 1]
    cdef int32_t i, place, sample, known = min(l.count, <int32_t>SAMPLES)
    if known == 0:
        return 0
    for place in range(NATURE + 1):
        low[place] = NATURE_MOST
    for i in range(known):
        sample = l.samples[i]
        for place in range(NATURE + 1):
            if sample < low[place]:
                sample, low[place] = low[place], sample
    return low[min(<int32_t>NATURE, known // 3)]


cdef int32_t losses_above_nature(const losses* l) noexcept nogil:
    return max(0, l.now - losses_nature(l))


cdef int32_t losses_excess(const losses* l) noexcept nogil:
    cdef int32_t usual = losses_nature(l), excess = l.now - usual
    if excess <= MUCH:
        excess = min(excess, l.before - usual)
    return max(0, excess)
