from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t

from sfu.kernel.events cimport EVENT_HEIGHT, EVENT_SOURCE, event_put
from sfu.kernel.places cimport ARRIVES_FOR, arrives, place_of
from sfu.kernel.sizes cimport CAMERA, KINDS, LAYERS, SCREEN, SOURCES
from sfu.kernel.slots cimport slots_choose_viewers
from sfu.kernel.state cimport packet, session, source
from sfu.kernel.vp8 cimport vp8_height

cdef enum:
    HEIGHT_INTERVAL = 1000000
    # A publisher's laptop may stand still for so long
    STALLED_FOR = 3000000
    # Longer than this between two pictures the camera has paused
    PAUSE = 350000
    # Shorter than what is left of ARRIVES_FOR by PAUSE: whoever had it has none after the next pause
    MOMENT = 300000


cdef void tell_layers(engine* e, int32_t index, int32_t kind) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef uint8_t mask = 0
    cdef int32_t layer
    for layer in range(LAYERS if kind == CAMERA else 1):
        if arrives(e, &s.sources[place_of(kind, layer)]):
            mask |= <uint8_t>(1 << layer)
    if mask != s.tracks[kind].mask:
        if event_put(e, EVENT_SOURCE, index, kind, mask, NULL, 0):
            s.tracks[kind].mask = mask


cdef int64_t newest_picture(session* s) noexcept nogil:
    """When the last packet of any layer of the camera came."""
    cdef int64_t newest = 0
    cdef int32_t layer
    for layer in range(LAYERS):
        newest = max(newest, s.sources[place_of(CAMERA, layer)].last_arrival)
    return newest


cdef void camera_goes_on(engine* e, session* s) noexcept nogil:
    """After a pause of the whole camera the layers that stopped with it have a moment to go on."""
    cdef int64_t newest = newest_picture(s)
    cdef int32_t layer
    cdef source* n
    if e.now - newest <= PAUSE:
        return
    for layer in range(LAYERS):
        n = &s.sources[place_of(CAMERA, layer)]
        if n.active and newest - n.last_arrival <= PAUSE:
            n.last_arrival = max(n.last_arrival, e.now - (ARRIVES_FOR - MOMENT))


cdef void layers_heard(engine* e, source* s) noexcept nogil:
    if s.kind == CAMERA and e.now - s.last_arrival > PAUSE:
        camera_goes_on(e, &e.sessions[s.session])
    s.last_arrival = e.now


cdef void layers_arrive(engine* e, source* s) noexcept nogil:
    if s.active:
        return
    s.active = True
    tell_layers(e, s.session, s.kind)
    if s.kind == CAMERA or s.kind == SCREEN:
        slots_choose_viewers(e, s.session * KINDS + s.kind)


cdef bint has_stopped(engine* e, const source* s, int64_t newest) noexcept nogil:
    """A layer has when the others go on without it. A camera that stands still as a whole will go
    on with all layers: there is nothing to change to, and each change would cost a keyframe."""
    if s.kind != CAMERA:
        return e.now - s.last_arrival > ARRIVES_FOR
    return newest - s.last_arrival > ARRIVES_FOR or e.now - newest > STALLED_FOR


cdef void layers_check(engine* e, int32_t index) noexcept nogil:
    cdef session* s = &e.sessions[index]
    cdef int64_t newest = newest_picture(s)
    cdef source* n
    cdef int32_t place
    cdef bint choose = False
    for place in range(SOURCES):
        n = &s.sources[place]
        if not n.bound:
            continue
        if n.active and has_stopped(e, n, newest):
            n.active = False
            choose = choose or n.kind == CAMERA
        # The queue of events was full when it changed, perhaps.
        tell_layers(e, index, n.kind)
    if choose:
        slots_choose_viewers(e, index * KINDS + CAMERA)


cdef void layers_slept(engine* e, int32_t index, int64_t slept) noexcept nogil:
    cdef source* n
    cdef int32_t place
    for place in range(SOURCES):
        n = &e.sessions[index].sources[place]
        n.last_arrival = min(n.last_arrival + slept, e.now)


cdef void layers_tell_height(engine* e, source* s, const packet* p) noexcept nogil:
    """Once a second at most: who writes the pictures decides how often they change."""
    cdef uint16_t height
    cdef const uint8_t* told
    if s.height and e.now - s.height_told < HEIGHT_INTERVAL:
        return
    height = vp8_height(p.payload + p.vp8.length, p.size - p.vp8.length)
    if height == 0 or height == s.height:
        return
    told = <const uint8_t*>&height
    if event_put(e, EVENT_HEIGHT, s.session, s.kind, s.layer, told, sizeof(height)):
        s.height, s.height_told = height, e.now
        slots_choose_viewers(e, s.session * KINDS + s.kind)
