from libc.stdint cimport int32_t, int64_t

cdef enum:
    # A run ends where so many arrive in turn
    APART = 8
    # So many missed, and so often something arrived among them, is no chance
    ENOUGH = 20
    OFTEN = 4


cdef void misses_add(misses* m, int64_t number) noexcept nogil:
    if number <= m.over:
        return
    if m.count == 0 or number - m.last > APART:
        m.first = number
        m.count = m.breaks = 0
    elif number - m.last > 1:
        m.breaks += 1
    m.last = number
    m.count += 1


cdef void misses_forget(misses* m, int64_t until) noexcept nogil:
    m.over = until
    m.count = 0


cdef int32_t misses_arrived(const misses* m) noexcept nogil:
    cdef int64_t span = m.last - m.first + 1, arrived = span - m.count
    if m.count < ENOUGH or m.breaks < OFTEN or m.count * 2 < arrived:
        return 0
    return <int32_t>(arrived * 1024 // span)
