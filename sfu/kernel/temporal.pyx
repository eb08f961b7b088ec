from libc.stdint cimport uint8_t


cdef inline uint8_t most_of(const slot* s) noexcept nogil:
    return 0 if s.squeezed else s.temporal_wanted


cdef bint may_begin(const slot* s, const packet* p) noexcept nogil:
    """A layer that was left out begins at a picture that needs none but of the layers below, the
    next higher first: a picture of layer 2 that needs layer 0 alone says nothing of layer 1."""
    return p.vp8.layer_sync and p.vp8.temporal_layer == s.temporal + 1 and s.temporal < most_of(s)


cdef bint temporal_leaves_out(slot* s, const packet* p) noexcept nogil:
    # Of padding no picture is known; what comes late goes where its picture went.
    if not p.is_vp8 or p.sequence <= s.map.highest_in:
        return False
    if p.vp8.picture_bits and p.picture == s.picture_decided and not p.keyframe:
        return s.leaves_out
    s.picture_decided = p.picture
    if p.keyframe:
        s.temporal = most_of(s)
    elif s.temporal > most_of(s):
        s.temporal = most_of(s)
    elif may_begin(s, p):
        s.temporal = <uint8_t>p.vp8.temporal_layer
    s.leaves_out = p.vp8.temporal_layer > s.temporal
    return s.leaves_out
