from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from sfu.kernel.memory cimport packet_drop
from sfu.kernel.outbox cimport outbox_room, outbox_rtp
from sfu.kernel.state cimport DROPPED_QUEUE, QUEUE, RUN

cdef enum:
    # Pace while the viewer has not told what the line bears
    DEFAULT_ESTIMATE = 10000000
    # A viewer's estimate is at most a little above what reaches him: he who is sent 20 kbit/s tells
    # 20 kbit/s, and a pace by that alone would keep him there for good.
    LEAST_ESTIMATE = 4000000
    BURST = 5000
    LEAST_BURST = 3200
    LONGEST_REFILL = 1000000
    # What has waited longer is too late for any picture
    LONGEST_WAIT = 1000000


cdef void refill(engine* e, session* v) noexcept nogil:
    cdef uint64_t estimate = max(<uint64_t>LEAST_ESTIMATE, v.estimate) if v.estimate else DEFAULT_ESTIMATE
    # 2.5 × the estimate in bytes per second
    cdef int64_t rate = <int64_t>(estimate // 16 * 5)
    cdef int64_t burst = rate * BURST // 1000000
    if burst < LEAST_BURST:
        burst = LEAST_BURST
    v.tokens += rate * min(e.now - v.refilled, <int64_t>LONGEST_REFILL) // 1000000
    if v.tokens > burst:
        v.tokens = burst
    v.refilled = e.now


cdef void pacing_wait(engine* e, int32_t viewer, const outgoing* o) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    if v.queue == NULL:
        v.queue = <outgoing*>calloc(QUEUE, sizeof(outgoing))
    if v.queue == NULL or v.queue_tail - v.queue_head == QUEUE:
        e.counters[DROPPED_QUEUE] += 1
        return
    v.queue[v.queue_tail % QUEUE] = o[0]
    v.queue[v.queue_tail % QUEUE].queued = e.now
    v.queue_tail += 1
    o.packet.references += 1
    if not v.waiting:
        v.waiting = True
        e.waiting[e.waiting_count] = viewer
        e.waiting_count += 1


cdef inline void depart(engine* e, int32_t viewer, const outgoing* o, uint32_t longest) noexcept nogil:
    e.sessions[viewer].tokens -= o.packet.size
    outbox_rtp(e, viewer, o, longest)


cdef void pacing_sound(engine* e, int32_t viewer, const outgoing* o) noexcept nogil:
    depart(e, viewer, o, 0)


cdef void pacing_run(engine* e, int32_t viewer, const outgoing* items, int32_t count) noexcept nogil:
    cdef session* v = &e.sessions[viewer]
    cdef uint32_t longest = 0, size
    cdef int32_t i
    refill(e, v)
    for i in range(count):
        size = items[i].packet.size + (1 if items[i].packet.vp8.picture_bits == 7 else 0)
        if size > longest:
            longest = size
    for i in range(count):
        if v.queue_head != v.queue_tail or v.tokens <= 0:
            pacing_wait(e, viewer, &items[i])
        else:
            depart(e, viewer, &items[i], longest if i < count - 1 else 0)


cdef void drop_late(engine* e, session* v) noexcept nogil:
    cdef outgoing* o
    while v.queue_head != v.queue_tail:
        o = &v.queue[v.queue_head % QUEUE]
        if e.now - o.queued <= LONGEST_WAIT:
            return
        packet_drop(e, o.packet)
        v.queue_head += 1
        e.counters[DROPPED_QUEUE] += 1


cdef bint pace_viewer(engine* e, int32_t viewer) noexcept nogil:
    """Whether the viewer's queue is empty now."""
    cdef session* v = &e.sessions[viewer]
    cdef outgoing* o
    cdef int32_t sent = 0
    refill(e, v)
    drop_late(e, v)
    while v.queue_head != v.queue_tail and v.tokens > 0:
        if sent % RUN == 0 and not outbox_room(e):
            return False
        o = &v.queue[v.queue_head % QUEUE]
        v.queue_head += 1
        depart(e, viewer, o, 0)
        packet_drop(e, o.packet)
        sent += 1
    return v.queue_head == v.queue_tail


cdef void pacing_due(engine* e) noexcept nogil:
    cdef int32_t i = 0, viewer
    while i < e.waiting_count:
        if e.out.blocked:
            return
        viewer = e.waiting[i]
        if not e.sessions[viewer].used or pace_viewer(e, viewer):
            e.sessions[viewer].waiting = False
            e.waiting_count -= 1
            e.waiting[i] = e.waiting[e.waiting_count]
        else:
            i += 1


cdef void pacing_drop(engine* e, session* v) noexcept nogil:
    while v.queue_head != v.queue_tail:
        packet_drop(e, v.queue[v.queue_head % QUEUE].packet)
        v.queue_head += 1
    free(v.queue)
    v.queue = NULL
