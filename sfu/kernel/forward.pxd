"""From sources to slots: switching, resumable fan-out, pacing, retransmission."""

from libc.stdint cimport int32_t, int64_t, uint16_t

from sfu.kernel.state cimport engine, outgoing, packet, session, slot, source

cdef int forward_work(engine* e, int64_t until) noexcept nogil
    # Goes on with waiting jobs, audio first, until this time or until the socket is full. 1: more
    # is waiting.
cdef void forward_video(engine* e, int32_t source_index, packet* p) noexcept nogil
    # The packet joins its source's run.
cdef void forward_runs(engine* e) noexcept nogil
    # Runs that are whole or have waited long enough become jobs.
cdef void forward_audio(engine* e, int32_t source_index, packet* p, int32_t room, int32_t slot_index) noexcept nogil
cdef void forward_paced(engine* e) noexcept nogil
    # Viewers with waiting packets get what their pace allows by now.
cdef void forward_show(engine* e, int32_t viewer, int32_t slot_index, int32_t track, int32_t layer) noexcept nogil
    # Track −1: nothing.
cdef void forward_choose(engine* e, int32_t viewer, int32_t slot_index) noexcept nogil
    # Picks the source for what the slot wants, by what arrives.
cdef void forward_choose_viewers(engine* e, int32_t track) noexcept nogil
cdef void forward_close_gate(engine* e, int32_t track) noexcept nogil
    # What flows from this track stops; afterwards a keyframe is needed.
cdef void forward_forget(engine* e, int32_t source_index) noexcept nogil
    # No slot and no run refers to the source any more.
cdef void forward_again(engine* e, int32_t viewer, int32_t slot_index, uint16_t sequence) noexcept nogil
    # The viewer asks for a packet once more (RFC 4588).
cdef void forward_drop_queue(engine* e, session* v) noexcept nogil
cdef void forward_compact(engine* e) noexcept nogil
cdef void keyframe_request(engine* e, int32_t track) noexcept nogil
cdef void keyframe_send_due(engine* e, int32_t track) noexcept nogil
