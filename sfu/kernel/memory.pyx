from libc.stdint cimport int32_t, uint8_t, uint32_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy, memset

from sfu.kernel.sizes cimport MISSING
from sfu.kernel.state cimport missing_packet, table_entry

cdef enum:
    CHUNK = 256
    # Part of the pool that pictures leave to sound, which is held for a moment only
    FOR_SOUND = 64


cdef bint grow(engine* e) noexcept nogil:
    cdef packet* chunk
    cdef int i
    if e.chunk_count == MAX_PACKETS // CHUNK:
        return False
    if e.chunks == NULL:
        e.chunks = <packet**>calloc(MAX_PACKETS // CHUNK, sizeof(packet*))
        if e.chunks == NULL:
            return False
    chunk = <packet*>malloc(CHUNK * sizeof(packet))
    if chunk == NULL:
        return False
    e.chunks[e.chunk_count] = chunk
    e.chunk_count += 1
    for i in range(CHUNK):
        chunk[i].next_free = e.free_packets
        e.free_packets = &chunk[i]
    return True


cdef packet* packet_take(engine* e, bint sound) noexcept nogil:
    cdef packet* p
    if e.packets >= e.max_packets - (0 if sound else e.max_packets // FOR_SOUND):
        return NULL
    if e.free_packets == NULL and not grow(e):
        return NULL
    p = e.free_packets
    e.free_packets = p.next_free
    e.packets += 1
    p.references = 1
    return p


cdef bint packets_are_scarce(const engine* e) noexcept nogil:
    return e.packets > e.max_packets // 2


cdef void packet_drop(engine* e, packet* p) noexcept nogil:
    p.references -= 1
    if p.references == 0:
        p.next_free = e.free_packets
        e.free_packets = p
        e.packets -= 1


cdef bint ring_open(source* s, int32_t size) noexcept nogil:
    if s.ring == NULL:
        s.ring = <packet**>calloc(size, sizeof(packet*))
        s.ring_size = size
    if s.missing == NULL:
        s.missing = <missing_packet*>calloc(MISSING, sizeof(missing_packet))
    return s.ring != NULL and s.missing != NULL


cdef void ring_close(engine* e, source* s) noexcept nogil:
    cdef int i
    if s.ring != NULL:
        for i in range(s.ring_size):
            if s.ring[i] != NULL:
                packet_drop(e, s.ring[i])
        free(s.ring)
        s.ring = NULL
    free(s.missing)
    s.missing = NULL
    s.missing_count = 0


cdef packet* ring_find(const source* s, long long sequence) noexcept nogil:
    cdef packet* p
    if s.ring == NULL or sequence < 0:
        return NULL
    p = s.ring[sequence % s.ring_size]
    return p if p != NULL and p.sequence == sequence else NULL


cdef void ring_put(engine* e, source* s, packet* p) noexcept nogil:
    cdef packet** place = &s.ring[p.sequence % s.ring_size]
    if place[0] != NULL:
        packet_drop(e, place[0])
    p.references += 1
    place[0] = p


cdef int32_t references_add(references* r, int32_t item) noexcept nogil:
    cdef int32_t* items
    cdef int32_t capacity
    if r.count == r.capacity:
        capacity = 16 if r.capacity == 0 else 2 * r.capacity
        items = <int32_t*>realloc(r.items, capacity * sizeof(int32_t))
        if items == NULL:
            return -1
        r.items = items
        r.capacity = capacity
    r.items[r.count] = item
    r.count += 1
    return r.count - 1


cdef void references_remove(references* r, int32_t place) noexcept nogil:
    if 0 <= place < r.count and r.items[place] != -1:
        r.items[place] = -1
        r.removed += 1


cdef void references_free(references* r) noexcept nogil:
    free(r.items)
    memset(r, 0, sizeof(references))


cdef bint table_open(table* t, uint32_t capacity) noexcept nogil:
    cdef uint32_t size = 16
    while size < 2 * capacity:
        size *= 2
    t.entries = <table_entry*>calloc(size, sizeof(table_entry))
    t.capacity = size
    t.count = 0
    return t.entries != NULL


cdef uint32_t table_hash(const uint8_t* key, size_t length) noexcept nogil:
    # FNV-1a
    cdef uint32_t h = 2166136261u
    cdef size_t i
    for i in range(length):
        h = (h ^ key[i]) * 16777619u
    return h ^ (h >> 15)


cdef uint32_t table_find(const table* t, const uint8_t* key, size_t length) noexcept nogil:
    cdef uint32_t at = table_hash(key, length) & (t.capacity - 1)
    cdef const table_entry* e
    while True:
        e = &t.entries[at]
        if e.length == 0 or (e.length == length and memcmp(e.key, key, length) == 0):
            return at
        at = (at + 1) & (t.capacity - 1)


cdef bint table_set(table* t, const uint8_t* key, size_t length, int32_t value) noexcept nogil:
    cdef uint32_t at
    if length == 0 or length > sizeof(t.entries[0].key):
        return False
    at = table_find(t, key, length)
    if t.entries[at].length == 0:
        if 2 * (t.count + 1) > t.capacity:
            return False
        t.count += 1
        t.entries[at].length = <uint8_t>length
        memcpy(t.entries[at].key, key, length)
    t.entries[at].value = value
    return True


cdef int32_t table_get(const table* t, const uint8_t* key, size_t length) noexcept nogil:
    cdef uint32_t at
    if length == 0 or length > sizeof(t.entries[0].key):
        return -1
    at = table_find(t, key, length)
    return t.entries[at].value if t.entries[at].length else -1


cdef void table_remove(table* t, const uint8_t* key, size_t length) noexcept nogil:
    cdef uint32_t mask = t.capacity - 1, hole, at, home
    if length == 0 or length > sizeof(t.entries[0].key):
        return
    hole = table_find(t, key, length)
    if t.entries[hole].length == 0:
        return
    t.count -= 1
    at = hole
    # Entries that probed past the hole move back into it (Knuth 6.4, algorithm R).
    while True:
        at = (at + 1) & mask
        if t.entries[at].length == 0:
            break
        home = table_hash(t.entries[at].key, t.entries[at].length) & mask
        if ((at - home) & mask) >= ((at - hole) & mask):
            t.entries[hole] = t.entries[at]
            hole = at
    t.entries[hole].length = 0


cdef size_t address_key(const address* a, uint8_t* out) noexcept nogil:
    out[0] = a.family
    out[1] = <uint8_t>(a.port >> 8)
    out[2] = <uint8_t>a.port
    memcpy(out + 3, a.ip, 16)
    return 19
