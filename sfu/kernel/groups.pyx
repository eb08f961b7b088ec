from libc.stdint cimport int32_t, uint64_t


cdef void group_want(engine* e, int32_t viewer, slot* s) noexcept nogil:
    s.wants_replay = True
    if not e.sessions[viewer].wants_replays:
        # He is in the queue once at the most, so there is room for everybody.
        e.sessions[viewer].wants_replays = True
        e.replays[e.replays_tail % <uint64_t>e.max_sessions] = viewer
        e.replays_tail += 1
