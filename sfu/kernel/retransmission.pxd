"""Packets that a viewer asks for once more (RFC 4588)."""

from libc.stdint cimport int32_t, uint16_t

from sfu.kernel.state cimport engine

cdef void retransmit(engine* e, int32_t viewer, int32_t slot_index, uint16_t sequence) noexcept nogil
