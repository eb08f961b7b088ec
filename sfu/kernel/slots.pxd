"""What a video slot shows: which source of the track its viewer wants."""

from libc.stdint cimport int32_t

from sfu.kernel.state cimport engine, session

cdef void slots_show(engine* e, int32_t viewer, int32_t slot_index, int32_t track, int32_t layer) noexcept nogil
    # Track −1: nothing. What of it is given is decided by the allocation, which then lets it choose.
cdef void slots_choose(engine* e, int32_t viewer, int32_t slot_index) noexcept nogil
    # Picks the source for what the slot wants, by what arrives; to be called again about every
    # 50 ms while the slot is unsettled.
cdef void slots_choose_viewers(engine* e, int32_t track) noexcept nogil
    # For all slots that show this track: its gate has opened, or other layers arrive, or come from
    # elsewhere, or have other heights.
cdef void slots_stop(session* v, int32_t slot_index) noexcept nogil
    # At once, with what waits and what is to be repaired; it begins anew at a keyframe.
cdef int32_t slots_rank(engine* e, int32_t track, int32_t layer) noexcept nogil
    # 0: the smallest of the track's layers, by their pictures' heights as far as these are known.
cdef void slots_close_gate(engine* e, int32_t track) noexcept nogil
    # What flows from this track stops; afterwards a keyframe is needed.
