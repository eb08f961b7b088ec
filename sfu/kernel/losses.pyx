from libc.stdint cimport int32_t, int64_t

cdef enum:
    SPAN = 1000000
    ENOUGH = 20
    # More than that is not the line's nature, however long it lasts
    NATURE_MOST = 154


cdef bint losses_add(losses* l, int64_t now, int32_t lost, int32_t expected, bint waits) noexcept nogil:
    l.lost += lost
    l.expected += expected
    if now - l.since < SPAN or l.expected < ENOUGH:
        return False
    l.now = l.lost * 1024 // l.expected
    # The first is nature unless a queue says otherwise.
    if l.count == 0 and waits:
        l.samples[0] = 0
        l.count = 1
    l.samples[l.count % SAMPLES] = l.now
    l.count += 1
    l.since = now
    l.lost = l.expected = 0
    return True


cdef int32_t losses_excess(const losses* l) noexcept nogil:
    cdef int32_t i, least = NATURE_MOST
    for i in range(min(l.count, <int32_t>SAMPLES)):
        least = min(least, l.samples[i])
    return max(0, l.now - least)
