"""Which packets of a run go to a slot, and under which numbers."""

from libc.stdint cimport int32_t, uint8_t, uint32_t

from sfu.kernel.state cimport engine, job, outgoing, packet, slot

cdef int32_t switching_video(engine* e, int32_t viewer, int32_t slot_index, job* j, uint32_t csrc,
                             outgoing* out) noexcept nogil
    # What of the run goes to this slot; `out` takes RUN. Returns how many packets.
cdef void switching_begin_replay(engine* e, slot* s, int32_t source_index, packet* p, uint32_t wanted,
                                 uint8_t squeeze) noexcept nogil
    # The slot begins with this kept keyframe, at this time stamp or later.
cdef bint switching_packet(engine* e, slot* s, uint8_t slot_index, int32_t source_index, uint32_t csrc, packet* p,
                           outgoing* out) noexcept nogil
    # Whether this packet of the source that flows goes to the slot; they come in order, or late.
cdef bint switching_audio(engine* e, int32_t viewer, job* j, uint32_t csrc, outgoing* out) noexcept nogil
    # Whether the job's packet goes to the viewer's slot.
