"""The newest group of pictures of a source: what of it is kept, and who is to be shown it at once."""

from libc.stdint cimport int32_t, int64_t

from sfu.kernel.state cimport engine, packet, slot, source

cdef enum:
    # A longer group is not replayed: its keyframe is shown as a still until the next one comes
    GROUP_MOST = 40

cdef inline void group_begin(source* s, const packet* keyframe) noexcept nogil:
    """This packet begins a keyframe."""
    if keyframe.sequence > s.group_first:
        s.group_first = keyframe.sequence
cdef inline void group_forget(source* s) noexcept nogil:
    """What was pictured so far is shown to nobody who comes later."""
    s.group_first = 0
cdef inline bint group_is_short(const source* s) noexcept nogil:
    """Kept for who comes, however long ago it came."""
    return s.group_first != 0 and s.highest - s.group_first < GROUP_MOST
cdef inline bint group_is_new(const slot* s, int32_t source_index, const source* from_source) noexcept nogil:
    """Whether there is a group that was not tried yet in this slot."""
    return from_source.group_first != 0 and from_source.ring != NULL and not (
        s.replayed_group == from_source.group_first and s.replayed_source == source_index
        and s.replayed_generation == from_source.generation)
cdef void group_want(engine* e, int32_t viewer, slot* s) noexcept nogil
    # The slot's viewer is to be shown the group in his turn.
