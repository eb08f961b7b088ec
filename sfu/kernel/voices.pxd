"""Which of all that is heard a viewer's line bears: sound does not wait, and where it does not fit
everything of it would get lost in part."""

from libc.stdint cimport int32_t, uint32_t

from sfu.kernel.sizes cimport WIRE_OVERHEAD
from sfu.kernel.state cimport engine, session

cdef inline bint voices_pass(session* v, int32_t slot_index, uint32_t size) noexcept nogil:
    """Whether a packet in this place is to leave for him."""
    v.voices[slot_index].came += size + WIRE_OVERHEAD
    return not v.voices[slot_index].shut
cdef void voices_visit(engine* e, int32_t viewer) noexcept nogil
    # To be called every 50 ms or so.
