"""Keyframe requests: the wishes of all viewers of a source are pooled."""

from libc.stdint cimport int32_t

from sfu.kernel.state cimport engine, session, slot, source

cdef void keyframe_request(engine* e, int32_t source_index) noexcept nogil
    # Somebody wants one. It is asked for while a viewer who can be reached shows the source or
    # waits for it, until one arrives.
cdef bint keyframe_request_for(engine* e, session* viewer, const slot* s, int32_t source_index) noexcept nogil
    # The same for this slot of his: more and more rarely, and now and then only if nothing but stills goes there.
    # False: not now.
cdef void keyframe_wish(engine* e, session* viewer, slot* s) noexcept nogil
    # The slot's viewer asks for one, within reason. What is kept since the last one serves as well,
    # and costs its publisher nothing.
cdef void keyframe_arrived(engine* e, source* s) noexcept nogil
    # At e.now: all wishes are fulfilled.
cdef void keyframe_send_due(engine* e, int32_t track) noexcept nogil
