from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from sfu.kernel.places cimport source_at, source_of
from sfu.kernel.sizes cimport CAMERA, KINDS, LAYERS, TEMPORAL, WIRE_OVERHEAD
from sfu.kernel.slots cimport slots_rank

cdef enum:
    # How long packets are counted before they are a rate
    SPAN = 200000
    # A layer is known by what came of it in this time, not by the keyframe it begins with
    KNOWN = 1000000
    FALLS = 4000000
    # For so long what a publisher was asked to make leaner is as lean as it seems
    LEAN_FOR = 4000000
    # A screen stands still and then moves: it is worth for a while what it was at its most
    RELEASE = 5000000
    SCREEN_NOMINAL = 500000
    # How many times larger than others a keyframe is
    KEYFRAME = 4


cdef void rates_add(source* s, const packet* p) noexcept nogil:
    cdef uint32_t size = p.size + WIRE_OVERHEAD
    if p.keyframe:
        s.keyframe_timestamp = p.timestamp
    # Keyframes come when somebody asks; the rate is what comes without.
    if s.kind == CAMERA and s.keyframes and p.timestamp == s.keyframe_timestamp:
        size //= KEYFRAME
    s.carried[min(<int>p.vp8.temporal_layer, TEMPORAL - 1)] += size


cdef double smoothed(const source* s, double rate, double now, double passed, bint leaner) noexcept nogil:
    cdef double time = KNOWN
    if now < rate and not leaner:
        # A layer that begins is small for a moment, and then what it was before.
        time = FALLS if s.kind == CAMERA else RELEASE
    return rate + (now - rate) * min(1.0, passed / time)


cdef void rates_settle(source* s, int64_t now) noexcept nogil:
    cdef int64_t passed = now - s.counted_since
    cdef double rate
    cdef int32_t i
    if passed < SPAN:
        return
    # Pauses are no rate: a layer that nobody shows sends nothing, and will send again.
    if passed <= 2 * SPAN and (s.kind != CAMERA or s.carried[0] or s.carried[1] or s.carried[2]):
        # As if it had always been so until it is known for long enough.
        s.counted_for = min(s.counted_for + passed, <int64_t>KNOWN)
        for i in range(TEMPORAL):
            rate = s.carried[i] * 8e6 / <double>passed
            s.rates[i] = smoothed(s, s.rates[i], rate, <double>passed * KNOWN / <double>s.counted_for, now < s.leaner_until)
    for i in range(TEMPORAL):
        s.carried[i] = 0
    s.counted_since = now


cdef void rates_lean(source* s, int64_t now) noexcept nogil:
    s.leaner_until = now + LEAN_FOR


cdef uint64_t nominal(engine* e, int32_t track_index, int32_t layer) noexcept nogil:
    cdef int32_t above
    if track_index % KINDS != CAMERA:
        return SCREEN_NOMINAL
    above = e.sessions[track_index // KINDS].tracks[CAMERA].expect.layers - 1 - slots_rank(e, track_index, layer)
    # Ours at their most, with what packets have around them
    return 2000000 if above <= 0 else 550000 if above == 1 else 170000


cdef bint rates_have_temporal(engine* e, int32_t track_index) noexcept nogil:
    cdef const source* s
    cdef int32_t layer
    for layer in range(LAYERS if track_index % KINDS == CAMERA else 1):
        s = source_at(e, source_of(track_index, layer))
        if s.rates[1] > 0 or s.rates[2] > 0:
            return True
    return False


cdef uint64_t rates_cost(engine* e, int32_t track_index, int32_t layer, int32_t temporal) noexcept nogil:
    cdef const source* s = source_at(e, source_of(track_index, layer))
    cdef double sum = 0, all = 0
    cdef int32_t i
    for i in range(TEMPORAL):
        all += s.rates[i]
        if i <= temporal:
            sum += s.rates[i]
    if s.counted_for < KNOWN:
        # Not much of it was seen: it may be what such a layer is at its most.
        all = max(all, <double>nominal(e, track_index, layer))
        return <uint64_t>(all * (0.45 if temporal == 0 else 0.65 if temporal == 1 else 1.0))
    return <uint64_t>sum
