"""What a viewer is sent once more: whether he can use it, when he had it last, and how much of it
there may be. Kept for viewers only who ask for repairs."""

from libc.stdint cimport int32_t, int64_t

from sfu.kernel.state cimport engine, outgoing, packet, session, slot

cdef bint repairs_open(const engine* e, session* v) noexcept nogil
    # This viewer asks for repairs: from now on it is known what he had last. False: no memory.
cdef bint repairs_admit(engine* e, session* v, const outgoing* o) noexcept nogil
    # Whether this repair may be sent now; refusals are counted.
cdef void repairs_line_up(session* v, const outgoing* o) noexcept nogil
    # After repairs_admit.
cdef bint repairs_are_superseded(const engine* e, const session* v, const slot* s, int64_t number) noexcept nogil
    # Whether a keyframe that came after this number is with the viewer.
cdef inline bint repairs_are_cut(const session* v, const outgoing* o) noexcept nogil:
    """Whether its slot has begun anew since."""
    return o.sequence < v.slots[o.slot].cut_number
cdef bint repairs_are_late(const engine* e, const session* v, const slot* s, const packet* p) noexcept nogil
    # Whether the viewer no longer waits for this packet.
cdef inline bint repairs_wait(const session* v) noexcept nogil:
    return v.repairs != NULL and v.repairs.head != v.repairs.tail
cdef outgoing* repairs_first(session* v) noexcept nogil
    # Of those that wait; there is one.
cdef void repairs_done(engine* e, session* v) noexcept nogil
    # The first has left.
cdef void repairs_note(const engine* e, session* v, const outgoing* o) noexcept nogil
cdef inline void repairs_departed(const engine* e, session* v, const outgoing* o) noexcept nogil:
    """This packet leaves now, for the first time or once more."""
    cdef slot* s = &v.slots[o.slot]
    if o.packet.keyframe and not o.rtx:
        s.keyframe_number = o.sequence
        s.keyframe_timestamp = o.timestamp
        s.keyframe_left = v.keyframe_left = e.now
    if v.repairs != NULL:
        repairs_note(e, v, o)
cdef void repairs_drop(engine* e, session* v) noexcept nogil
    # Nothing waits for this viewer any more.
