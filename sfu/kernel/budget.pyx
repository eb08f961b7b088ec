from libc.stdint cimport int32_t, int64_t

from sfu.kernel.pace cimport within
from sfu.kernel.sizes cimport CAMERA, KINDS, MICROPHONE, SCREEN, SCREEN_AUDIO, WIRE_OVERHEAD
from sfu.kernel.slots cimport slots_rank
from sfu.kernel.state cimport references

cdef enum:
    # Packets of sound: 250 a second, 100 ahead; of a layer: 2000 a second, 1000 ahead
    SOUND_INTERVAL = 4000
    SOUND_AHEAD = 100
    # To more listeners than that each packet costs much: few more than browsers send, which are 50
    # a second
    CROWD = 200
    CROWD_INTERVAL = 16000
    LAYER_INTERVAL = 500
    LAYER_BURST = 500000
    # Bytes as kbit/s, and how far ahead they may be: a keyframe is many times an ordinary frame.
    # What a small layer may carry is little, because many of them are shown at once.
    # Opus has at most 510 kbit/s (RFC 6716 §2.1.1).
    SOUND_KILOBITS = 600
    LOWEST_KILOBITS = 600
    MIDDLE_KILOBITS = 2000
    TOP_KILOBITS = 8000
    BYTE_BURST = 1500000


cdef int64_t kilobits_of(engine* e, const source* s) noexcept nogil:
    """What a source may carry a second: several times what our client sends."""
    cdef int32_t above
    if s.kind == MICROPHONE or s.kind == SCREEN_AUDIO:
        return SOUND_KILOBITS
    if s.kind == SCREEN:
        return TOP_KILOBITS
    above = e.sessions[s.session].tracks[CAMERA].expect.layers - 1 - slots_rank(e, s.session * KINDS + CAMERA, s.layer)
    if above <= 0:
        return TOP_KILOBITS
    return MIDDLE_KILOBITS if above == 1 else LOWEST_KILOBITS


cdef int64_t sound_interval(engine* e, const source* s) noexcept nogil:
    cdef const references* members = &e.rooms[e.sessions[s.session].room].members
    return CROWD_INTERVAL if members.count - members.removed > CROWD else SOUND_INTERVAL


cdef bint budget_bears(engine* e, source* s, size_t size) noexcept nogil:
    cdef int64_t interval = LAYER_INTERVAL, burst = LAYER_BURST
    if s.kind == MICROPHONE or s.kind == SCREEN_AUDIO:
        interval = sound_interval(e, s)
        burst = SOUND_AHEAD * interval
    if not within(&s.pace, e.now, interval, burst):
        return False
    # Packets that are all header are bytes too, for each of their viewers.
    return within(&s.byte_pace, e.now, <int64_t>(size + WIRE_OVERHEAD) * 8000 // kilobits_of(e, s), BYTE_BURST)
