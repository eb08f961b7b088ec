from libc.stdint cimport int32_t, uint8_t, uint32_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from sfu.kernel.counters cimport DROPPED_EVENTS
from sfu.kernel.state cimport event

cdef extern from *:
    """
    #define zv_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
    """
    void store_release "zv_store_release"(uint32_t* p, uint32_t v) nogil


cdef bint events_open(engine* e) noexcept nogil:
    e.events.items = <event*>calloc(EVENT_LIMIT, sizeof(event))
    e.events.capacity = EVENT_LIMIT
    return e.events.items != NULL


cdef void events_close(engine* e) noexcept nogil:
    while e.events.head != e.events.tail:
        free(e.events.items[e.events.head % EVENT_LIMIT].data)
        e.events.head += 1
    free(e.events.items)
    e.events.items = NULL


cdef bint event_put(engine* e, int32_t kind, int32_t a, int32_t b, int32_t c, const uint8_t* data,
                    size_t length) noexcept nogil:
    cdef event* v
    cdef uint8_t* copy = NULL
    cdef bint kept = kind == EVENT_CLOSED or kind == EVENT_MARK
    if e.events.tail - e.events.head >= (EVENT_LIMIT if kept else EVENT_LIMIT - EVENTS_KEPT):
        e.counters[DROPPED_EVENTS] += 1
        return False
    if length:
        copy = <uint8_t*>malloc(length)
        if copy == NULL:
            e.counters[DROPPED_EVENTS] += 1
            return False
        memcpy(copy, data, length)
    v = &e.events.items[e.events.tail % EVENT_LIMIT]
    v.kind, v.a, v.b, v.c = kind, a, b, c
    v.data = copy
    v.length = <uint32_t>length
    # The item is whole before the reader can see it.
    store_release(&e.events.tail, e.events.tail + 1)
    return True
