"""Packets, reference sets and tables of the engine: everything that is allocated."""

from libc.stdint cimport int32_t, uint8_t, uint32_t

from sfu.kernel.addresses cimport address
from sfu.kernel.state cimport engine, packet, references, source, table

cdef enum:
    # About 420 MB; taken from the system as they are needed
    MAX_PACKETS = 262144

cdef packet* packet_take(engine* e, bint sound) noexcept nogil
    # With one reference; NULL when the pool is at its limit, the last part of which is for sound.
cdef bint packets_are_scarce(const engine* e) noexcept nogil
cdef void packet_drop(engine* e, packet* p) noexcept nogil
cdef bint ring_open(source* s, int32_t size) noexcept nogil
cdef void ring_close(engine* e, source* s) noexcept nogil
cdef packet* ring_find(const source* s, long long sequence) noexcept nogil
cdef void ring_put(engine* e, source* s, packet* p) noexcept nogil

cdef int32_t references_add(references* r, int32_t item) noexcept nogil
    # Place of the item, or −1 without memory.
cdef void references_remove(references* r, int32_t place) noexcept nogil
cdef void references_free(references* r) noexcept nogil

cdef bint table_open(table* t, uint32_t capacity) noexcept nogil
cdef bint table_set(table* t, const uint8_t* key, size_t length, int32_t value) noexcept nogil
cdef int32_t table_get(const table* t, const uint8_t* key, size_t length) noexcept nogil
    # −1: absent
cdef void table_remove(table* t, const uint8_t* key, size_t length) noexcept nogil
cdef size_t address_key(const address* a, uint8_t* out) noexcept nogil
    # `out` takes 19 bytes.
