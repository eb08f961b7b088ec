"""Runs of packets and their resumable fan-out to the viewers."""

from libc.stdint cimport int32_t, int64_t

from sfu.kernel.state cimport engine, packet

cdef int fanout_work(engine* e, int64_t until) noexcept nogil
    # Goes on with waiting jobs, audio first, until this time or until the socket is full. 1: more
    # is waiting.
cdef void fanout_video(engine* e, int32_t source_index, packet* p) noexcept nogil
    # The packet joins its source's run.
cdef void fanout_runs(engine* e) noexcept nogil
    # Runs that are whole or have waited long enough become jobs.
cdef void fanout_audio(engine* e, int32_t source_index, packet* p, int32_t room, int32_t slot_index) noexcept nogil
cdef void fanout_forget(engine* e, int32_t source_index) noexcept nogil
    # No slot and no run refers to the source any more.
cdef void fanout_compact(engine* e) noexcept nogil
    # Tidies the sets that jobs walk over, if none runs.
