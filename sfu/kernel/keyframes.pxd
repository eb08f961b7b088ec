"""Keyframe requests: the wishes of all viewers of a track are pooled."""

from libc.stdint cimport int32_t

from sfu.kernel.state cimport engine

cdef void keyframe_request(engine* e, int32_t track) noexcept nogil
cdef void keyframe_send_due(engine* e, int32_t track) noexcept nogil
