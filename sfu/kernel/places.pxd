"""Where the sources and tracks are that indices name, which arrive, and who can be sent anything."""

from libc.stdint cimport int32_t, uint32_t

from sfu.kernel.sizes cimport CAMERA, KINDS, LAYERS, MICROPHONE, SCREEN, SOURCES
from sfu.kernel.state cimport UNREACHABLE, engine, session, source, track

cdef enum:
    # A source that is silent for so long does not arrive
    ARRIVES_FOR = 700000


cdef inline source* source_at(engine* e, int32_t index) noexcept nogil:
    return &e.sessions[index // SOURCES].sources[index % SOURCES]


cdef inline track* track_at(engine* e, int32_t index) noexcept nogil:
    return &e.sessions[index // KINDS].tracks[index % KINDS]


cdef inline int32_t place_of(int32_t kind, int32_t layer) noexcept nogil:
    """Place of a source among its session's."""
    if kind == MICROPHONE:
        return 0
    if kind == CAMERA:
        return 1 + layer
    return 4 if kind == SCREEN else 5


cdef inline int32_t kind_at(int32_t place) noexcept nogil:
    if place == 0:
        return MICROPHONE
    return CAMERA if place <= LAYERS else place - 2


cdef inline int32_t source_of(int32_t track_index, int32_t layer) noexcept nogil:
    return track_index // KINDS * SOURCES + place_of(track_index % KINDS, layer)


cdef inline int32_t index_of(const source* s) noexcept nogil:
    return s.session * SOURCES + place_of(s.kind, s.layer)


cdef inline uint32_t csrc_of(engine* e, const source* s) noexcept nogil:
    return e.sessions[s.session].participant * KINDS + s.kind


cdef inline bint arrives(engine* e, const source* s) noexcept nogil:
    return s.active and e.now - s.last_arrival <= ARRIVES_FOR


cdef inline bint is_reachable(const session* viewer) noexcept nogil:
    """Has keys, was heard of late where packets to it go, and tells that they arrive."""
    return viewer.reachability != UNREACHABLE and not viewer.stalled
