"""Which packets of a run go to a slot, and under which numbers."""

from libc.stdint cimport int32_t, uint32_t

from sfu.kernel.state cimport engine, job, outgoing

cdef int32_t switching_video(engine* e, int32_t viewer, int32_t slot_index, job* j, uint32_t csrc,
                             outgoing* out) noexcept nogil
    # What of the run goes to this slot; `out` takes RUN. Returns how many packets.
cdef bint switching_audio(engine* e, int32_t viewer, job* j, uint32_t csrc, outgoing* out) noexcept nogil
    # Whether the job's packet goes to the viewer's slot.
