"""What a source sent since its newest keyframe, for a slot that begins with it: without a wait, and
without a request."""

from libc.stdint cimport int64_t

from sfu.kernel.state cimport engine

cdef int replay_due(engine* e, int64_t until) noexcept nogil
    # Viewers who are to be shown a group get it into their queues, one after the other until this
    # time (0: all). 1: others have not had their turn.
