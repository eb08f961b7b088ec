"""What a publisher may send: packets and bytes a second, by what it is."""

from sfu.kernel.state cimport engine, source

cdef bint budget_bears(engine* e, source* s, size_t size) noexcept nogil
    # Whether a packet of so many bytes at e.now is within it, and counts it.
