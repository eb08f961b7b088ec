from libc.stdint cimport int32_t, int64_t

from sfu.kernel.outbox cimport outbox_rtcp
from sfu.kernel.places cimport source_at, source_of, track_at
from sfu.kernel.rtcp cimport rtcp_write_pli
from sfu.kernel.state cimport CAMERA, KEYFRAMES_REQUESTED, KINDS, LAYERS, source, track

cdef enum:
    RTCP_ROOM = 64


cdef int64_t keyframe_interval(const track* t) noexcept nogil:
    cdef int32_t viewers = t.viewers.count - t.viewers.removed
    if viewers > 200:
        return 3000000
    return 1000000 if viewers > 50 else 500000


cdef void keyframe_request(engine* e, int32_t track_index) noexcept nogil:
    track_at(e, track_index).keyframe_wanted = True
    keyframe_send_due(e, track_index)


cdef void keyframe_send_due(engine* e, int32_t track_index) noexcept nogil:
    cdef track* t = track_at(e, track_index)
    cdef int32_t layer
    cdef source* s
    cdef unsigned char packet[RTCP_ROOM]
    if not t.keyframe_wanted or e.now - t.keyframe_asked < keyframe_interval(t):
        return
    for layer in range(LAYERS if track_index % KINDS == CAMERA else 1):
        s = source_at(e, source_of(track_index, layer))
        if s.bound and s.active:
            # On one simulcast layer it brings a keyframe on all of them.
            t.keyframe_wanted = False
            t.keyframe_asked = e.now
            e.counters[KEYFRAMES_REQUESTED] += 1
            outbox_rtcp(e, s.session, packet, rtcp_write_pli(packet, RTCP_ROOM, 1, s.ssrc), RTCP_ROOM)
            return
